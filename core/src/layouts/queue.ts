/**
 * Queues of locks and elections as somebody sees them who only looks on: who is in the folder, in
 * which order, and who has what they wait for. Names are those of Vivarium's recipes, of Curator,
 * of kazoo, and of ZooKeeper's own recipes; `docs/guides/sharing-with-curator-and-kazoo.md` tells
 * which of them share a queue.
 *
 * Nothing is asked of a server here: names go in, an order comes out, so that the shell and a page
 * in a browser show the same.
 */
import { compareSequences, sequentialName } from './sequence.js';

/** What somebody in a queue wants: alone, or beside others of its kind. */
export type Wish = 'exclusive' | 'read' | 'lead';

/** A name in the folder of a lock or an election. */
export interface Contender {
  readonly name: string;
  readonly sequence: number;
  readonly wish: Wish;
  /** Which library gives such names; ours and Curator's are told apart by the session in them. */
  readonly library: 'vivarium or curator' | 'kazoo' | 'zookeeper recipes' | 'other';
  /** Holds the lock, or leads, as far as names tell. */
  readonly holds: boolean;
}

interface Label {
  /** What stands right before the number. */
  readonly label: string;
  readonly wish: Wish;
  readonly library?: Contender['library'];
}

/** Longest first: `-__READ__` of ours ends like no other. */
const LABELS: readonly Label[] = [
  { label: '__rlock__', wish: 'read', library: 'kazoo' },
  { label: '__lock__', wish: 'exclusive', library: 'kazoo' },
  { label: '__READ__', wish: 'read' },
  { label: '__WRIT__', wish: 'exclusive' },
  { label: 'latch-', wish: 'lead' },
  { label: 'lock-', wish: 'exclusive' },
];

/** ZooKeeper's election: nothing stands before the label, with which many a word ends. */
const CANDIDATE = 'n_';

/** ZooKeeper's `WriteLock`: `x-<session>-<number>`. */
const WRITE_LOCK = /^x-\d+-$/;
/** Names of kazoo begin with a UUID without dashes. */
const KAZOO = /^[0-9a-f]{32}/;
/** A reader that is becoming a writer keeps its old place by a second node, which names it. */
const UPGRADE = /-up(-?\d+)-__WRIT__$/;
/** Only one reader that may become a writer holds at a time. */
const UPGRADABLE = '-up-__READ__';

/** Those in a folder that contend, first come first; other names are left out. */
export function contendersIn(names: readonly string[]): readonly Contender[] {
  const all = names.flatMap((name) => contenderOf(name) ?? []);
  all.sort((a, b) => compareSequences(a.sequence, b.sequence));
  const holders = holdersOf(all);
  return all.map((one) => ({ ...one, holds: holders.has(one.name) }));
}

function contenderOf(name: string): Omit<Contender, 'holds'> | undefined {
  const parts = sequentialName(name);
  if (parts === undefined) return undefined;
  const { stem, sequence } = parts;
  if (WRITE_LOCK.test(stem)) {
    return { name, sequence, wish: 'exclusive', library: 'zookeeper recipes' };
  }
  if (stem === CANDIDATE) return { name, sequence, wish: 'lead', library: 'zookeeper recipes' };
  const row = LABELS.find(({ label }) => stem.endsWith(label));
  if (row === undefined) return undefined;
  const { wish } = row;
  return { name, sequence, wish, library: row.library ?? libraryOf(name) };
}

function libraryOf(name: string): Contender['library'] {
  if (name.startsWith('_c_')) return 'vivarium or curator';
  return KAZOO.test(name) ? 'kazoo' : 'other';
}

/**
 * The first who wants it alone, or all who read before the first of those; both nodes of a reader
 * that is becoming a writer.
 */
function holdersOf(all: readonly Omit<Contender, 'holds'>[]): ReadonlySet<string> {
  const bounds = all.flatMap(({ name, sequence, wish }) => {
    const bound = UPGRADE.exec(sequentialName(name)!.stem)?.[1];
    if (bound !== undefined) return [Number(bound)];
    return wish === 'read' ? [] : [sequence];
  });
  let hasUpgradable = false;
  const holders = all.filter(({ name, sequence }) => {
    if (bounds.some((bound) => compareSequences(sequence, bound) >= 0)) return false;
    if (!name.includes(UPGRADABLE)) return true;
    const isFirst = !hasUpgradable;
    hasUpgradable = true;
    return isFirst;
  });
  const [first] = all;
  if (holders.length === 0 && first !== undefined) return new Set([first.name]);
  return new Set(holders.map(({ name }) => name));
}
