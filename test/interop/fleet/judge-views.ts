/** Judges what members of a group say of who is in it, by what the tree holds. */
import { kindOf } from './names.js';

/** How kazoo's members are named: by an identifier, or not at all. */
export type Shape = 'names' | 'party';

/** What stands in the group's folder: data by name. */
export type Truth = ReadonlyMap<string, string>;

/** What a member would have to say; kazoo sees no names, Curator and ours see both. */
function expectedView(participant: string, shape: Shape, truth: Truth): readonly string[] {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const entries = [...truth];
  if (kindOf(participant) !== 'kazoo') {
    return entries.map(([name, data]) => `${name}=${base64(data)}`).sort();
  }
  if (shape === 'names') {
    // A whole name, when there is no dash in it.
    return entries.map(([name]) => base64(name.slice(name.indexOf('-') + 1))).sort();
  }
  return entries
    .filter(([name]) => name.includes('__party__'))
    .map(([, data]) => base64(data))
    .sort();
}

/**
 * What is wrong with what the members say: `joined` are the payloads of those who have joined and
 * not left, the tree has to hold these, and every member has to say what the tree holds.
 */
export function judgeViews(
  shape: Shape,
  joined: readonly string[],
  truth: Truth,
  views: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const problems: string[] = [];
  const there = [...truth.values()].sort().join(' ');
  const wanted = [...joined].sort().join(' ');
  if (there !== wanted) problems.push(`the tree holds ${there}, and ${wanted} have joined`);
  for (const [participant, view] of views) {
    const expected = expectedView(participant, shape, truth);
    if ([...view].sort().join(' ') === expected.join(' ')) continue;
    problems.push(`${participant} sees ${view.join(' ')} instead of ${expected.join(' ')}`);
  }
  return problems;
}
