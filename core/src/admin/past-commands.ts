import type { Zxid } from '../base/ids.js';
import { pathProblem } from '../base/path.js';
import type { AdminCommand } from './commands.js';
import type { AdminContext } from './facts.js';
import type { Moment, PastQuestion } from './past.js';
import { readSessionId } from './session-commands.js';
import type { AdminObject } from './values.js';

type Query = ReadonlyMap<string, string>;

/** A question that a thread answers, or why it is none. */
interface PastResult {
  readonly data: AdminObject;
  readonly status?: number;
  readonly past?: PastQuestion;
}

const USUAL_LIMIT = 100;
const LARGEST_LIMIT = 500;

const IN_MEMORY =
  'the past is read from the files of a server, and this one keeps its data in memory.';
const TREES_OFF =
  'no trees of the past are made on this server: vivarium.pastTreesMaxBytes is 0 in its config';

const SPAN_DOC =
  "Vivarium's own: from which transaction to which the log is kept, with their times, and from " +
  'which on the tree of any moment can be shown (`exact_from`).';

const TRANSACTIONS_DOC =
  "Vivarium's own: transactions of the log, newest first. `from` (a zxid) or `time` (ms) begins " +
  'there; `path`, with `below=true` all below it, `session`, and `types` between commas choose; ' +
  '`limit` is at most 500; `full=true` tells data and ACLs. A page ends after some bytes read, too: ' +
  '`next` is the `from` of the next one, null at the end. Who is no administrator sees of it what ' +
  'anybody may read today.';

const NODE_AT_DOC =
  "Vivarium's own: a node as it was right after a transaction (`zxid`) or at a time (`time`, ms): " +
  'data, Stat, ACL, and `limit` of its children behind the first `skip`. The server makes the tree ' +
  'of that moment of its files, and keeps it for two minutes; `preparing` means to ask again.';

const CHANGE_DOC =
  "Vivarium's own: the node `path` right before and right after the transaction `zxid`.";

const DIFFERENCES_DOC =
  "Vivarium's own: nodes at and below `path` that are not the same at two moments, `from` or " +
  '`from_time`, and `to` or `to_time`: created, deleted, recreated, changed. `next` is the `after` ' +
  'of the next page.';

/**
 * What is told of the past. The last three make the server hold a tree, so they need POST and
 * somebody who may; where anybody may, what they tell is what anybody may read today.
 */
export const pastCommands: readonly AdminCommand[] = [
  {
    ...{ name: 'log_span', aliases: [], method: 'GET', needs: 'anybody', needsServer: true },
    doc: SPAN_DOC,
    run: ({ context }) => askSpan(context),
  },
  {
    ...{ name: 'transactions', aliases: [], method: 'GET', needs: 'anybody', needsServer: true },
    doc: TRANSACTIONS_DOC,
    run: ({ context, query }) => askTransactions(context, query),
  },
  {
    ...{ name: 'node_at', aliases: [], method: 'POST', needs: 'operator', needsServer: true },
    doc: NODE_AT_DOC,
    run: ({ context, query }) => askNode(context, query),
  },
  {
    ...{ name: 'change', aliases: [], method: 'POST', needs: 'operator', needsServer: true },
    doc: CHANGE_DOC,
    run: ({ context, query }) => askChange(context, query),
  },
  {
    ...{ name: 'differences', aliases: [], method: 'POST', needs: 'operator', needsServer: true },
    doc: DIFFERENCES_DOC,
    run: ({ context, query }) => askDifferences(context, query),
  },
];

/** Answers `log_span`. */
function askSpan({ facts }: AdminContext): PastResult {
  if (facts.dataDir === '') return wrong(IN_MEMORY);
  return { data: {}, past: { type: 'span' } };
}

/** Answers `transactions`. */
function askTransactions({ facts }: AdminContext, query: Query): PastResult {
  if (facts.dataDir === '') return wrong(IN_MEMORY);
  return guarded(() => {
    const from = readMoment(query, 'from', 'time');
    const path = readPath(query);
    const session = query.get('session');
    const id = session === undefined ? undefined : readSessionId(session);
    if (session !== undefined && id === undefined) {
      throw new WrongValue(`session takes an id such as 0x100004bbaa30000, not ${quoted(session)}`);
    }
    const types = query.get('types')?.split(',').filter(Boolean);
    return {
      type: 'transactions',
      limit: readCount(query, 'limit', USUAL_LIMIT, 1, LARGEST_LIMIT),
      inFull: readFlag(query, 'full'),
      withBelow: readFlag(query, 'below'),
      ...(from !== undefined && { from }),
      ...(path !== undefined && { path }),
      ...(id !== undefined && { session: id }),
      ...(types !== undefined && { types }),
    };
  });
}

/** Answers `node_at`. */
function askNode(context: AdminContext, query: Query): PastResult {
  return ofTrees(context, () => ({
    type: 'node',
    at: demanded(readMoment(query, 'zxid', 'time'), 'node_at', 'zxid=0x… or time=MS'),
    path: readPath(query) ?? '/',
    skip: readCount(query, 'skip', 0, 0, 2 ** 31),
    limit: readCount(query, 'limit', USUAL_LIMIT, 0, LARGEST_LIMIT),
  }));
}

/** Answers `change`. */
function askChange(context: AdminContext, query: Query): PastResult {
  return ofTrees(context, () => {
    const moment = demanded(readMoment(query, 'zxid', undefined), 'change', 'zxid=0x…');
    const path = demanded(readPath(query), 'change', 'path=/…');
    return { type: 'change', zxid: 'zxid' in moment ? moment.zxid : 0n, path };
  });
}

/** Answers `differences`. */
function askDifferences(context: AdminContext, query: Query): PastResult {
  return ofTrees(context, () => {
    const after = readCount(query, 'after', 0, 0, 2 ** 31);
    return {
      type: 'differences',
      from: demanded(readMoment(query, 'from', 'from_time'), 'differences', 'from=0x…'),
      to: demanded(readMoment(query, 'to', 'to_time'), 'differences', 'to=0x…'),
      path: readPath(query) ?? '/',
      limit: readCount(query, 'limit', USUAL_LIMIT, 1, LARGEST_LIMIT),
      ...(after > 0 && { after }),
    };
  });
}

/** What was given does not say what is wanted. */
class WrongValue extends Error {}

function guarded(read: () => PastQuestion): PastResult {
  try {
    return { data: {}, past: read() };
  } catch (error) {
    if (!(error instanceof WrongValue)) throw error;
    return wrong(error.message);
  }
}

function ofTrees({ facts, config }: AdminContext, read: () => PastQuestion): PastResult {
  if (facts.dataDir === '') return wrong(IN_MEMORY);
  if (config.pastTreesMaxBytes === 0) return { ...wrong(TREES_OFF), status: 503 };
  return guarded(read);
}

function wrong(error: string): PastResult {
  return { data: { error } };
}

function readMoment(query: Query, zxidName: string, timeName: string | undefined) {
  const zxid = query.get(zxidName);
  if (zxid !== undefined) return { zxid: readZxid(zxidName, zxid) } satisfies Moment;
  const time = timeName === undefined ? undefined : query.get(timeName);
  if (time === undefined) return undefined;
  if (!/^\d{1,15}$/.test(time)) {
    throw new WrongValue(`${timeName} takes milliseconds since 1970, not ${quoted(time)}`);
  }
  return { time: Number(time) } satisfies Moment;
}

function readZxid(name: string, text: string): Zxid {
  const isHex = /^0x[0-9a-f]{1,16}$/i.test(text);
  const zxid = isHex || /^\d{1,19}$/.test(text) ? BigInt(text) : -1n;
  if (zxid >= 0n && zxid < 1n << 63n) return zxid;
  throw new WrongValue(`${name} takes a zxid, hexadecimal with 0x or decimal, not ${quoted(text)}`);
}

function readPath(query: Query): string | undefined {
  const path = query.get('path');
  const problem = path === undefined ? undefined : pathProblem(path);
  if (problem !== undefined) throw new WrongValue(`${quoted(path ?? '')} is no path: ${problem}`);
  return path;
}

function readFlag(query: Query, name: string): boolean {
  const text = query.get(name) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new WrongValue(`${name} is true or false, not ${quoted(text)}`);
}

function readCount(query: Query, name: string, usual: number, least: number, most: number): number {
  const text = query.get(name);
  if (text === undefined) return usual;
  const count = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (count >= least && count <= most) return count;
  throw new WrongValue(
    `${name} takes a whole number from ${least} to ${most}, not ${quoted(text)}`,
  );
}

function demanded<T>(value: T | undefined, command: string, what: string): T {
  if (value === undefined) throw new WrongValue(`${command} needs ${what}`);
  return value;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
