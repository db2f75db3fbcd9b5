import { assert } from '../base/assert.js';
import { Database, type DatabaseOptions } from '../tree/database.js';
import { MalformedError } from '../wire/reader.js';
import { encode, ustring } from '../wire/types.js';
import { PushWindow } from './push-window.js';
import { SNAPSHOT_SIGNATURE } from './snapshot-format.js';
import { SnapshotParser } from './snapshot-parser.js';

/** With its length in front. */
const SIGNATURE = encode(ustring, SNAPSHOT_SIGNATURE);

/**
 * The snapshot that follows a SNAP packet, as its bytes come, cut anywhere. Each call works in
 * proportion to the bytes it is given, the last one also over the ACLs and quotas.
 */
export class SnapshotReceiver {
  readonly #from = new PushWindow();
  readonly #database: Database;
  readonly #parser: SnapshotParser;
  readonly #zxidHigh: number;
  readonly #zxidLow: number;
  #isWhole = false;
  #bodyBytes: number | undefined = undefined;

  /** @param zxidHigh of the SNAP packet: what the database has come to when it is whole */
  constructor(zxidHigh: number, zxidLow: number, options: DatabaseOptions) {
    this.#zxidHigh = zxidHigh;
    this.#zxidLow = zxidLow;
    this.#database = new Database(options);
    this.#parser = new SnapshotParser(this.#database);
  }

  /** Whether everything has come, the signature included. */
  get done(): boolean {
    return this.#isWhole;
  }

  /** Bytes of the snapshot that have come and were read. */
  get readBytes(): number {
    return this.#from.offset;
  }

  /** Bytes up to the end mark, once that has come; the signature follows. */
  get bodyBytes(): number | undefined {
    return this.#bodyBytes;
  }

  /** What has come; only when it is {@link done}. */
  get database(): Database {
    assert(this.#isWhole, 'the snapshot is whole');
    return this.#database;
  }

  /**
   * Takes bytes, which must not change until the next call.
   *
   * @returns what stands behind the signature, as soon as that has come; `undefined` before
   * @throws MalformedError with the place in the snapshot, when it is not sound; then it is useless
   */
  push(bytes: Uint8Array): Uint8Array | undefined {
    assert(!this.#isWhole, 'the snapshot is not whole yet');
    const from = this.#from;
    from.push(bytes);
    try {
      if (!this.#parser.advance(from)) return undefined;
      this.#bodyBytes ??= from.offset;
      if (!this.#readSignature()) return undefined;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      throw new MalformedError(`at byte ${from.offset} of the snapshot: ${error.message}`);
    }
    this.#database.finishLoading();
    this.#database.advanceTo(this.#zxidHigh, this.#zxidLow);
    this.#isWhole = true;
    return bytes.subarray(bytes.length - from.remaining);
  }

  #readSignature(): boolean {
    const from = this.#from;
    if (!from.ensure(SIGNATURE.length)) return false;
    for (const byte of SIGNATURE) {
      if (from.byte() !== byte) throw new MalformedError('the signature is missing');
    }
    return true;
  }
}
