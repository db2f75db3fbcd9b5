/** A transaction as it stands in a server's log. */
import { Reader } from '@vivarium/core/internal/wire/reader';
import { readTxn, type Txn } from '@vivarium/core/internal/wire/txns';

export class Entry {
  readonly zxid: bigint;
  /** Header, body and digest. */
  readonly bytes: Uint8Array;
  /** The log's name, without its folder, and where the record ends in it. */
  readonly file: string;
  readonly end: number;
  #txn: Txn | undefined;

  constructor(zxid: bigint, bytes: Uint8Array, file: string, end: number) {
    this.zxid = zxid;
    this.bytes = bytes;
    this.file = file;
    this.end = end;
  }

  get type(): number {
    return this.#view.getInt32(28);
  }

  /** The session that asked for it. */
  get clientId(): bigint {
    return this.#view.getBigInt64(0);
  }

  get #view(): DataView {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  /** Decoded when it is first asked for: most copies of a transaction are only compared. */
  get txn(): Txn {
    this.#txn ??= readTxn(new Reader(this.bytes));
    return this.#txn;
  }
}

/** Whether zxids follow each other: the next number, or the first of a later epoch. */
export function follows(before: bigint, after: bigint): boolean {
  return after === before + 1n || (epochOf(after) > epochOf(before) && counterOf(after) === 1n);
}

export function epochOf(zxid: bigint): bigint {
  return zxid >> 32n;
}

export function counterOf(zxid: bigint): bigint {
  return zxid & 0xffff_ffffn;
}

/** For people: the epoch and the number within it; just the number before the first epoch. */
export function zxidText(zxid: bigint): string {
  const epoch = epochOf(zxid);
  return epoch <= 0n ? String(zxid) : `${epoch}:${counterOf(zxid)}`;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
