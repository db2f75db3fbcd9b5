import { fractionOf } from '../shared/fraction-of.js';

/**
 * Which of the partitions a member has to work on. All members compute it from the same names, so
 * nobody has to hand anything out: each pair of a partition and a member has a rank by its names,
 * and the best pairs are taken first, as long as the member has room. No member has two more than
 * another. Who comes takes over as many as it has to have, and a few others change hands; when it
 * goes again, all is as it was before.
 *
 * Nothing of this may ever change: members of different releases have to agree.
 */
export function shareOf(
  partitions: readonly string[],
  members: readonly string[],
  member: string,
): ReadonlySet<string> {
  const pairs = partitions.flatMap((partition) =>
    members.map((each) => ({
      partition,
      member: each,
      rank: fractionOf(`${each}/${partition}`),
    })),
  );
  pairs.sort((a, b) => b.rank - a.rank || order(a.partition, b.partition, a.member, b.member));
  const room = Math.floor(partitions.length / members.length);
  /** So many members have one more. */
  let more = partitions.length % members.length;
  const taken = new Set<string>();
  const loads = new Map<string, number>();
  const share = new Set<string>();
  for (const pair of pairs) {
    const load = loads.get(pair.member) ?? 0;
    if (taken.has(pair.partition) || load > room || (load === room && more === 0)) continue;
    if (load === room) more--;
    taken.add(pair.partition);
    loads.set(pair.member, load + 1);
    if (pair.member === member) share.add(pair.partition);
  }
  return share;
}

function order(a: string, b: string, thenA: string, thenB: string): number {
  if (a !== b) return a < b ? -1 : 1;
  return thenA < thenB ? -1 : 1;
}
