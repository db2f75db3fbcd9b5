import { lookup } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';
import type { Millis } from '../base/ids.js';
import type { LinkAddress } from '../seam/effects.js';
import { LinkStream } from './link-stream.js';
import type { Remote, Stream, StreamEvents } from './stream.js';
import { remoteOf } from './tcp-stream.js';

/** How a dial ends: one of these is called, once, and not before `dial` has returned. */
export interface DialEvents {
  /** @param open makes the stream; to be called at once */
  opened(remote: Remote, open: (events: StreamEvents) => Stream): void;
  failed(reason: string): void;
}

/** Connects to another server; what it returns gives that up, and then nothing is called. */
export type Dial = (
  addresses: readonly LinkAddress[],
  timeoutMs: Millis,
  events: DialEvents,
) => () => void;

/**
 * How to dial over TCP. Names are looked up anew each time, since a server that was replaced may
 * have another address; all addresses are tried side by side, and the first that answers is kept.
 *
 * Look-ups take a thread of the pool that flushes as well, but never more than half of them.
 *
 * @param highWaterMark from how many unsent bytes on a stream tells that it has sent them all
 */
export function tcpDial(highWaterMark: number): Dial {
  return (addresses, timeoutMs, events) => {
    const dialing = new Dialing(addresses, timeoutMs, events, highWaterMark);
    return () => dialing.end();
  };
}

class Dialing {
  readonly #events: DialEvents;
  readonly #highWaterMark: number;
  readonly #timer: NodeJS.Timeout;
  readonly #sockets = new Set<Socket>();
  readonly #refusals: string[] = [];
  /** Look-ups and sockets that may still bring something. */
  #left = 0;
  #isOver = false;

  constructor(
    addresses: readonly LinkAddress[],
    timeoutMs: Millis,
    events: DialEvents,
    highWaterMark: number,
  ) {
    this.#events = events;
    this.#highWaterMark = highWaterMark;
    const where = addresses.map(({ host, port }) => nameOf(host, port)).join(', ');
    this.#timer = setTimeout(
      () => this.#fail(`nobody answered at ${where} within ${timeoutMs} ms`),
      addresses.length === 0 ? 0 : timeoutMs,
    );
    this.#left = addresses.length;
    for (const { host, port } of addresses) {
      if (isIP(host) === 0) this.#resolve(host, port);
      else this.#connect(host, port, nameOf(host, port));
    }
  }

  /** Gives it up. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  #resolve(host: string, port: number): void {
    lookup(host, { all: true }, (error, found) => {
      if (this.#isOver) return;
      if (error !== null) {
        this.#refused(`${nameOf(host, port)}: ${error.message}`);
        return;
      }
      this.#left += found.length - 1;
      for (const { address } of found) {
        this.#connect(address, port, `${nameOf(host, port)} (${address})`);
      }
    });
  }

  #connect(host: string, port: number, name: string): void {
    const options = { host, port, noDelay: true, highWaterMark: this.#highWaterMark };
    const socket = connect(options);
    this.#sockets.add(socket);
    let reason = 'the connection ended before it was used';
    const failed = (error: Error) => {
      reason = error.message;
    };
    const closed = () => {
      if (this.#sockets.delete(socket)) this.#refused(`${name}: ${reason}`);
    };
    socket.on('error', failed);
    socket.once('close', closed);
    socket.once('connect', () => {
      if (this.#isOver) return;
      const remote = remoteOf(socket);
      if (remote === undefined || isSelf(socket)) {
        reason = 'nobody listens there';
        socket.destroy();
        return;
      }
      socket.off('close', closed);
      this.#sockets.delete(socket);
      this.end();
      this.#events.opened(remote, (events) => {
        socket.off('error', failed);
        return new LinkStream(socket, events);
      });
    });
  }

  #refused(reason: string): void {
    this.#refusals.push(reason);
    this.#left--;
    if (this.#left === 0) this.#fail(this.#refusals.join('; '));
  }

  #fail(reason: string): void {
    if (this.#isOver) return;
    this.end();
    this.#events.failed(reason);
  }
}

/**
 * TCP connects a socket with itself when the system gives it the very port that it dials, which
 * happens to whoever goes on trying while nobody listens to a port that the system gives out.
 */
function isSelf(socket: Socket): boolean {
  const { localPort, localAddress, remotePort, remoteAddress } = socket;
  return localPort === remotePort && localAddress === remoteAddress;
}

function nameOf(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
