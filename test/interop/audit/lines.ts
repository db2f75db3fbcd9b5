/** Lines of audit logs in a form in which those of both kinds of servers can be compared. */
import type { SessionNames } from './scene.js';

/** What is different on purpose, and how a line is made that both would write. */
interface Meant {
  readonly difference: string;
  readonly why: string;
  /** Whose lines are made alike. */
  readonly of: 'ours' | 'theirs';
  /** The line as the other kind has it. */
  alike(line: string): string;
}

export const meant: readonly Meant[] = [
  {
    difference: 'Apache has no `znode_type` of a sequential node that a multi has made',
    why: 'it looks for the mode by the name that was asked for',
    of: 'ours',
    alike: (line) => line.replace(/(\/in-multi-\d+)\tznode_type=ephemeral_sequential\t/, '$1\t'),
  },
  {
    difference: 'a tab within a name is written by Apache as it is, here as `\\u0009`',
    why: 'whoever names a node could make fields, and lines, of their own',
    of: 'theirs',
    alike: (line) => line.replace('/tab\there', '/tab\\u0009here'),
  },
  {
    difference: 'the hash in an ACL of the scheme digest is shown by Apache, here as `x`',
    why: 'who reads the log could try passwords against it',
    of: 'theirs',
    alike: (line) => line.replace(/(acl=(?:.*:)?digest:[^:\t]*):[^:\t]+/, '$1:x'),
  },
];

/** Lines of a server's audit log, from `session=` or `user=` on. */
export function linesIn(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => /(?:session|user)=.*\tresult=\w+$/.exec(line)?.[0]);
  return lines.filter((line) => line !== undefined);
}

/** Sessions by their names, users in one order; ZooKeeper keeps them in that of their hashes. */
export function comparable(lines: readonly string[], names: SessionNames): readonly string[] {
  const plain = lines.map((line) =>
    line
      .replace(/^session=(0x[0-9a-f]+)/, (_all, id: string) => `session=${names.get(id) ?? id}`)
      .replace(/\tuser=([^\t]*)/, (_all, users: string) => {
        return `\tuser=${users.split(',').sort().join(',')}`;
      }),
  );
  return inOneOrder(plain);
}

/** Nodes of one session go in any order: their lines are put into that of their names. */
function inOneOrder(lines: readonly string[]): readonly string[] {
  const ordered: string[] = [];
  let run: string[] = [];
  for (const line of lines) {
    const isEnd = line.includes('\toperation=ephemeralZNodeDeletion');
    const session = line.split('\t')[0]!;
    if (!isEnd || (run.length > 0 && !run[0]!.startsWith(`${session}\t`))) {
      ordered.push(...run.sort());
      run = [];
    }
    if (isEnd) run.push(line);
    else ordered.push(line);
  }
  return [...ordered, ...run.sort()];
}
