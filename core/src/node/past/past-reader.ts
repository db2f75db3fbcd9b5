import type {
  Moment,
  PastAnswer,
  PastChild,
  PastDifference,
  PastGap,
  PastQuestion,
  PastTransaction,
} from '../../admin/past.js';
import type { WallMillis, Zxid } from '../../base/ids.js';
import { hexLong } from '../../base/long.js';
import type { DiskReader } from '../../storage/disk.js';
import { exactSnapshots } from '../../storage/exact-snapshots.js';
import { LogPast, type PastStep } from '../../storage/log-past.js';
import type { Database } from '../../tree/database.js';
import { NO_NODE_ID } from '../../tree/tree.js';
import type { Txn, TxnHeader } from '../../wire/txns.js';
import { typeName } from '../cli/inspect/txn-text.js';
import { HeldTrees, type HeldTreesOptions } from './held-trees.js';
import { bodiesOf, tellNode, tellTransaction } from './past-parts.js';
import { type DifferenceStep, walkDifferences } from './tree-differences.js';

/** What one question may cost: bytes of logs read, and nodes compared. */
export interface PastLimits {
  readonly bytes: number;
  readonly nodes: number;
}

export const PAST_LIMITS: PastLimits = { bytes: 16 << 20, nodes: 200_000 };
/** A page of transactions told in full ends behind so many bytes of them. */
const FULL_BYTES = 2 << 20;

/** The moment that was asked for cannot be shown. */
export class NoSuchMomentError extends Error {
  override readonly name = 'NoSuchMomentError';
}

/** The same question goes on where it stopped. */
class NotYet extends Error {}

/**
 * Answers questions about the past from the files of a server, each within limits of its own; what
 * takes longer is said to be `preparing`, and goes on when it is asked again.
 */
export class PastReader {
  readonly #disk: DiskReader;
  readonly #limits: PastLimits;
  readonly #log: LogPast;
  readonly #trees: HeldTrees;
  /** Bytes that the question may still read. */
  #bytesLeft = 0;
  #walk: Walk | undefined;
  #names: { readonly of: string; readonly names: readonly string[] } | undefined;

  constructor(disk: DiskReader, options: HeldTreesOptions, limits: PastLimits = PAST_LIMITS) {
    this.#disk = disk;
    this.#limits = limits;
    this.#log = new LogPast(disk);
    this.#trees = new HeldTrees(disk, options);
  }

  /**
   * @param until the last transaction that was applied: what the logs hold behind it may be undone
   * @param chunked whether a page ends behind a piece of log, whatever was found in it
   * @throws NoSuchMomentError, HistoryCutError and TreeTooLargeError saying why there is no answer,
   *   ChangedLogError and errors of the disk when files changed meanwhile
   */
  answer(question: PastQuestion, until: Zxid, chunked: boolean): PastAnswer {
    this.#bytesLeft = this.#limits.bytes;
    try {
      switch (question.type) {
        case 'span':
          return this.#span(until);
        case 'transactions':
          return this.#transactions(question, until, chunked);
        case 'node':
          return this.#node(question, until);
        case 'change':
          return this.#change(question, until);
        case 'differences':
          return this.#differences(question, until);
      }
    } catch (error) {
      if (error instanceof NotYet) return { type: 'preparing' };
      throw error;
    }
  }

  /** Forgets what it knows of the logs, and every tree. */
  forget(): void {
    this.#log.forget();
    this.#trees.clear();
    this.#walk = undefined;
    this.#names = undefined;
  }

  #span(until: Zxid): PastAnswer {
    const logs = this.#log.logs();
    const exact = exactSnapshots(this.#disk).map(({ endZxid }) => endZxid);
    let first: TxnHeader | undefined;
    for (const log of logs) {
      first = this.#log.first(log);
      if (first !== undefined) break;
    }
    const last = first === undefined ? undefined : this.#floor(until, until, 'as it is');
    const brief = ({ zxid, time }: TxnHeader) => ({ zxid, time });
    const exactFrom = exact.find((end) => end <= until);
    return {
      type: 'span',
      ...(first !== undefined && first.zxid <= until && { first: brief(first) }),
      ...(last !== undefined && { last: brief(last) }),
      ...(exactFrom !== undefined && { exactFrom }),
      logBytes: logs.reduce((sum, { size }) => sum + size, 0),
      snapshots: exact,
    };
  }

  #transactions(
    question: Extract<PastQuestion, { type: 'transactions' }>,
    until: Zxid,
    chunked: boolean,
  ): PastAnswer {
    const { from = { zxid: until }, limit, inFull } = question;
    const at = 'zxid' in from ? from.zxid : this.#atTime(from.time, until)?.zxid;
    const rows: PastTransaction[] = [];
    const gaps: PastGap[] = [];
    const told = { type: 'transactions', rows, gaps } as const;
    if (at === undefined) return { ...told, readBytes: 0 };
    let readBytes = 0;
    let fullBytes = 0;
    const begin = at < until ? at : until;
    for (const step of this.#log.back(begin, until)) {
      if (step.type === 'gap') {
        gaps.push(step.gap);
      } else if (step.type === 'work') {
        readBytes += step.bytes;
        const isChunk = chunked && step.above < begin;
        if (readBytes < this.#limits.bytes && !isChunk) continue;
        return { ...told, readBytes, next: step.above };
      } else if (fits(question, step.header, step.txn)) {
        const { header, txn } = step;
        rows.push(tellTransaction(header, txn, inFull));
        fullBytes += inFull ? bytesIn(txn) : 0;
        if (chunked || (rows.length < limit && fullBytes < FULL_BYTES)) continue;
        return { ...told, readBytes, next: header.zxid - 1n };
      }
    }
    return { ...told, readBytes };
  }

  #node(question: Extract<PastQuestion, { type: 'node' }>, until: Zxid): PastAnswer {
    const { at, path, skip, limit } = question;
    const found = this.#resolve(at, until);
    const { zxid } = found;
    const database = this.#tree(zxid);
    const { tree } = database;
    const node = tellNode(database, path);
    if (node === undefined) return { type: 'node', ...found, children: [] };
    const names = this.#namesOf(database, zxid, path);
    const children = names.slice(skip, skip + limit).map((name): PastChild => {
      const id = tree.find(path === '/' ? `/${name}` : `${path}/${name}`);
      const { czxid, ephemeralOwner: owner } = tree.persisted(id);
      return { name, czxid, childCount: tree.childCount(id), owner };
    });
    const next = skip + limit < names.length ? { next: skip + limit } : {};
    return { type: 'node', ...found, node, children, ...next };
  }

  #change(question: Extract<PastQuestion, { type: 'change' }>, until: Zxid): PastAnswer {
    const { zxid, path } = question;
    const found = zxid > until ? undefined : this.#floor(zxid, until, 'as it is');
    if (found?.zxid !== zxid) {
      throw new NoSuchMomentError(`the logs of this server hold no transaction ${hexLong(zxid)}`);
    }
    const { zxid: beforeZxid } = this.#resolve({ zxid: zxid - 1n }, until);
    const before = tellNode(this.#tree(beforeZxid), path);
    const after = tellNode(this.#tree(zxid), path);
    return {
      type: 'change',
      beforeZxid,
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    };
  }

  #differences(question: Extract<PastQuestion, { type: 'differences' }>, until: Zxid): PastAnswer {
    const { path, after: number, limit } = question;
    if (number === undefined) {
      this.#walk = undefined;
      const from = this.#resolve(question.from, until);
      const to = this.#resolve(question.to, until);
      const before = this.#trees.at(from.zxid);
      const after = this.#trees.at(to.zxid, from.zxid);
      const steps = walkDifferences(before, after, path);
      const moments = {
        fromZxid: from.zxid,
        toZxid: to.zxid,
        ...(from.time !== undefined && { fromTime: from.time }),
        ...(to.time !== undefined && { toTime: to.time }),
      };
      this.#walk = { number: 0, moments, steps };
    }
    const walk = this.#walk;
    if (walk === undefined || walk.number !== (number ?? 0)) {
      throw new NoSuchMomentError(
        'somebody has looked at other moments meanwhile: compare the two moments again',
      );
    }
    walk.number++;
    const rows: PastDifference[] = [];
    const { moments, steps, number: next } = walk;
    let visited = 0;
    for (; visited < this.#limits.nodes && rows.length < limit; visited++) {
      const { value, done } = steps.next();
      if (done === true) {
        this.#walk = undefined;
        return { type: 'differences', ...moments, rows, visited };
      }
      if (value.difference !== undefined) rows.push(value.difference);
    }
    return { type: 'differences', ...moments, rows, visited, next };
  }

  /** The tree of a moment; a comparison that goes on is over then. */
  #tree(zxid: Zxid): Database {
    this.#walk = undefined;
    return this.#trees.at(zxid);
  }

  #namesOf({ tree }: Database, zxid: Zxid, path: string): readonly string[] {
    const of = `${zxid} ${path}`;
    if (this.#names?.of !== of) {
      const id = tree.find(path);
      this.#names = { of, names: id === NO_NODE_ID ? [] : tree.children(id).sort() };
    }
    return this.#names.names;
  }

  /**
   * The transaction whose tree is that of a moment.
   *
   * @throws NoSuchMomentError when none is kept that leads there
   */
  #resolve(moment: Moment, until: Zxid): { readonly zxid: Zxid; readonly time?: WallMillis } {
    const zxid = 'zxid' in moment ? moment.zxid : this.#atTime(moment.time, until)?.zxid;
    const exact = exactSnapshots(this.#disk).map(({ endZxid }) => endZxid);
    const earliest = exact.find((end) => end <= until);
    const wanted = zxid === undefined ? undefined : zxid < until ? zxid : until;
    const shown = exact.findLast((end) => wanted !== undefined && end <= wanted);
    const isAtSnapshot = shown !== undefined && shown === wanted && shown === until;
    const mayAsk = wanted !== undefined && !isAtSnapshot;
    const found = mayAsk ? this.#floor(wanted, until, 'whole') : undefined;
    if (found !== undefined && earliest !== undefined && found.zxid >= earliest) {
      if (shown === undefined || found.zxid >= shown) {
        return { zxid: found.zxid, time: found.time };
      }
    }
    if (shown !== undefined) return { zxid: shown };
    const asked = zxid === undefined ? 'that time' : hexLong(zxid);
    throw new NoSuchMomentError(
      `the tree at ${asked} cannot be shown: ` +
        (earliest === undefined
          ? 'this server has no snapshot that says after which transaction it is exact. Take one ' +
            '(the admin command snapshot?streaming=false); later moments can be shown then.'
          : `the earliest that can is ${hexLong(earliest)}, since the snapshots before it are gone ` +
            'or show later transactions, too.'),
    );
  }

  /**
   * The transaction of a number, or the last one before it.
   *
   * @throws NoSuchMomentError when others may have been in between, where the log has to be `whole`
   */
  #floor(zxid: Zxid, until: Zxid, log: 'whole' | 'as it is'): TxnHeader | undefined {
    for (const step of this.#log.back(zxid, until)) {
      if (step.type === 'txn') return step.header;
      if (step.type === 'gap' && log === 'whole') {
        const { after } = step.gap;
        throw new NoSuchMomentError(
          `the tree at ${hexLong(zxid)} cannot be shown: the log of this server has no ` +
            `transactions from ${after === undefined ? 'its beginning' : hexLong(after)} up to ` +
            'there. It got a snapshot in their place, or a file is damaged or gone; vivarium ' +
            'inspect log tells which. Another server may have them.',
        );
      }
      this.#spend(step);
    }
    return undefined;
  }

  #atTime(time: number, until: Zxid): TxnHeader | undefined {
    const steps = this.#log.atTime(time, until);
    for (;;) {
      const { value, done } = steps.next();
      if (done === true) return value;
      this.#spend(value);
    }
  }

  #spend(step: PastStep): void {
    if (step.type !== 'work') return;
    this.#bytesLeft -= step.bytes;
    if (this.#bytesLeft < 0) throw new NotYet();
  }
}

/** A comparison of which some pages may have been told. */
interface Walk {
  /** Pages told. */
  number: number;
  readonly moments: Pick<
    Extract<PastAnswer, { type: 'differences' }>,
    'fromZxid' | 'fromTime' | 'toZxid' | 'toTime'
  >;
  readonly steps: Generator<DifferenceStep>;
}

/** Whether a transaction is one of those that were asked for. */
function fits(
  { path, withBelow, session, types }: Extract<PastQuestion, { type: 'transactions' }>,
  header: TxnHeader,
  txn: Txn | undefined,
): boolean {
  if (session !== undefined && header.clientId !== session) return false;
  if (path === undefined && types === undefined) return true;
  const own = typeName(header.type);
  const isAskedFor = types?.includes(own) === true;
  if (txn === undefined) return path === undefined && isAskedFor;
  const below = path === '/' ? '/' : `${path}/`;
  const isThere = (its: string) => its === path || (withBelow && its.startsWith(below));
  const parts = bodiesOf(txn.body).filter((part) => {
    return path === undefined || ('path' in part && isThere(part.path));
  });
  if (path !== undefined && parts.length === 0) return false;
  return (
    types === undefined || isAskedFor || parts.some(({ type }) => types.includes(typeName(type)))
  );
}

function bytesIn(txn: Txn | undefined): number {
  if (txn === undefined) return 0;
  return bodiesOf(txn.body).reduce((sum, part) => {
    return sum + ('data' in part ? (part.data?.length ?? 0) : 0) + 100;
  }, 0);
}
