/** Compares what was told of ensembles of one kind of server with what was told of others. */
import type { ServerKind } from '../server-process.js';
import type { Line } from './stories.js';

/** One story, and where it happened. A type, so that it may be kept as JSON. */
export type Said = {
  readonly story: string;
  readonly role: string;
  readonly kind: ServerKind;
  /** The kind of server that led. */
  readonly leader: ServerKind;
  readonly lines: readonly Line[];
};

interface Intended {
  readonly line: string;
  readonly theirs: string;
  readonly ours: string;
  /** Whether ours is said there. */
  readonly holds: (where: Said) => boolean;
}

const isOurs = ({ kind }: Said) => kind === 'vivarium';

const intended: readonly Intended[] = [
  {
    line: 'multi with an ephemeral node',
    theirs: 'OK, SESSION_EXPIRED, RUNTIME_INCONSISTENCY; OK, 1 transactions',
    ours: 'OK, EPHEMERAL_ON_LOCAL_SESSION, RUNTIME_INCONSISTENCY; OK, 1 transactions',
    holds: (where) => isOurs(where) || where.leader === 'vivarium',
  },
  {
    line: 'a session that it has not heard of',
    theirs: 'says that it has ended, readOnly true',
    ours: 'hangs up',
    holds: isOurs,
  },
];

/** The intended differences, as rows: which line, what they say, what we say. */
export const theirWord: readonly (readonly [string, string, string])[] = intended.map(
  ({ line, theirs, ours }) => [line, theirs, ours],
);

export interface Verdict {
  readonly lines: number;
  readonly intended: number;
  /** Where, which line, what is said there by servers of their kind alone, what was said here. */
  readonly differences: readonly (readonly [string, string, string, string])[];
  /** Lines of intended differences that nobody met. */
  readonly unmet: readonly string[];
}

/** @param theirs the kind whose word counts, where it is among itself */
export function judge(said: readonly Said[], theirs: ServerKind): Verdict {
  const met = new Set<Intended>();
  const differences: (readonly [string, string, string, string])[] = [];
  let lines = 0;
  let count = 0;
  for (const where of said) {
    if (where.kind === theirs && where.leader === theirs) continue;
    const model = said.find(
      ({ story, role, kind, leader }) =>
        story === where.story && role === where.role && kind === theirs && leader === theirs,
    );
    if (model === undefined) throw new Error(`nothing to compare ${placeOf(where)} with`);
    const length = Math.max(where.lines.length, model.lines.length);
    for (let at = 0; at < length; at++) {
      lines++;
      const [what, told] = where.lines[at] ?? ['nothing more', ''];
      const [line, expected] = model.lines[at] ?? ['nothing more', ''];
      const row = intended.find(
        (each) => each.line === what && each.theirs === expected && each.holds(where),
      );
      if (what === line && told === (row?.ours ?? expected)) {
        if (row === undefined) continue;
        met.add(row);
        count++;
      } else {
        differences.push([
          placeOf(where),
          what === line ? line : `${line} / ${what}`,
          expected,
          told,
        ]);
      }
    }
  }
  const unmet = intended.filter((row) => !met.has(row)).map(({ line }) => line);
  return { lines, intended: count, differences, unmet };
}

function placeOf({ story, role, kind, leader }: Said): string {
  return `${story}: ${role} ${kind} of ${leader}`;
}
