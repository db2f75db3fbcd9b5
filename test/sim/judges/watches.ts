/**
 * The judge of watches, connection by connection: it keeps what ZooKeeper's rules say is watched
 * and works out which events must come, in which order and before which answers.
 *
 * W1 a one-shot watch fires once · W2 every event is real and is the next that was due · W3 an
 * event comes before any answer from its state or a later one · W4 what happened while a client was
 * away is told when it comes back · W5 which change fires which watch · W6 events are in order.
 */
import { codes } from '@vivarium/core/internal/base/errors';
import { eventTypes, watcherTypes } from '@vivarium/core/internal/wire/events';
import { opcodes, specialXids } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import {
  type Acl,
  AddWatchRequest,
  ReadRequest,
  SetWatches,
  SetWatches2,
  WatchesRequest,
} from '@vivarium/core/internal/wire/records';
import { demand } from '../violation.js';
import type {
  ConnectionHistory,
  HeardEvent,
  HeardReply,
  History,
  SentRequest,
} from '../world/history.js';
import { type Change, parentOf } from './model.js';
import { permissions, permits } from './permissions.js';
import type { Probe, Replayed } from './replay.js';

type Kind = 'data' | 'child' | 'persistent' | 'recursive';

interface DueEvent {
  readonly zxid: bigint;
  readonly eventType: number;
  readonly path: string;
}

/** What the server finds when a client sets its watches again. */
interface Found {
  readonly path: string;
  readonly list: 'data' | 'exist' | 'child';
  readonly mzxid: bigint | undefined;
  readonly pzxid: bigint | undefined;
  /** The client may not read the node, and is told nothing of it. */
  readonly isHidden: boolean;
}

/** Looks at the tree wherever watches were set again; to be made before the replay. */
export class WatchProbes {
  readonly probes: Probe[] = [];
  readonly #found = new Map<HeardReply, Found[]>();

  constructor(history: History) {
    for (const { heard } of history.connections) {
      for (const each of heard) {
        if (each.type !== 'reply' || !setsAgain(each) || each.err !== 0) continue;
        const found: Found[] = [];
        this.#found.set(each, found);
        this.probes.push({
          zxid: each.zxid,
          look: (model) => {
            const { dataWatches, existWatches, childWatches } = listsOf(each);
            const look = (list: Found['list'], paths: readonly string[] | null) => {
              for (const path of paths ?? []) {
                const node = model.nodes.get(path);
                const { mzxid, pzxid, acl } = node ?? {};
                const isHidden = acl !== undefined && !mayRead(acl, each.request.isKnown);
                found.push({ path, list, mzxid, pzxid, isHidden });
              }
            };
            look('data', dataWatches);
            look('exist', existWatches);
            look('child', childWatches);
          },
        });
      }
    }
  }

  found(reply: HeardReply): readonly Found[] {
    return this.#found.get(reply) ?? [];
  }
}

/** Counts of what was judged. */
export interface WatchCounts {
  readonly events: number;
  readonly madeUp: number;
}

/** @throws Violation */
export function judgeWatches(
  history: History,
  replayed: Replayed,
  probes: WatchProbes,
): WatchCounts {
  let events = 0;
  let madeUp = 0;
  for (const connection of history.connections) {
    judgeRearming(connection);
    const judge = new ConnectionWatches(connection, replayed, probes);
    for (const each of connection.heard) {
      if (each.type === 'reply') judge.reply(each);
      else judge.event(each);
    }
    events += judge.events;
    madeUp += judge.madeUp;
  }
  return { events, madeUp };
}

/** A client that is back asks for nothing before its watches are set: it might see too much. */
function judgeRearming({ client, number, requests }: ConnectionHistory): void {
  const isFirst = ({ opcode }: SentRequest) =>
    opcode === opcodes.auth || opcode === opcodes.setWatches || opcode === opcodes.setWatches2;
  const other = requests.find((request) => !isFirst(request));
  const last = requests.findLast(({ xid }) => xid === specialXids.setWatches);
  if (other === undefined || last === undefined) return;
  demand(requests.indexOf(last) < requests.indexOf(other), 'W3', () => {
    return `${client}, connection ${number}: ${other.xid} was asked before its watches were set`;
  });
}

class ConnectionWatches {
  events = 0;
  madeUp = 0;
  readonly #who: string;
  readonly #replayed: Replayed;
  readonly #probes: WatchProbes;
  readonly #watched = new Map<string, Set<Kind>>();
  readonly #due: DueEvent[] = [];
  /** Events without a zxid, which a setWatches must explain. */
  #unexplained: HeardEvent[] = [];
  /** Everything up to this zxid has fired what it fires. */
  #at: bigint | undefined;
  readonly #isKnown: boolean;

  constructor(connection: ConnectionHistory, replayed: Replayed, probes: WatchProbes) {
    this.#who = `${connection.client}, connection ${connection.number}`;
    this.#replayed = replayed;
    this.#probes = probes;
    this.#isKnown = connection.requests.some(({ isKnown }) => isKnown);
  }

  event(event: HeardEvent): void {
    if (event.zxid <= 0n) {
      this.#unexplained.push(event);
      this.madeUp++;
      return;
    }
    this.events++;
    this.#advance(event.zxid);
    const due = this.#due.shift();
    const isDue =
      due !== undefined &&
      due.zxid === event.zxid &&
      due.eventType === event.eventType &&
      due.path === event.path;
    demand(isDue, 'W2', () => {
      return `${this.#who}: was told ${shown(event)}; due was ${due && shown(due)}`;
    });
  }

  reply(reply: HeardReply): void {
    if (reply.zxid > 0n && !setsAgain(reply)) {
      this.#advance(reply.zxid);
      const missed = this.#due[0];
      demand(missed === undefined, 'W3', () => {
        const what = `the answer to ${reply.request.xid} at ${reply.zxid}`;
        return `${this.#who}: ${what} came before ${missed && shown(missed)}`;
      });
    }
    if (reply.request.opcode === opcodes.closeSession) return;
    demand(this.#unexplained.length === 0 || setsAgain(reply), 'W2', () => {
      return `${this.#who}: ${shown(this.#unexplained[0]!)} has no zxid and no reason`;
    });
    this.#register(reply);
  }

  #register(reply: HeardReply): void {
    const { request, err } = reply;
    const body = new Reader(request.body);
    switch (request.opcode) {
      case opcodes.getData:
      case opcodes.exists:
      case opcodes.getChildren:
      case opcodes.getChildren2: {
        const { path, watch } = ReadRequest.read(body);
        const isSet = err === 0 || (err === codes.NO_NODE && request.opcode === opcodes.exists);
        const isData = request.opcode === opcodes.getData || request.opcode === opcodes.exists;
        if (watch && isSet) this.#watch(path, isData ? 'data' : 'child');
        return;
      }
      case opcodes.addWatch: {
        const { path, mode } = AddWatchRequest.read(body);
        if (err === 0) this.#watch(path, mode === 0 ? 'persistent' : 'recursive');
        return;
      }
      case opcodes.removeWatches: {
        const { path, type } = WatchesRequest.read(body);
        if (err === 0) for (const kind of kindsOf(type)) this.#watched.get(path)?.delete(kind);
        return;
      }
      case opcodes.setWatches:
      case opcodes.setWatches2:
        if (err === 0) this.#setAgain(reply);
    }
  }

  #setAgain(reply: HeardReply): void {
    this.#advance(reply.zxid);
    const lists = listsOf(reply);
    const due: string[] = [];
    for (const { path, list, mzxid, pzxid, isHidden } of this.#probes.found(reply)) {
      const tell = (type: number, path: string) => {
        if (!isHidden) due.push(`${type} ${path}`);
      };
      if (list === 'exist') {
        if (mzxid === undefined) this.#watch(path, 'data');
        else tell(eventTypes.nodeCreated, path);
      } else if (mzxid === undefined || pzxid === undefined) {
        tell(eventTypes.nodeDeleted, path);
      } else if (list === 'data') {
        if (mzxid > lists.relativeZxid) tell(eventTypes.nodeDataChanged, path);
        else this.#watch(path, 'data');
      } else if (pzxid > lists.relativeZxid) {
        tell(eventTypes.nodeChildrenChanged, path);
      } else {
        this.#watch(path, 'child');
      }
    }
    for (const path of lists.persistentWatches ?? []) this.#watch(path, 'persistent');
    for (const path of lists.persistentRecursiveWatches ?? []) this.#watch(path, 'recursive');
    const told = this.#unexplained.map(({ eventType, path }) => `${eventType} ${path}`);
    this.#unexplained = [];
    demand(told.join() === due.join(), 'W4', () => {
      return `${this.#who}: coming back it was told [${told.join()}], not [${due.join()}]`;
    });
  }

  #watch(path: string, kind: Kind): void {
    const kinds = this.#watched.get(path);
    if (kinds === undefined) this.#watched.set(path, new Set([kind]));
    else kinds.add(kind);
  }

  #advance(to: bigint): void {
    const { changes, changed } = this.#replayed;
    if (this.#watched.size > 0) {
      const first = firstAfter(changed, this.#at ?? to);
      for (let at = first; at < changed.length && changed[at]! <= to; at++) {
        for (const change of changes.get(changed[at]!)!) this.#fire(change, changed[at]!);
      }
    }
    this.#at = to;
  }

  /** A watch is spent even if its owner may not hear of the change. */
  #fire({ type, path, acl, parentAcl }: Change, zxid: bigint): void {
    const own = this.#watched.get(path);
    const isDeleted = type === 'deleted';
    const kinds: readonly Kind[] = isDeleted
      ? ['data', 'persistent', 'child']
      : ['data', 'persistent'];
    const isTold = kinds.some((kind) => own?.has(kind)) || this.#hasRecursive(path);
    own?.delete('data');
    if (isDeleted) own?.delete('child');
    if (isTold && mayRead(acl, this.#isKnown))
      this.#due.push({ zxid, eventType: EVENT_OF[type], path });
    if (type === 'changed') return;
    const parent = parentOf(path);
    const above = this.#watched.get(parent);
    const isToldAbove = above?.has('child') || above?.has('persistent');
    if (isToldAbove && mayRead(parentAcl, this.#isKnown)) {
      this.#due.push({ zxid, eventType: eventTypes.nodeChildrenChanged, path: parent });
    }
    above?.delete('child');
  }

  #hasRecursive(path: string): boolean {
    for (let at = path; ; at = parentOf(at)) {
      if (this.#watched.get(at)?.has('recursive')) return true;
      if (at === '/') return false;
    }
  }
}

/** Where the first of the growing numbers stands that is greater than one. */
function firstAfter(numbers: readonly bigint[], number: bigint): number {
  let from = 0;
  let to = numbers.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (numbers[middle]! <= number) from = middle + 1;
    else to = middle;
  }
  return from;
}

function mayRead(acl: readonly Acl[], isKnown: boolean): boolean {
  return permits(acl, permissions.read, isKnown);
}

const EVENT_OF = {
  created: eventTypes.nodeCreated,
  deleted: eventTypes.nodeDeleted,
  changed: eventTypes.nodeDataChanged,
} as const;

function setsAgain({ request }: HeardReply): boolean {
  return request.opcode === opcodes.setWatches || request.opcode === opcodes.setWatches2;
}

function listsOf({ request }: HeardReply) {
  const body = new Reader(request.body);
  if (request.opcode === opcodes.setWatches2) return SetWatches2.read(body);
  return {
    ...SetWatches.read(body),
    persistentWatches: null,
    persistentRecursiveWatches: null,
  };
}

function kindsOf(type: number): readonly Kind[] {
  switch (type) {
    case watcherTypes.children:
      return ['child'];
    case watcherTypes.data:
      return ['data'];
    case watcherTypes.persistent:
      return ['persistent'];
    case watcherTypes.persistentRecursive:
      return ['recursive'];
    default:
      return ['data', 'child', 'persistent', 'recursive'];
  }
}

function shown({ zxid, eventType, path }: DueEvent | HeardEvent): string {
  return `event ${eventType} of ${path} at ${zxid}`;
}
