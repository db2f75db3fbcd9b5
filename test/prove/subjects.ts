/** Which kinds of servers a proof compares: named after it on the command line, or both. */
import { type ApacheVersion, apacheVersions } from '../interop/apache.js';
import type { ServerKind } from '../interop/server-process.js';

const known: readonly ServerKind[] = ['vivarium', ...Object.values(apacheVersions)];

/** Kinds in a text with commas between them. @throws naming what is known */
export function kindsIn(text: string): readonly ServerKind[] {
  return text.split(',').map((word) => {
    const kind = known.find((each) => each === word);
    if (kind === undefined) throw new Error(`'${word}' is none of ${known.join(', ')}`);
    return kind;
  });
}

/** What the proof is told to compare; both when it is told nothing. */
export function subjectsOf(args: readonly string[]): readonly ServerKind[] {
  return kindsIn(args[0] ?? `${apacheVersions.newest},vivarium`);
}

/** For the head of a page. */
export function versionsOf(kinds: readonly ServerKind[]): Record<string, string> {
  const apache = [...new Set(kinds.filter((kind): kind is ApacheVersion => kind !== 'vivarium'))];
  return apache.length === 0 ? {} : { 'Apache ZooKeeper': apache.join(', ') };
}
