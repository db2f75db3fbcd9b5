/** What is said of recipes in a line. */
import { numberIn } from '@vivarium/core/internal/layouts/counter';
import { barrierMembers, cohortIn, READY } from '@vivarium/core/internal/layouts/double-barrier';
import { claimsIn, itemsIn } from '@vivarium/core/internal/layouts/items';
import { latchIn } from '@vivarium/core/internal/layouts/latch';
import { isLease } from '@vivarium/core/internal/layouts/lease';
import type { NodeLook } from '@vivarium/core/internal/layouts/node-look';
import { leaseLimitIn, permitLimitIn, permitsIn } from '@vivarium/core/internal/layouts/permits';
import { contendersIn } from '@vivarium/core/internal/layouts/queue';
import type { RecipeKind, Recognised } from '@vivarium/core/internal/layouts/recognised';
import { countText, plural } from '../format.js';

/** What a kind is called, alone and in the plural. */
export const kindNames: Readonly<Record<RecipeKind, readonly [one: string, many: string]>> = {
  lock: ['Lock', 'Locks'],
  readWriteLock: ['Read-write lock', 'Read-write locks'],
  election: ['Election', 'Elections'],
  permits: ['Semaphore', 'Semaphores'],
  lease: ['Lease', 'Leases'],
  members: ['Group', 'Groups'],
  service: ['Service', 'Services'],
  barrier: ['Barrier', 'Barriers'],
  doubleBarrier: ['Double barrier', 'Double barriers'],
  latch: ['Count-down latch', 'Count-down latches'],
  queue: ['Queue', 'Queues'],
  counter: ['Counter', 'Counters'],
  ttlNode: ['Node with a time to live', 'Nodes with a time to live'],
};

/** How it stands, by its names and its own data: `1 holds, 3 wait`. */
export function tallyOf(
  { kind, arrangement }: Pick<Recognised, 'kind' | 'arrangement'>,
  { names, data, folders }: Pick<NodeLook, 'names' | 'data' | 'folders'>,
): string {
  switch (kind) {
    case 'lock':
    case 'readWriteLock':
      return holdersText(countHolders(names), 'holds', 'hold', 'free');
    case 'election':
      return holdersText(countHolders(names), 'leads', 'lead', 'nobody leads');
    case 'permits':
      if (arrangement === 'leases') {
        const out = folders.get('leases')?.length ?? 0;
        const waits = folders.get('locks')?.length ?? 0;
        return `${countText(out)} out${waits === 0 ? '' : `, ${waitText(waits)}`}`;
      }
      return permitsText(names, data);
    case 'lease':
      return names.some(isLease) ? 'taken' : 'free';
    case 'members':
      return plural(names.length, 'member', 'members');
    case 'service':
      return plural(names.length, 'instance', 'instances');
    case 'barrier':
      return 'closed';
    case 'doubleBarrier':
      return barrierText(names, data);
    case 'latch': {
      const latch = data && latchIn(data);
      if (latch?.isOpen === true) return 'open';
      const came = names.length;
      return latch === undefined ? `${came} came` : `${came} of ${latch.count} came`;
    }
    case 'queue':
      return queueText(arrangement, names, folders);
    case 'counter':
      return numberText((data && numberIn(data)?.text) ?? '');
    case 'ttlNode':
      return 'kept';
  }
}

/** Digits in groups of three. */
export function numberText(digits: string): string {
  return /^-?\d+$/.test(digits) ? countText(BigInt(digits)) : digits;
}

function countHolders(names: readonly string[]): readonly [holds: number, waits: number] {
  const all = contendersIn(names);
  const holds = all.filter((one) => one.holds).length;
  return [holds, all.length - holds];
}

function holdersText(
  [holds, waits]: readonly [number, number],
  one: string,
  many: string,
  nobody: string,
): string {
  if (holds === 0) return nobody;
  const held = `${countText(holds)} ${holds === 1 ? one : many}`;
  return waits === 0 ? held : `${held}, ${waitText(waits)}`;
}

function waitText(count: number): string {
  return `${countText(count)} ${count === 1 ? 'waits' : 'wait'}`;
}

function permitsText(names: readonly string[], data: Uint8Array | undefined): string {
  const limit = data && (permitLimitIn(data) ?? leaseLimitIn(data));
  const requests = permitsIn(names, limit);
  const held = requests.filter(({ holds }) => holds);
  const waits = requests.length - held.length;
  const out =
    requests.length === 0 ? names.length : held.reduce((sum, { permits }) => sum + permits, 0);
  const of = limit === undefined ? '' : ` of ${countText(limit)}`;
  return `${countText(out)}${of} out${waits === 0 ? '' : `, ${waitText(waits)}`}`;
}

function barrierText(names: readonly string[], data: Uint8Array | undefined): string {
  const state = data && cohortIn(data);
  if (state === undefined) {
    const isReady = names.includes(READY);
    return isReady ? `${countText(names.length - 1)} inside` : waitText(names.length);
  }
  const members = barrierMembers(names, state);
  const waiting = members.filter((one) => one.state === 'waits').length;
  if (state.cohort.length > 0) {
    const inside = members.filter((one) => one.state === 'inside').length;
    return `${countText(inside)} inside${waiting === 0 ? '' : `, ${waitText(waiting)}`}`;
  }
  return state.size === undefined ? waitText(waiting) : `${waiting} of ${state.size} came`;
}

function queueText(
  arrangement: Recognised['arrangement'],
  names: readonly string[],
  folders: NodeLook['folders'],
): string {
  const list = (name: string) => folders.get(name) ?? [];
  const [items, claims] =
    arrangement === 'flat'
      ? [names, []]
      : [
          list(arrangement === 'jobs' ? 'jobs' : 'entries'),
          list(arrangement === 'jobs' ? 'claims' : 'taken'),
        ];
  const all = itemsIn(items);
  const claimed = claimsIn(claims);
  const inHand = all.filter(({ name }) => claimed.has(name)).length;
  const dead = list('dead').length;
  return [
    waitText(all.length - inHand),
    inHand > 0 ? `${countText(inHand)} in hand` : '',
    dead > 0 ? `${countText(dead)} dead` : '',
  ]
    .filter(Boolean)
    .join(', ');
}
