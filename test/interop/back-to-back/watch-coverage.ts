/**
 * Follows what a run did to watches, as far as coverage needs it: which kind of watch was told of
 * what, by which kind of change, and what setWatches replayed. It judges nothing; the comparison
 * does that.
 */
import { parentOf } from '@vivarium/core/internal/base/path';
import { opcodes, operationOf } from '@vivarium/core/internal/wire/operations';
import type { Item, Outcome } from './lane.js';
import type { NormalEvent } from './normal-form.js';
import type { StepContext } from './run.js';
import type { Request, SetWatchesLists } from './steps.js';

/** A kind of watch, by the request that set it. */
type Kind =
  | 'getData'
  | 'exists (present)'
  | 'exists (missing)'
  | 'getChildren'
  | 'persistent'
  | 'recursive';

type Count = (row: string) => void;

const EVENTS: Readonly<Record<number, string>> = {
  1: 'NodeCreated',
  2: 'NodeDeleted',
  3: 'NodeDataChanged',
  4: 'NodeChildrenChanged',
};
const DATA_KINDS: readonly Kind[] = ['getData', 'exists (present)', 'exists (missing)'];
const LASTING: readonly Kind[] = ['persistent', 'recursive'];
const CHILDREN_CHANGED = 4;
const DELETED = 2;

/** The watches of one lane's connections, as its replies tell them. */
export class WatchCoverage {
  readonly #count: Count;
  readonly #watches = new Map<number, Map<string, Set<Kind>>>();

  constructor(count: Count) {
    this.#count = count;
  }

  /** Takes in what one step brought. */
  note({ step, theirs, theirOutcome }: StepContext): void {
    if (step.type === 'connect' || step.type === 'drop') this.#watches.delete(step.connection);
    for (const [connection, items] of theirOutcome) {
      this.#items(connection, items, theirOutcome);
    }
    const open = new Set(theirs.openConnections);
    for (const number of this.#watches.keys()) if (!open.has(number)) this.#watches.delete(number);
  }

  #items(connection: number, items: readonly Item[], outcome: Outcome): void {
    let events: NormalEvent[] = [];
    for (const item of items) {
      if (item.event !== undefined) {
        events.push(item.event);
        if (!isReplay(item, items)) this.#event(connection, item.event, causeOf(item, outcome));
        continue;
      }
      const { request, reply } = item;
      if (request === undefined || reply === undefined) continue;
      if (request.about?.setWatches !== undefined && reply.err === 0) {
        this.#replayed(connection, request.about.setWatches, events);
      }
      this.#reply(connection, request, reply.err, events);
      events = [];
    }
  }

  #of(connection: number): Map<string, Set<Kind>> {
    let watches = this.#watches.get(connection);
    if (watches === undefined) {
      watches = new Map();
      this.#watches.set(connection, watches);
    }
    return watches;
  }

  #add(connection: number, path: string, kind: Kind): void {
    const watches = this.#of(connection);
    const kinds = watches.get(path);
    if (kinds === undefined) watches.set(path, new Set([kind]));
    else kinds.add(kind);
  }

  #event(connection: number, { type, path }: NormalEvent, cause: string): void {
    const watches = this.#of(connection);
    const kinds = watches.get(path) ?? new Set<Kind>();
    const told = [...kinds].filter((kind) =>
      type === CHILDREN_CHANGED
        ? kind === 'getChildren' || kind === 'persistent'
        : type === DELETED || kind !== 'getChildren',
    );
    for (const kind of told) {
      this.#count(`${kind}: ${EVENTS[type]} by ${cause}`);
      if (!LASTING.includes(kind)) kinds.delete(kind);
    }
    const data = told.some((kind) => DATA_KINDS.includes(kind));
    if (type === DELETED && data && told.includes('getChildren')) {
      this.#count('one NodeDeleted for a data and a child watch');
    }
    if (type === CHILDREN_CHANGED) return;
    for (let at = path; at !== '/' && at.startsWith('/'); ) {
      at = parentOf(at);
      if (!watches.get(at)?.has('recursive')) continue;
      this.#count(`recursive above: ${EVENTS[type]} by ${cause}`);
      if (told.length > 0) this.#count('one event for a watch here and a recursive one above');
      break;
    }
  }

  #reply(
    connection: number,
    { code, about }: Request,
    err: number,
    events: readonly NormalEvent[],
  ): void {
    const path = about?.path;
    if (path === undefined) return;
    const own = this.#of(connection).get(path);
    if (about?.watch !== undefined && (err === 0 || about.watch === 'exists')) {
      const kind = kindOf(about.watch, err);
      if (kind !== undefined) this.#add(connection, path, kind);
    }
    if (about?.remove !== undefined && err === 0 && own !== undefined) {
      for (const kind of [...own]) if (removes(about.remove, kind)) own.delete(kind);
    }
    const watched = own !== undefined && own.size > 0;
    if (!watched || events.length > 0) return;
    const name = operationOf(code);
    if (code === opcodes.setAcl && err === 0) this.#count('setAcl tells nobody');
    const writes = name === 'setData' || name === 'delete' || name?.startsWith('create') === true;
    if (writes && err !== 0) this.#count('a write that fails tells nobody');
    if (name === 'setData' && err === 0 && [...own].some((kind) => kind !== 'getChildren')) {
      this.#count('an event withheld by the ACL');
      for (const kind of DATA_KINDS) own.delete(kind);
    }
  }

  #replayed(connection: number, lists: SetWatchesLists, events: readonly NormalEvent[]): void {
    const told = new Map(events.map(({ path, type }) => [path, type]));
    const list = (name: string, paths: readonly string[], kind: Kind) => {
      for (const path of paths) {
        const type = LASTING.includes(kind) ? undefined : told.get(path);
        this.#count(`setWatches ${name}: ${type === undefined ? 'set again' : EVENTS[type]}`);
        if (type === undefined) this.#add(connection, path, kind);
      }
    };
    // A path in several lists can be told of for either; only unmistakable ones are counted.
    const all = [...lists.data, ...lists.exist, ...lists.child];
    const single = (paths: readonly string[]) =>
      paths.filter((path) => all.indexOf(path) === all.lastIndexOf(path));
    list('data', single(lists.data), 'getData');
    list('exist', single(lists.exist), 'exists (missing)');
    list('child', single(lists.child), 'getChildren');
    list('persistent', lists.persistent, 'persistent');
    list('recursive', lists.recursive, 'recursive');
  }
}

function kindOf(watch: string, err: number): Kind | undefined {
  switch (watch) {
    case 'data':
      return 'getData';
    case 'exists':
      return err === 0 ? 'exists (present)' : err === -101 ? 'exists (missing)' : undefined;
    case 'child':
      return 'getChildren';
    default:
      return watch as Kind;
  }
}

function removes(type: number, kind: Kind): boolean {
  const only: Readonly<Record<number, readonly Kind[]>> = {
    1: ['getChildren'],
    2: DATA_KINDS,
    4: ['persistent'],
    5: ['recursive'],
  };
  return type === 3 || (only[type]?.includes(kind) ?? false);
}

/** Whether an event was made by the setWatches answered after it. */
function isReplay(item: Item, items: readonly Item[]): boolean {
  const next = items.slice(items.indexOf(item)).find(({ reply }) => reply !== undefined);
  return next?.request?.about?.setWatches !== undefined;
}

/** The kind of request that made the change an event tells of. */
function causeOf(item: Item, outcome: Outcome): string {
  const { zxid } = item.event!;
  const writes: { readonly code: number; readonly zxid: bigint }[] = [];
  for (const items of outcome.values()) {
    for (const { request, reply } of items) {
      if (request === undefined || reply === undefined || reply.err !== 0) continue;
      if (CAUSES.has(operationOf(request.code) ?? '')) {
        writes.push({ code: request.code, zxid: reply.zxid });
      }
    }
  }
  const exact = zxid > 0n ? writes.find((write) => write.zxid === zxid) : undefined;
  const only = writes.length === 1 ? writes[0] : undefined;
  const name = operationOf((exact ?? only)?.code ?? 0) ?? 'something';
  return name.startsWith('create') ? 'create' : name;
}

const CAUSES = new Set([
  ...['create', 'create2', 'createContainer', 'createTtl', 'delete', 'setData', 'multi'],
  'closeSession',
]);
