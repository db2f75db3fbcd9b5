/**
 * Tells two holders of one thing apart, and which came later: a resource that remembers the
 * greatest token it has seen, and refuses smaller ones, cannot be written by somebody who holds no
 * more but does not know it yet.
 *
 * Tokens of one path grow from holder to holder, across sessions, restarts of the ensemble, and
 * removal of the lock's folder. They mean nothing across ensembles.
 *
 * Only requests with `localQueue` that follow each other on one node have the same `zxid`, and
 * differ in `turn`. Each of them but the last has released its hold: one that was lost never shares
 * its `zxid` with a later one.
 */
export class FencingToken {
  /** The zxid that created the holder's node: positive, fits a signed column of 64 bits. */
  readonly zxid: bigint;
  /** Id of the holder's session. */
  readonly session: bigint;
  /** The holder's node. */
  readonly path: string;
  /** How many holders of the same program have had the node before; 0 without `localQueue`. */
  readonly turn: number;

  constructor(zxid: bigint, session: bigint, path: string, turn = 0) {
    this.zxid = zxid;
    this.session = session;
    this.path = path;
    this.turn = turn;
  }

  /** -1 when this one is older than the other, 1 when it is newer, 0 when they are the same. */
  compare(other: FencingToken): -1 | 0 | 1 {
    const [ours, theirs] =
      this.zxid === other.zxid ? [this.turn, other.turn] : [this.zxid, other.zxid];
    if (ours === theirs) return 0;
    return ours < theirs ? -1 : 1;
  }

  /** The zxid in decimal digits, as a text: JSON has no integers of this size. */
  toJSON(): string {
    return String(this.zxid);
  }

  toString(): string {
    return String(this.zxid);
  }
}
