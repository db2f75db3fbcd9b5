import { compareSequences, sequenceAfter } from './sequence.js';

/**
 * A kind of contender: how its nodes are named, and whom it lets go first. Names are those of
 * Curator, so that programs of other languages can stand in the same queue; those of other clients
 * are understood.
 */
export interface QueueKind {
  /** What stands between our own prefix and the number. */
  readonly label: string;
  /** The same for everybody who is in the way when it came earlier. */
  readonly labels: readonly string[];
  /** Whether one of these lets us pass although it came earlier; nobody does when left out. */
  readonly letsPass?: ((name: string, ours: number) => boolean) | undefined;
}

/** Elections. kazoo stands for them by the nodes of its locks. */
export const electionQueue: QueueKind = { label: 'latch-', labels: ['latch-', '__lock__'] };

/**
 * The names of those in our way, first come first, so that the last is the one to wait for;
 * undefined when our own name is not in the list. Names that are none of the queue's are ignored.
 */
export function aheadOf(
  { label, labels, letsPass }: QueueKind,
  names: readonly string[],
  ours: string,
): readonly string[] | undefined {
  const own = sequenceAfter(label, ours);
  if (own === undefined || !names.includes(ours)) return undefined;
  const isAhead = ({ name, sequence }: Contender) =>
    compareSequences(sequence, own) < 0 && !(letsPass?.(name, own) ?? false);
  return contendersOf(labels, names)
    .filter(isAhead)
    .map(({ name }) => name);
}

/** A name in a queue, and the number in it. */
export interface Contender {
  readonly name: string;
  readonly sequence: number;
}

/** Those with one of the labels, first come first. */
export function contendersOf(
  labels: readonly string[],
  names: readonly string[],
): readonly Contender[] {
  const contenders: Contender[] = [];
  for (const name of names) {
    for (const label of labels) {
      const sequence = sequenceAfter(label, name);
      if (sequence === undefined) continue;
      contenders.push({ name, sequence });
      break;
    }
  }
  return contenders.sort((a, b) => compareSequences(a.sequence, b.sequence));
}
