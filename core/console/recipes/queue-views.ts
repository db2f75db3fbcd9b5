/** Recipes in which one comes after the other: locks, elections, permits, queues of items. */
import type { QueueItem } from '@vivarium/core/internal/layouts/items';
import {
  isWaitingHint,
  leaseLimitIn,
  permitLimitIn,
  permitsIn,
} from '@vivarium/core/internal/layouts/permits';
import type { Contender } from '@vivarium/core/internal/layouts/queue';
import { countText, plural, spanText } from '../format.js';
import { visibleName } from '../paths.js';
import { claimsIn, contendersIn, itemsIn } from './lists.js';
import { orderOf, reasonOf, SHOWN_MAX } from './order.js';
import {
  calledBy,
  type Fact,
  type FolderState,
  libraryOf,
  type PartGroup,
  type PartRow,
  type RecipeState,
  type RecipeView,
  rowOf,
  shownData,
  tokenOf,
} from './view.js';

const libraries: Readonly<Record<Contender['library'], string | undefined>> = {
  'vivarium or curator': 'Vivarium or Curator',
  kazoo: 'kazoo',
  'zookeeper recipes': 'ZooKeeper’s recipes',
  other: undefined,
};

const wishes: Readonly<Record<Contender['wish'], string>> = {
  exclusive: 'writes',
  read: 'reads',
  lead: '',
};

/** A lock, a read-write lock, or an election. */
export function queueView(state: RecipeState): RecipeView {
  const { kind } = state.recognised;
  const isElection = kind === 'election';
  const all = contendersIn(state.names);
  const rows = all.slice(0, SHOWN_MAX).map((one, at) => contenderRow(state, one, at + 1));
  const holders = rows.filter(({ tone }) => tone === 'held');
  const held = isElection ? 'Led by' : 'Held by';
  const nobody = isElection ? 'Nobody leads' : 'Free: nobody holds it';
  const others = state.names.length - all.length;
  const holding = all.filter(({ holds }) => holds).length;
  const facts: Fact[] = [
    { name: isElection ? 'Lead' : 'Hold', value: countText(holding) },
    { name: isElection ? 'Stand by' : 'Wait', value: countText(all.length - holding) },
  ];
  if (others > 0) facts.push({ name: 'Other nodes in it', value: countText(others) });
  return {
    headline: holders.length === 0 ? nobody : heldText(held, holders),
    tone: holders.length === 0 ? 'quiet' : 'held',
    facts,
    groups: [
      {
        title: isElection ? 'Leader and candidates' : 'Holders and queue',
        rows,
        count: all.length,
        none: isElection ? 'Nobody stands for it.' : 'Nobody holds it, and nobody waits for it.',
      },
    ],
  };
}

function heldText(held: string, holders: readonly PartRow[]): string {
  const [first] = holders;
  return holders.length === 1 ? `${held} ${calledBy(first!)}` : `${held} ${holders.length}`;
}

function contenderRow(state: RecipeState, one: Contender, place: number): PartRow {
  const { kind } = state.recognised;
  const { name, holds, wish, library } = one;
  const notes = kind === 'readWriteLock' ? [wishOf(one)] : [];
  const role = kind === 'election' ? (holds ? 'leads' : 'stands by') : holds ? 'holds' : 'waits';
  return rowOf(state, name, {
    ...{ place, role, notes: wish === 'lead' ? [] : notes },
    tone: holds ? 'held' : 'waits',
    token: holds ? tokenOf(state, name) : undefined,
    library: libraryOf(state, name, libraries[library]),
  });
}

function wishOf({ name, wish }: Contender): string {
  if (name.includes('-up-__READ__')) return 'reads, may come to write';
  return /-up-?\d+-__WRIT__/.test(name) ? 'writes at the place where it read' : wishes[wish];
}

/** A semaphore of any library. */
export function permitsView(state: RecipeState): RecipeView {
  if (state.recognised.arrangement === 'leases') return leasesView(state);
  const limit = permitLimitIn(state.data);
  const requests = permitsIn(state.names, limit);
  if (requests.length === 0 && state.names.length > 0) return kazooView(state);
  const held = requests.filter(({ holds }) => holds);
  const out = held.reduce((sum, { permits }) => sum + permits, 0);
  const rows = requests.slice(0, SHOWN_MAX).map(({ name, permits, holds }, at) => {
    const entry = state.entries.get(name);
    const isHint = entry !== undefined && entry !== 'hidden' && isWaitingHint(entry.data);
    return rowOf(state, name, {
      ...(isHint ? { who: '' } : {}),
      place: at + 1,
      role: holds ? 'holds' : 'waits',
      tone: holds ? 'held' : 'waits',
      notes: [plural(permits, 'permit', 'permits')],
      token: holds ? tokenOf(state, name) : undefined,
      library: libraryOf(state, name, 'Vivarium'),
    });
  });
  return {
    headline: outText(out, limit),
    tone: out === 0 ? 'quiet' : 'held',
    facts: [
      { name: 'Limit', value: limit === undefined ? 'not told' : countText(limit) },
      { name: 'Wait', value: countText(requests.length - held.length) },
    ],
    groups: [permitGroup('Holders and queue', rows, requests.length)],
  };
}

function outText(out: number, limit: number | undefined): string {
  if (limit === undefined) return `${countText(out)} out`;
  return `${countText(out)} of ${plural(limit, 'permit', 'permits')} out`;
}

function permitGroup(title: string, rows: readonly PartRow[], count: number): PartGroup {
  return { title, rows, count, none: 'Nobody has a permit.' };
}

/** kazoo writes the limit as digits, and keeps who waits in a lock beside the path. */
function kazooView(state: RecipeState): RecipeView {
  const limit = leaseLimitIn(state.data);
  const { length } = state.names;
  const rows = orderOf('permits', state.names)
    .slice(0, SHOWN_MAX)
    .map((name) => rowOf(state, name, { role: 'holds', tone: 'held', library: 'kazoo' }));
  return {
    headline: outText(length, limit),
    tone: length === 0 ? 'quiet' : 'held',
    facts: [
      { name: 'Limit', value: limit === undefined ? 'not told' : countText(limit) },
      { name: 'Who waits', value: `stands in the lock ${visibleName(state.path)}-__lock__` },
    ],
    groups: [permitGroup('Holders', rows, length)],
  };
}

/** Curator's `InterProcessSemaphoreV2`: the limit is nowhere in the tree. */
function leasesView({ folders }: RecipeState): RecipeView {
  const leases = folders.get('leases') ?? nothing;
  const locks = folders.get('locks') ?? nothing;
  const held = orderOf('permits', leases.names);
  const wait = orderOf('lock', locks.names);
  const rowsOf = (folder: FolderState, names: readonly string[], role: 'holds' | 'waits') =>
    names.slice(0, SHOWN_MAX).map((name, at) =>
      rowOf(folder, name, {
        ...{ role, place: at + 1, tone: role === 'holds' ? 'held' : 'waits' },
        token: role === 'holds' ? tokenOf(folder, name) : undefined,
        library: libraryOf(folder, name, 'Curator'),
      }),
    );
  return {
    headline: outText(held.length, undefined),
    tone: held.length === 0 ? 'quiet' : 'held',
    facts: [{ name: 'Limit', value: 'not in the tree: each program has it' }],
    groups: [
      permitGroup('Holders', rowsOf(leases, held, 'holds'), held.length),
      {
        title: 'Queue for the next lease',
        rows: rowsOf(locks, wait, 'waits'),
        count: wait.length,
        none: 'Nobody waits.',
      },
    ],
  };
}

const nothing: FolderState = { path: '', names: [], entries: new Map() };

const makers: Readonly<Record<QueueItem['maker'], string>> = {
  vivarium: 'Vivarium',
  curator: 'Curator',
  kazoo: 'kazoo',
  'zookeeper recipes': 'ZooKeeper’s recipes, or Curator',
};

/** A queue of items, of any library. `now` is milliseconds since 1970. */
export function itemsView(state: RecipeState, now: number): RecipeView {
  const { recognised, folders } = state;
  const { arrangement } = recognised;
  const at = (name: string) => folders.get(name) ?? nothing;
  const list = arrangement === 'flat' ? state : at(arrangement === 'jobs' ? 'jobs' : 'entries');
  const claims = arrangement === 'flat' ? nothing : at(arrangement === 'jobs' ? 'claims' : 'taken');
  const items = itemsIn(list.names);
  const claimed = claimsIn(claims.names);
  const inHand = items.filter(({ name }) => claimed.has(name)).length;
  const delayed = items.filter(({ name, dueMs }) => dueMs > now && !claimed.has(name)).length;
  const waiting = items.length - inHand - delayed;
  const rows = items.slice(0, SHOWN_MAX).map((item, index) => {
    const claim = claimed.get(item.name);
    return itemRow(list, item, index + 1, { claims, claim, now });
  });
  const facts: Fact[] = [
    { name: 'Wait', value: countText(waiting) },
    { name: 'Delayed', value: countText(delayed) },
  ];
  if (arrangement !== 'flat') facts.push({ name: 'In hand', value: countText(inHand) });
  const groups: PartGroup[] = [
    { title: 'Items', rows, count: items.length, none: 'There is nothing in it.' },
  ];
  if (arrangement === 'jobs') {
    const [takers, dead] = [at('takers'), at('dead')];
    facts.push({ name: 'Consumers that wait', value: countText(takers.names.length) });
    facts.push({ name: 'Dead letters', value: countText(dead.names.length) });
    groups.push(deadGroup(dead));
  }
  return {
    headline: waiting === 0 ? 'Nothing to take' : `${plural(waiting, 'item', 'items')} to take`,
    tone: waiting === 0 ? 'quiet' : 'waits',
    facts,
    groups,
  };
}

function itemRow(
  list: FolderState,
  { name, id, priority, dueMs, attempts, maker }: QueueItem,
  place: number,
  told: { readonly claims: FolderState; readonly claim: string | undefined; readonly now: number },
): PartRow {
  const { claims, claim, now } = told;
  const entry = list.entries.get(name);
  const notes: string[] = [];
  // Ours stand in the name below.
  if (id !== undefined && maker !== 'vivarium') notes.push(visibleName(id));
  if (priority !== undefined) notes.push(`priority ${priority}`);
  const before = attempts + (maker === 'vivarium' ? versionOf(entry) : 0);
  if (before > 0) notes.push(`delivered ${before === 1 ? 'once' : `${before} times`}`);
  const library = makers[maker];
  if (claim !== undefined) {
    const { session, since } = rowOf(claims, claim, { role: '', tone: 'held' });
    const token = tokenOf(claims, claim);
    const held = { role: 'in hand', tone: 'held', did: 'taken', session, since, token } as const;
    return rowOf(list, name, { ...held, place, notes, library });
  }
  const wait = dueMs - now;
  if (wait > 0) notes.push(`due in ${spanText(wait)}`);
  const role = wait > 0 ? 'delayed' : 'waits';
  const tone = wait > 0 ? 'quiet' : 'waits';
  return rowOf(list, name, { role, tone, did: 'put', place, notes, library });
}

function versionOf(entry: ReturnType<FolderState['entries']['get']>): number {
  return entry === undefined || entry === 'hidden' ? 0 : entry.stat.version;
}

function deadGroup(dead: FolderState): PartGroup {
  const rows = itemsIn(dead.names)
    .slice(0, SHOWN_MAX)
    .map((item) => {
      const reason = dead.entries.get(reasonOf(item.name));
      const notes = reason === undefined || reason === 'hidden' ? [] : [shownData(reason.data)];
      return rowOf(dead, item.name, { role: 'given up', tone: 'bad', did: 'put', notes });
    });
  const { length } = dead.names;
  return { title: 'Dead letters', rows, count: length, none: 'No item was given up.' };
}
