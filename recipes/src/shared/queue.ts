import { compareSequences, sequenceAfter } from './sequence.js';

/**
 * A kind of queue: how its nodes are named. Names are those of Curator, so that programs of other
 * languages can stand in the same queue; those of other clients are understood.
 */
export interface QueueKind {
  /** What stands between our own prefix and the number. */
  readonly label: string;
  /** The same for everybody who counts as a contender. */
  readonly labels: readonly string[];
}

/** Exclusive locks; readers and writers of read-write locks stand in the way of these too. */
export const lockQueue: QueueKind = {
  label: 'lock-',
  labels: ['lock-', '__lock__', '__rlock__', '__READ__', '__WRIT__'],
};

/** Elections. */
export const electionQueue: QueueKind = { label: 'latch-', labels: ['latch-'] };

/** The names that count, first come first; all others in the folder are ignored. */
export function contendersOf({ labels }: QueueKind, names: readonly string[]): readonly string[] {
  const contenders: { readonly name: string; readonly sequence: number }[] = [];
  for (const name of names) {
    for (const label of labels) {
      const sequence = sequenceAfter(label, name);
      if (sequence === undefined) continue;
      contenders.push({ name, sequence });
      break;
    }
  }
  contenders.sort((a, b) => compareSequences(a.sequence, b.sequence));
  return contenders.map(({ name }) => name);
}
