/**
 * Items of queues by the names that libraries give them: our `workQueue`, Curator's family over
 * `DistributedQueue`, kazoo's `Queue` and `LockingQueue`, and ZooKeeper's own recipe.
 */
import { compareSequences, sequentialName } from './sequence.js';

/** Whose names a queue has. */
export type QueueMaker = 'vivarium' | 'curator' | 'kazoo' | 'zookeeper recipes';

/** What the name of an item tells. */
export interface QueueItem {
  readonly name: string;
  readonly sequence: number;
  /** What its maker calls it; undefined where the name says nothing. */
  readonly id: string | undefined;
  /** The smallest goes first; undefined in a queue without. */
  readonly priority: number | undefined;
  /** Not before that moment, milliseconds since 1970; 0 for at once. */
  readonly dueMs: number;
  /** Deliveries before it had this name. */
  readonly attempts: number;
  readonly maker: QueueMaker;
}

/** Our own: `_c_<id>-<priority>-<due>-<attempts>-job-`. */
const JOB = /^_c_(.+)-(\d{1,3})-(\d{1,16})-(\d{1,9})-job-$/s;
const OTHER_JOB = /(?:^|[^0-9A-Za-z])job-$/;
/** kazoo's: `entry-<priority>-`. */
const ENTRY = /^entry-(\d{3})-$/;
/** Curator's, of any kind. */
const QUEUE = /^queue-(.*)$/s;
/** Curator writes a priority in hexadecimal, behind a digit for its sign. */
const PRIORITY = /^([01])([0-9A-F]{8})$/;
const BETWEEN_BARS = /^\|(.*)\|$/s;
/** Milliseconds from the year 2001 to 5138, in hexadecimal: less could be an id. */
const MOMENT = /^[0-9A-F]{11,12}$/;
const PLAIN_LENGTH = 10;

/** Items among the names, in the order in which they are taken. Other names are left out. */
export function itemsIn(names: readonly string[]): readonly QueueItem[] {
  const items = names.flatMap((name) => itemIn(name) ?? []);
  return items.sort(
    (a, b) =>
      (a.priority ?? 0) - (b.priority ?? 0) ||
      (a.maker === 'curator' ? a.dueMs - b.dueMs : 0) ||
      compareSequences(a.sequence, b.sequence),
  );
}

/** The item that a name is of; undefined for every other name. */
export function itemIn(name: string): QueueItem | undefined {
  const plain = { name, id: undefined, priority: undefined, dueMs: 0, attempts: 0 };
  const queued = QUEUE.exec(name)?.[1];
  if (queued !== undefined) return curatorItem(plain, queued);
  const parts = sequentialName(name);
  if (parts === undefined) return undefined;
  const { stem, sequence } = parts;
  if (stem === 'qn-') return { ...plain, sequence, maker: 'zookeeper recipes' };
  const priority = ENTRY.exec(stem)?.[1];
  if (priority !== undefined) {
    return { ...plain, sequence, priority: Number(priority), maker: 'kazoo' };
  }
  const job = JOB.exec(stem);
  if (job !== null) {
    const [id, first, due, attempts] = job.slice(1) as [string, string, string, string];
    return {
      ...{ name, sequence, id, priority: Number(first), maker: 'vivarium' },
      ...{ dueMs: Number(due), attempts: Number(attempts) },
    };
  }
  if (!OTHER_JOB.test(stem)) return undefined;
  return { ...plain, sequence, id: name, priority: USUAL_PRIORITY, maker: 'vivarium' };
}

/** The priority of jobs of ours that are given none. */
const USUAL_PRIORITY = 500;

/** The number of a queue of Curator's has ten characters; what is before it may be digits too. */
function curatorItem(
  plain: Omit<QueueItem, 'sequence' | 'maker'>,
  rest: string,
): QueueItem | undefined {
  const digits = rest.slice(-PLAIN_LENGTH);
  if (!/^(?:\d{10}|-\d{9})$/.test(digits)) return undefined;
  const label = rest.slice(0, -PLAIN_LENGTH);
  const item = { ...plain, sequence: Number(digits) | 0, maker: 'curator' } as const;
  if (label === '') return item;
  const [, sign, hex] = PRIORITY.exec(label) ?? [];
  if (hex !== undefined) {
    const priority = Number.parseInt(hex, 16) | 0;
    return sign === (priority >= 0 ? '1' : '0') ? { ...item, priority } : undefined;
  }
  const inside = BETWEEN_BARS.exec(label)?.[1];
  if (inside === undefined) return undefined;
  if (MOMENT.test(inside)) return { ...item, dueMs: Number.parseInt(inside, 16) };
  return { ...item, id: inside };
}

/** The names of items that somebody has claimed, with the names of the claims. */
export function claimsIn(names: readonly string[]): ReadonlyMap<string, string> {
  const claims = new Map<string, string>();
  for (const name of names) {
    const dot = name.lastIndexOf('.');
    // Ours name the job and then the attempt; kazoo's have the name of the entry.
    claims.set(
      dot > 0 && itemIn(name.slice(0, dot)) !== undefined ? name.slice(0, dot) : name,
      name,
    );
  }
  return claims;
}
