/**
 * Sealed frames, in which two Vivarium servers wrap what they say on the quorum port: a length, a
 * CRC-32 and that many bytes of the ordinary stream, cut anywhere. TCP's own checksum lets a wrong
 * byte pass now and then, and a wrong byte in a transaction would be replicated as the truth.
 */
import { CRC_START, crcBytes, crcOf } from '../base/crc32.js';
import { FrameSplitter } from './framing.js';
import { MalformedError, Reader } from './reader.js';
import type { Writer } from './writer.js';

/** Bytes before a frame's content. */
export const SEAL_BYTES = 8;
/** More than all packets of a step together, one of them with the most data there may be. */
const LONGEST_FRAME_BYTES = 320 << 20;

/** Makes room for the seal of a frame whose content follows. */
export function beginSeal(to: Writer): void {
  to.reserve(SEAL_BYTES);
  to.position += SEAL_BYTES;
}

/** Seals what was written since {@link beginSeal} at the very beginning of the writer. */
export function endSeal(to: Writer): void {
  to.intAt(0, to.position - 4);
  to.intAt(4, crcOf(crcBytes(CRC_START, to.bytes, SEAL_BYTES, to.position)));
}

/** Takes sealed frames apart. */
export class SealReader {
  readonly #frames = new FrameSplitter(LONGEST_FRAME_BYTES);

  /** Adds bytes; the reader owns them from now on. */
  push(bytes: Uint8Array): void {
    this.#frames.push(bytes);
  }

  /**
   * The content of the next whole frame, as a view; `undefined` when more bytes are needed.
   *
   * @throws MalformedError when a frame is not what was sent
   */
  next(): Uint8Array | undefined {
    const frame = this.#frames.next();
    if (frame === undefined) return undefined;
    if (frame.length < 4) throw new MalformedError('a sealed frame is too short');
    const crc = new Reader(frame).int();
    if (crc !== crcOf(crcBytes(CRC_START, frame, 4, frame.length))) {
      throw new MalformedError('a sealed frame is not what was sent: its checksum differs');
    }
    return frame.subarray(4);
  }
}
