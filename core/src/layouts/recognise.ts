/**
 * Which recipe a node is, of Vivarium, Curator, kazoo or ZooKeeper's own, by what somebody sees of
 * it who only looks on. Nothing is asked of a server here, and no guess is made without saying so.
 */
import { recognisedByData } from './by-data.js';
import { recognisedByNames } from './by-names.js';
import type { NodeLook } from './node-look.js';
import type { Recognised } from './recognised.js';

/** Names at each end of a long list that are looked at. */
const END = 1_000;

const ranks: Readonly<Record<Recognised['sure'], number>> = { sure: 0, likely: 1, possible: 2 };

/**
 * Everything that a node may be, the surest first, one of each kind; nothing for a node of which
 * nobody can tell. What is `possible` beside something surer is left out.
 */
export function recognise(whole: NodeLook): readonly Recognised[] {
  const look = { ...whole, names: someOf(whole.names) };
  const all = [...recognisedByData(look), ...recognisedByNames(look)];
  all.sort((a, b) => ranks[a.sure] - ranks[b.sure]);
  const isKnown = all[0] !== undefined && all[0].sure !== 'possible';
  return all.filter(({ kind, sure }, at) => {
    if (isKnown && sure === 'possible') return false;
    // Each instance of a service is a member of a group as well.
    if (kind === 'members' && all.some((other) => other.kind === 'service')) return false;
    return all.findIndex((other) => other.kind === kind) === at;
  });
}

/** Of a long list its two ends, which tell as much as all of it in a hundredth of the time. */
function someOf(names: readonly string[]): readonly string[] {
  if (names.length <= 2 * END) return names;
  return [...names.slice(0, END), ...names.slice(-END)];
}
