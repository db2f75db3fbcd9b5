/** Recipes that the names in a folder tell. */
import { isBarrierMember, READY } from './double-barrier.js';
import { itemIn } from './items.js';
import { isLease, LEASE_CLOCK } from './lease.js';
import { memberName } from './member.js';
import { nodeKindOf } from './node-kind.js';
import type { NodeLook } from './node-look.js';
import { permitsIn } from './permits.js';
import { contendersIn } from './queue.js';
import type { Recognised } from './recognised.js';
import { sequentialName } from './sequence.js';

type Names = readonly string[];

/** kazoo's names that have no label. */
const HEX = /^[0-9a-f]{32}$/;
/** Curator's. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PARTY = /^[0-9a-f]{32}__party__(?:\d{10})?$/;
/** More of a name than this explains nothing. */
const SHOWN = 48;

/** Everything that the names alone allow, in no order. */
export function recognisedByNames(look: NodeLook): readonly Recognised[] {
  const { names } = look;
  if (names.length === 0) return [];
  return [
    queueOf(names),
    permitsOf(names),
    itemsOf(names),
    workQueueOf(names),
    lockingQueueOf(look),
    semaphoreOf(look),
    leaseOf(names),
    doubleBarrierOf(names),
    partyOf(names),
    ttlNodeOf(look),
  ].filter((one) => one !== undefined);
}

/** `sure` as long as at least half of all in the folder are of it. */
function sureBy(count: number, names: Names): 'sure' | 'likely' {
  return 2 * count >= names.length ? 'sure' : 'likely';
}

function queueOf(names: Names): Recognised | undefined {
  const all = contendersIn(names).filter(({ name }) => isContender(name));
  const [first] = all;
  if (first === undefined) return undefined;
  const reads = all.some(({ name }) => /__(?:READ|WRIT|rlock)__-?\d+$/.test(name));
  const leads = all.filter(({ wish }) => wish === 'lead').length;
  const kind = 2 * leads > all.length ? 'election' : reads ? 'readWriteLock' : 'lock';
  const why = `names end as in ${ending(first.name)}`;
  return { kind, arrangement: 'flat', sure: sureBy(all.length, names), by: 'names', why };
}

/** Whether the label of a contender stands alone: `block-0000000001` holds no lock. */
function isContender(name: string): boolean {
  const { stem } = sequentialName(name)!;
  return !/[0-9A-Za-z](?:lock-|latch-)$/.test(stem);
}

function permitsOf(names: Names): Recognised | undefined {
  const all = permitsIn(names, undefined);
  const [first] = all;
  if (first === undefined) return undefined;
  const why = `names say how many permits each is for, as ${ending(first.name)} does`;
  return {
    ...{ kind: 'permits', arrangement: 'flat', by: 'names', why },
    sure: sureBy(all.length, names),
  };
}

function itemsOf(names: Names): Recognised | undefined {
  const all = names.flatMap((name) => itemIn(name) ?? []);
  const [first] = all;
  if (first === undefined) return undefined;
  const why = `names are those of items, such as ${short(first.name)}`;
  return {
    ...{ kind: 'queue', arrangement: 'flat', by: 'names', why },
    sure: sureBy(all.length, names),
  };
}

function workQueueOf(names: Names): Recognised | undefined {
  const has = (name: string) => names.includes(name);
  if (!has('jobs') || !has('claims') || !has('dead')) return undefined;
  const why = 'it has the folders jobs, claims and dead';
  const sure = has('proofs') ? 'sure' : 'likely';
  return { kind: 'queue', arrangement: 'jobs', sure, by: 'names', why };
}

function lockingQueueOf({ names, folders }: NodeLook): Recognised | undefined {
  if (names.length !== 2 || !names.includes('entries') || !names.includes('taken')) {
    return undefined;
  }
  const isSeen = folders.get('entries')?.some((name) => itemIn(name) !== undefined) === true;
  const why = 'it has the folders entries and taken';
  const sure = isSeen ? 'sure' : 'likely';
  return { kind: 'queue', arrangement: 'entries', sure, by: 'names', why };
}

function semaphoreOf({ names, folders }: NodeLook): Recognised | undefined {
  if (names.length !== 2 || !names.includes('leases') || !names.includes('locks')) {
    return undefined;
  }
  const isSeen = folders.get('leases')?.some((name) => /-lease-\d{10}$/.test(name)) === true;
  const why = 'it has the folders leases and locks';
  const sure = isSeen ? 'sure' : 'likely';
  return { kind: 'permits', arrangement: 'leases', sure, by: 'names', why };
}

function leaseOf(names: Names): Recognised | undefined {
  const isTaken = names.some(isLease);
  if (!names.includes(LEASE_CLOCK) || names.some((n) => n !== LEASE_CLOCK && !isLease(n))) {
    return undefined;
  }
  const why = isTaken ? 'it has a clock, and a lease beside it' : 'it has a clock and nothing else';
  const sure = isTaken ? 'sure' : 'possible';
  return { kind: 'lease', arrangement: 'flat', sure, by: 'names', why };
}

function doubleBarrierOf(names: Names): Recognised | undefined {
  const own = names.filter(isBarrierMember);
  const facts = { kind: 'doubleBarrier', arrangement: 'flat', by: 'names' } as const;
  if (own.length > 0) {
    return { ...facts, sure: 'sure', why: `names end as in ${ending(own[0]!)}` };
  }
  const others = names.filter((name) => name !== READY);
  const isPlain = (shape: RegExp) => others.length > 0 && others.every((name) => shape.test(name));
  if (!isPlain(HEX) && !isPlain(UUID)) return undefined;
  const isReady = others.length < names.length;
  const why = `names are random ids${isReady ? ', with one that is called ready' : ''}`;
  return { ...facts, sure: isReady ? 'likely' : 'possible', why };
}

function partyOf(names: Names): Recognised | undefined {
  const [first, ...rest] = names.filter((name) => PARTY.test(name));
  if (first === undefined || memberName(first).library !== 'kazoo') return undefined;
  const why = `names are those of kazoo’s Party, such as ${short(first)}`;
  const sure = sureBy(1 + rest.length, names);
  return { kind: 'members', arrangement: 'flat', sure, by: 'names', why };
}

function ttlNodeOf({ names, owner, children }: NodeLook): Recognised | undefined {
  if (!names.includes('touch')) return undefined;
  const touch = children.get('touch');
  const isTtl = touch !== undefined && nodeKindOf(touch.owner).kind === 'ttl';
  if (!isTtl && nodeKindOf(owner).kind !== 'container') return undefined;
  const sure = isTtl ? 'sure' : 'likely';
  const why = isTtl
    ? 'its child touch has a time to live'
    : 'it is a container with a child that is called touch';
  return { kind: 'ttlNode', arrangement: 'alone', sure, by: isTtl ? 'stat' : 'names', why };
}

/** The label and the number of a sequential name. */
function ending(name: string): string {
  return name.slice(/(?:\d+-permit|up-?\d*-__\w+__|[A-Za-z_]+)-?-?\d+$/.exec(name)?.index ?? 0);
}

function short(name: string): string {
  return name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name;
}
