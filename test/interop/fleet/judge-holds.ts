/**
 * Judges who held what, by the transaction log alone. Who holds says so by a mark, and again before
 * it lets go; that the mark is true is not believed, but compared with the nodes of the queue:
 *
 * - H1: a mark is written in the session of a node that stands in the queue.
 * - H2: who begins has nobody before him in the queue whom he has to wait for.
 * - H3: who begins has nobody beside him, unless both read.
 * - H4: who ends has begun, and his node still stands.
 * - H5: a later node has a later number, unless it takes the place of another of its session.
 *
 * A hold lasts from its mark to the end of its node, whoever ends that.
 */
import type { Change } from './changes.js';
import { type Ground, kindOf, markOf, pairOf } from './names.js';

export interface HoldsVerdict {
  readonly problems: readonly string[];
  readonly holds: number;
  /** Holds whose node went without the mark of their end: the holder was killed. */
  readonly cutShort: Readonly<Record<string, number>>;
  /** Who stood in the queue and never held. */
  readonly inVain: number;
  /** How often a reader began beside another. */
  readonly together: number;
  /** How often one of a kind began after one of a kind: `Curator → kazoo`. */
  readonly handOvers: Readonly<Record<string, number>>;
  /** How many began with the name of their program: what each has done. */
  readonly by: Readonly<Record<string, number>>;
}

interface Standing {
  readonly name: string;
  readonly session: bigint;
  readonly sequence: number;
  readonly reads: boolean;
  holder?: string;
  hold?: string;
  hasEnded?: boolean;
}

/** The names that all of these clients give, but for the prefix that makes each the only one. */
const NAME = /(lock-|latch-|__lock__|__WRIT__|__rlock__|__READ__)(-\d{9,}|\d{10})$/;
const READERS: readonly string[] = ['__rlock__', '__READ__'];

export function judgeHolds(changes: readonly Change[], { site, marks }: Ground): HoldsVerdict {
  const problems: string[] = [];
  const queue = new Map<string, Standing>();
  const cutShort: Record<string, number> = {};
  const handOvers: Record<string, number> = {};
  const by: Record<string, number> = {};
  let inVain = 0;
  let together = 0;
  let holds = 0;
  let previous: string | undefined;
  let highest: number | undefined;

  const come = ({ session, path }: Change, name: string) => {
    const [, label, digits] = NAME.exec(name) ?? [];
    if (label === undefined) {
      problems.push(`H5: ${path} is no name of a contender`);
      return;
    }
    const sequence = Number(digits);
    const isBeside = [...queue.values()].some((each) => {
      return each.session === session && each.sequence === sequence;
    });
    if (highest !== undefined && !isLater(sequence, highest) && !isBeside) {
      problems.push(`H5: ${path} came after number ${highest}`);
    }
    if (!isBeside) highest = sequence;
    queue.set(name, { name, session, sequence, reads: READERS.includes(label) });
  };

  const go = (name: string) => {
    const node = queue.get(name);
    if (node === undefined) return;
    queue.delete(name);
    if (node.holder === undefined) inVain++;
    else if (node.hasEnded !== true) count(cutShort, kindOf(node.holder) ?? node.holder);
  };

  const begin = (session: bigint, hold: string, participant: string) => {
    const node = first(queue, (each) => each.session === session && each.hasEnded !== true);
    if (node === undefined) {
      problems.push(`H1: ${hold} begins, and no node of its session stands in the queue`);
      return;
    }
    if (node.hold !== undefined) {
      problems.push(`H1: ${hold} begins by ${node.name}, by which ${node.hold} holds`);
      return;
    }
    for (const other of queue.values()) {
      if (other === node || (other.reads && node.reads)) continue;
      if (other.hold !== undefined && other.session !== session) {
        problems.push(`H3: ${hold} begins beside ${other.hold}, which has ${other.name}`);
      } else if (isLater(node.sequence, other.sequence)) {
        problems.push(`H2: ${hold} begins by ${node.name}, and ${other.name} was there before`);
      }
    }
    const isBeside = (each: Standing) => each !== node && each.hold !== undefined;
    if (node.reads && first(queue, isBeside) !== undefined) together++;
    node.hold = hold;
    node.holder = participant;
    holds++;
    count(by, participant.split('.')[0]!);
    if (previous !== undefined) count(handOvers, pairOf(previous, participant));
    previous = participant;
  };

  const end = (session: bigint, hold: string) => {
    const node = first(queue, (each) => each.hold === hold);
    if (node === undefined) problems.push(`H4: ${hold} ends, and its node is not there`);
    else if (node.session !== session) problems.push(`H4: ${hold} is ended by another session`);
    else node.hasEnded = true;
  };

  for (const change of changes) {
    const { what, path, session } = change;
    if (path === site && what === 'delete') highest = undefined; // its next numbers begin at 0
    const name = nameIn(site, path);
    if (name !== undefined && what === 'create') come(change, name);
    if (name !== undefined && what === 'delete') go(name);
    const mark = what === 'create' ? markOf(nameIn(marks, path) ?? '') : undefined;
    if (mark?.says === 'begin') begin(session, mark.hold, mark.participant);
    if (mark?.says === 'end') end(session, mark.hold);
  }
  return { problems, holds, cutShort, inVain, together, handOvers, by };
}

/** Of those that match, who is first in the queue. */
function first(
  queue: ReadonlyMap<string, Standing>,
  matches: (each: Standing) => boolean,
): Standing | undefined {
  let found: Standing | undefined;
  for (const each of queue.values()) {
    if (matches(each) && (found === undefined || isLater(found.sequence, each.sequence))) {
      found = each;
    }
  }
  return found;
}

/** By 32 bits that wrap. */
function isLater(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

function nameIn(folder: string, path: string): string | undefined {
  if (!path.startsWith(`${folder}/`)) return undefined;
  const name = path.slice(folder.length + 1);
  return name.includes('/') ? undefined : name;
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
