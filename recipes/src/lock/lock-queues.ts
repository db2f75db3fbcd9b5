import { type Contender, contendersOf, type QueueKind } from '../shared/queue.js';
import { compareSequences } from '../shared/sequence.js';

/** What stands before the number of those who want a lock for themselves, in any language. */
export const WRITERS = ['lock-', '__lock__', '__WRIT__'] as const;

/** The same for those who share it. */
export const READERS = ['__READ__', '__rlock__'] as const;

/** Readers of ours that may become writers; to all others they are readers. */
const UPGRADABLE = 'up-__READ__';

/** Exclusive locks; whoever reads stands in their way too. */
export const lockQueue: QueueKind = { label: 'lock-', labels: [...WRITERS, ...READERS] };

/** Those who write wait for everybody. */
export const writeQueue: QueueKind = { label: '__WRIT__', labels: [...WRITERS, ...READERS] };

/** Those who read wait for who writes, and go together with who reads. */
export const readQueue: QueueKind = { label: '__READ__', labels: WRITERS, letsPass: isUpgradeOf };

/** Those who may become writers wait for their like too: two of them would wait for each other. */
export const upgradableQueue: QueueKind = { label: UPGRADABLE, labels: [...WRITERS, UPGRADABLE] };

/**
 * An upgraded reader has a second node, which writes, at its old place in the queue. Readers that
 * came after that place and before the number in the name may be reading already, so the upgrade
 * waits for them, and they must not wait for it.
 */
const UPGRADE = /-up(-?\d+)-__WRIT__-?\d+$/;

/** Whether a name is that of a reader that may become a writer. */
export function isUpgradable(name: string): boolean {
  return name.includes(`-${UPGRADABLE}`);
}

/** What follows the prefix of an upgrade's node, up to its own number. */
export function upgradeLabel(firstWriter: Contender): string {
  return `up${firstWriter.sequence}-__WRIT__`;
}

/**
 * The names of those who hold the lock of a queue, as far as names tell: the first writer, or all
 * who read before it, with both nodes of one who is becoming a writer.
 */
export function holdersIn(names: readonly string[]): readonly string[] {
  const all = contendersOf([...WRITERS, ...READERS], names);
  const bounds = all.flatMap(({ name, sequence }) => {
    const bound = UPGRADE.exec(name)?.[1];
    if (bound !== undefined) return [Number(bound)];
    return contendersOf(WRITERS, [name]).length > 0 ? [sequence] : [];
  });
  const [first] = all;
  let hasUpgradable = false;
  const holders = all.filter(({ name, sequence }) => {
    if (bounds.some((bound) => compareSequences(sequence, bound) >= 0)) return false;
    if (!isUpgradable(name)) return true;
    const isFirst = !hasUpgradable;
    hasUpgradable = true;
    return isFirst;
  });
  return (holders.length === 0 && first !== undefined ? [first] : holders).map(({ name }) => name);
}

function isUpgradeOf(name: string, reader: number): boolean {
  const bound = UPGRADE.exec(name)?.[1];
  return bound !== undefined && compareSequences(reader, Number(bound)) < 0;
}
