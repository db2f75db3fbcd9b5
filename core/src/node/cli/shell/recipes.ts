import { childOf } from '../../../base/path.js';
import type { Client, Stat } from '../../../client/api.js';
import { isOurName } from '../../../layouts/made-by.js';
import { memberName } from '../../../layouts/member.js';
import { type Contender, contendersIn } from '../../../layouts/queue.js';
import { answer, type ServerCall, type ShellCommands } from './command.js';
import { dataShape, timeShape } from './json-shapes.js';
import { unlessGone } from './walk.js';

/** Looks at what recipes of Vivarium, Curator and kazoo keep in the tree; changes nothing. */
export const recipeCommands: ShellCommands = {
  lock: {
    usage: 'path',
    doc: 'Who holds a lock, and who waits for it, in order; reads and writes of a read-write lock.',
    flags: {},
    words: [1, 1],
    run: (call) => showQueue(call, ['holder', 'holders', 'waits']),
  },
  leader: {
    usage: 'path',
    doc: 'Who leads in an election, and who would be next.',
    flags: {},
    words: [1, 1],
    run: (call) => showQueue(call, ['leader', 'leaders', 'stands by']),
  },
  members: {
    usage: 'path',
    doc: 'Who is in a group, since when, and with which data.',
    flags: {},
    words: [1, 1],
    run: showMembers,
  },
};

/** A child of a recipe's folder, with what it carries. */
interface Entry<T> {
  readonly facts: T;
  readonly name: string;
  readonly data: ReturnType<typeof dataShape>;
  readonly stat: Stat;
}

async function showQueue(
  call: ServerCall,
  [one, many, waits]: readonly [one: string, many: string, waits: string],
): Promise<void> {
  const [path = ''] = call.rest;
  const { children } = await call.client.children(path);
  const contenders = contendersIn(children);
  const entries = await entriesOf(call.client, path, contenders);
  const holders = entries.filter(({ facts }) => facts.holds);
  answer(
    call,
    () => ({ path, queue: entries.map(queueShape), others: children.length - contenders.length }),
    () => {
      if (entries.length === 0) {
        const what =
          children.length === 0
            ? 'nobody'
            : `nobody whose name is known, of ${children.length} children`;
        return [`${path}: ${what}`];
      }
      const head = holders.length === 1 ? one : many;
      return [
        `${path}: ${holders.length} ${head}, ${entries.length - holders.length} waiting`,
        ...entries.map((entry, at) => queueLine(entry, at, entry.facts.holds ? one : waits)),
      ];
    },
  );
}

function queueShape({ facts, name, data, stat }: Entry<Contender>): object {
  return {
    name,
    sequence: facts.sequence,
    wish: facts.wish,
    holds: facts.holds,
    fencingToken: String(stat.czxid),
    session: sessionText(stat),
    since: timeShape(stat.ctime),
    madeBy: madeBy(facts.library, name, stat),
    ...data,
  };
}

function queueLine(
  { facts, name, data, stat }: Entry<Contender>,
  at: number,
  role: string,
): string {
  return [
    `  ${at + 1}. ${role.padEnd(9)}`,
    facts.wish.padEnd(9),
    `token ${stat.czxid}`,
    `session ${sessionText(stat)}`,
    `since ${timeShape(stat.ctime)}`,
    madeBy(facts.library, name, stat),
    name,
    shownData(data),
  ]
    .filter((part) => part !== '')
    .join('  ');
}

async function showMembers(call: ServerCall): Promise<void> {
  const [path = ''] = call.rest;
  const { children } = await call.client.children(path);
  const entries = await entriesOf(
    call.client,
    path,
    children.map((name) => ({ name, ...memberName(name) })),
  );
  const idOf = ({ facts, data }: (typeof entries)[number]) => facts.id ?? data.data ?? '';
  answer(
    call,
    () => ({
      path,
      members: entries.map((entry) => ({
        id: idOf(entry),
        name: entry.name,
        ephemeral: entry.stat.ephemeralOwner !== 0n,
        session: sessionText(entry.stat),
        since: timeShape(entry.stat.ctime),
        ...entry.data,
      })),
    }),
    () => [
      `${path}: ${entries.length} ${entries.length === 1 ? 'member' : 'members'}`,
      ...entries.map((entry) =>
        [
          `  ${idOf(entry)}`,
          entry.stat.ephemeralOwner === 0n ? 'not ephemeral' : `session ${sessionText(entry.stat)}`,
          `since ${timeShape(entry.stat.ctime)}`,
          shownData(entry.data),
        ]
          .filter((part) => part !== '')
          .join('  '),
      ),
    ],
  );
}

/** So many reads are on their way at once. */
const READS_AT_ONCE = 100;

/** Data and Stat of each child, in order; those that have gone meanwhile are left out. */
async function entriesOf<T extends { readonly name: string }>(
  client: Client,
  path: string,
  all: readonly T[],
): Promise<readonly Entry<T>[]> {
  const entries: Entry<T>[] = [];
  for (let at = 0; at < all.length; at += READS_AT_ONCE) {
    const some = all.slice(at, at + READS_AT_ONCE);
    const reads = some.map((facts) => unlessGone(client.get(childOf(path, facts.name))));
    for (const [index, read] of (await Promise.all(reads)).entries()) {
      if (read === undefined) continue;
      const facts = some[index]!;
      entries.push({ facts, name: facts.name, data: dataShape(read.bytes), stat: read.stat });
    }
  }
  return entries;
}

function madeBy(library: Contender['library'], name: string, stat: Stat): string {
  const isOurs = isOurName(name, stat.ephemeralOwner);
  if (isOurs === undefined) return library;
  return isOurs ? 'vivarium' : 'curator';
}

function sessionText({ ephemeralOwner }: Stat): string {
  return `0x${BigInt.asUintN(64, ephemeralOwner).toString(16)}`;
}

/** Longest part of a node's data on a line. */
const DATA_SHOWN = 60;

function shownData({ data, encoding }: ReturnType<typeof dataShape>): string {
  if (data === null || data === '') return '';
  const text = encoding === undefined ? JSON.stringify(data) : `base64 ${data}`;
  return text.length > DATA_SHOWN ? `${text.slice(0, DATA_SHOWN)}…` : text;
}
