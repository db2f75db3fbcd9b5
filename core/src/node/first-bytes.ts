import type { Socket } from 'node:net';
import { argumentLength, knownWords } from '../admin/four-letter.js';
import { concatBytes } from '../base/bytes.js';
import { type Protocol, sniff } from '../wire/sniff.js';

/** What a connection turned out to speak, with all bytes that came so far. */
export interface Greeting {
  readonly protocol: Protocol;
  /** Nothing of them was taken away. */
  readonly bytes: Uint8Array;
}

/**
 * Reads from a new socket until its protocol is known, and for a four-letter word until its
 * argument is there. The socket is paused then, and nobody listens to it any more.
 *
 * @param decided not called for a socket that ends or fails before
 */
export function readFirstBytes(socket: Socket, decided: (greeting: Greeting) => void): void {
  let bytes: Uint8Array = new Uint8Array(0);
  const onData = (data: Uint8Array) => {
    bytes = bytes.length === 0 ? data : concatBytes([bytes, data]);
    const protocol = sniff(bytes, knownWords);
    if (protocol === undefined) return;
    const isWord = protocol.type === 'four-letter-word';
    if (isWord && bytes.length < 4 + argumentLength(protocol.word)) return;
    socket.off('data', onData);
    socket.off('end', onEnd);
    socket.pause();
    decided({ protocol, bytes });
  };
  const onEnd = () => socket.destroy();
  socket.on('data', onData);
  socket.on('end', onEnd);
}
