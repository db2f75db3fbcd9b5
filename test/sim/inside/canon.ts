/** The one true order of transactions: what was committed, by whatever server first. */
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { demand } from '../violation.js';
import { type Entry, zxidText } from './entry.js';
import type { ServerLog } from './server-log.js';

/** A session as the order has it. */
export interface KnownSession {
  readonly createdAt: bigint;
  /** As it was when it began; whoever takes it up again may ask for another. */
  readonly timeoutMs: number;
  closedAt: bigint | undefined;
}

/**
 * Grows with each transaction that somebody is seen to take for committed, and compares the others
 * with it: every server goes through the same transactions in the same order, without a gap (R2).
 */
export class Canon {
  /** By zxid. */
  readonly entries: Entry[] = [];
  readonly sessions = new Map<bigint, KnownSession>();
  readonly #index = new Map<bigint, number>();
  /** When each was first known to be committed, in virtual microseconds. */
  readonly #times: number[] = [];
  /** How many of the entries each log was compared with. */
  readonly #agreed = new Map<ServerLog, number>();

  get lastZxid(): bigint {
    return this.entries.at(-1)?.zxid ?? 0n;
  }

  find(zxid: bigint): Entry | undefined {
    const at = this.#index.get(zxid);
    return at === undefined ? undefined : this.entries[at];
  }

  /** When it was committed; undefined when it was not. */
  committedAt(zxid: bigint): number | undefined {
    const at = this.#index.get(zxid);
    return at === undefined ? undefined : this.#times[at];
  }

  /** The first transaction after a state. */
  after(zxid: bigint): Entry | undefined {
    if (zxid >= this.lastZxid) return undefined;
    const at = this.#index.get(zxid);
    return at === undefined ? this.entries.find((each) => each.zxid > zxid) : this.entries[at + 1];
  }

  /**
   * A server takes everything up to a zxid for committed.
   *
   * @param who for the story
   * @param mayAdd judges each transaction that nobody has taken for committed before
   * @throws Violation when its log does not agree with the order
   */
  commit(
    log: ServerLog,
    upTo: bigint,
    now: number,
    who: string,
    mayAdd: (entry: Entry) => void,
  ): void {
    const { entries } = this;
    let agreed = this.#agreed.get(log) ?? 0;
    if (agreed > 0 && entries[agreed - 1]!.zxid >= upTo) return;
    const reached = entries[agreed - 1]?.zxid ?? 0n;
    for (let at = log.indexAfter(reached); at < log.entries.length; at++) {
      const entry = log.entries[at]!;
      if (entry.zxid > upTo) break;
      const due = entries[agreed];
      if (due === undefined) {
        mayAdd(entry);
        this.#add(entry, now);
      }
      demand(due === undefined || due.zxid === entry.zxid, 'R2', () => {
        return `${who} goes on with ${zxidText(entry.zxid)}, not ${zxidText(due!.zxid)}`;
      });
      agreed++;
    }
    this.#agreed.set(log, agreed);
    const end = entries[agreed - 1]?.zxid ?? 0n;
    demand(end >= upTo, 'R2', () => {
      return `${who} takes ${zxidText(upTo)} for committed, and its log ends with ${zxidText(end)}`;
    });
  }

  /** A server has lost its data, and will get it again. */
  forget(log: ServerLog): void {
    this.#agreed.delete(log);
  }

  #add(entry: Entry, now: number): void {
    this.#index.set(entry.zxid, this.entries.length);
    this.entries.push(entry);
    this.#times.push(now);
    const { header, body } = entry.txn;
    if (body.type === txnTypes.createSession) {
      const { timeOut: timeoutMs } = body;
      this.sessions.set(header.clientId, {
        createdAt: entry.zxid,
        timeoutMs,
        closedAt: undefined,
      });
    } else if (header.type === txnTypes.closeSession) {
      const known = this.sessions.get(header.clientId);
      if (known !== undefined) known.closedAt ??= entry.zxid;
    }
  }
}
