/**
 * What programs were told by the client's interface, and its judge:
 *
 * - C16 a promise that resolved was kept, one that was refused changed nothing.
 * - W2 what a listener hears can be the first news after what it saw.
 * - W4 a listener hears of the first change after its read, once, however often its client lost
 *   its connection or its session.
 * - G1 streams show only states that were, never go back, and end up at the truth.
 */

import type { ChildrenSnapshot, NodeSnapshot, WatchEvent, ZkError } from '@vivarium/core';
import { type EventType, eventTypes } from '@vivarium/core/internal/wire/events';
import { demand } from '../violation.js';
import type { HeardEvent, History } from '../world/history.js';
import { type Model, parentOf } from './model.js';
import { demandStat } from './reads.js';
import type { Probe, Replayed } from './replay.js';

export interface CallRecord {
  readonly client: string;
  readonly what: string;
  /** A text that no other write of the run writes; undefined for reads. */
  readonly payload: string | undefined;
  outcome: 'pending' | 'resolved' | 'refused' | 'unknown' | 'other';
  error: ZkError | undefined;
}

export interface ListenerRecord {
  readonly client: string;
  readonly path: string;
  readonly kind: 'data' | 'children';
  /** The node was not there when the watch was set. */
  readonly wasAbsent: boolean;
  /** From which zxid on it listens. */
  readonly since: bigint;
  readonly heard: WatchEvent[];
  /** Whether its client is there to hear. */
  readonly isLive: () => boolean;
}

export interface StreamRecord {
  readonly client: string;
  readonly path: string;
  readonly kind: 'node' | 'children';
  readonly emitted: (NodeSnapshot<Uint8Array> | ChildrenSnapshot)[];
  /** Whether it also shows when nothing but its freshness has changed. */
  readonly freshness: boolean;
  readonly isLive: () => boolean;
  /** What it showed when everything had come to rest, and the zxid then. */
  last: { readonly shown: StreamRecord['emitted'][number]; readonly zxid: bigint } | undefined;
}

export class ApiRecord {
  readonly calls: CallRecord[] = [];
  readonly listeners: ListenerRecord[] = [];
  readonly streams: StreamRecord[] = [];
  /** Clients are closed after this zxid, and hear no more. */
  #end = 0n;

  /** Follows a promise to its end; the promise returned never rejects. */
  follow<T>(
    client: string,
    what: string,
    payload: string | undefined,
    call: Promise<T>,
  ): Promise<T | undefined> {
    const record: CallRecord = { client, what, payload, outcome: 'pending', error: undefined };
    this.calls.push(record);
    return call.then(
      (value) => {
        record.outcome = 'resolved';
        return value;
      },
      (error: unknown) => {
        const { outcome } = error as ZkError;
        if (outcome === undefined) throw error;
        record.outcome = outcome;
        record.error = error as ZkError;
        return undefined;
      },
    );
  }

  /** Looks at what the streams showed; to be made before the replay. */
  probes(): Probe[] {
    return this.streams.flatMap((stream) => {
      const { last } = stream;
      const probes = stream.emitted.map((shown) => ({
        zxid: shown.asOf,
        look: (model: Model) => judgeShown(stream, shown, model),
      }));
      if (last === undefined) return probes;
      const look = (model: Model) => judgeRest(stream, last.shown, model);
      return [...probes, { zxid: last.zxid, look }];
    });
  }

  /** Everything has come to rest: what streams show now must be true. */
  rest(zxid: bigint): void {
    this.#end = zxid;
    for (const stream of this.streams) {
      if (!stream.isLive()) continue;
      const shown = stream.emitted.at(-1);
      demand(shown !== undefined, 'G1', () => `${nameOf(stream)} never showed anything`);
      stream.last = { shown, zxid };
    }
  }

  /** @throws Violation */
  judge(replayed: Replayed, applied: ReadonlyMap<string, number>, history: History): void {
    for (const { client, what, payload, outcome, error } of this.calls) {
      if (payload === undefined) continue;
      const times = applied.get(payload) ?? 0;
      const isApplied = times > 0;
      demand(times <= 1, 'C16', () => `${client}: ${what} (${payload}) happened ${times} times`);
      demand(outcome !== 'resolved' || isApplied, 'C16', () => {
        return `${client}: ${what} (${payload}) resolved and never happened`;
      });
      demand(outcome !== 'refused' || !isApplied, 'C16', () => {
        return `${client}: ${what} (${payload}) was refused with ${error?.message} and happened`;
      });
    }
    for (const listener of this.listeners) {
      judgeListener(listener, replayed, history, this.#end);
    }
    for (const stream of this.streams) judgeStream(stream);
  }
}

function judgeListener(
  listener: ListenerRecord,
  { changes, model }: Replayed,
  history: History,
  end: bigint,
): void {
  const { client, path, kind, since, heard, wasAbsent, isLive } = listener;
  const told = `${client}: a listener for the ${kind} of ${path} since ${since}`;
  demand(heard.length <= 1, 'W1', () => `${told} was called ${heard.length} times`);
  for (const { type } of heard) {
    demand(possibleNews(listener).includes(type), 'W2', () => {
      return `${told} was told ${type}, which cannot be the next after ${shownAs(listener)}`;
    });
  }
  if (!isLive() || heard.length > 0) return;
  // A node that came and went while the client was away leaves no trace: ZooKeeper's exception.
  if (wasAbsent && !model.nodes.has(path) && !wasTold(listener, history)) return;
  for (const [zxid, list] of changes) {
    if (zxid <= since || zxid > end) continue;
    const isTold = list.some((change) => {
      if (change.path === path) return kind === 'data' || change.type === 'deleted';
      return kind === 'children' && change.type !== 'changed' && parentOf(change.path) === path;
    });
    demand(!isTold, 'W4', () => `${told} never heard of the change at ${zxid}`);
  }
}

/** What can be the first news of a node after it was seen as it was. */
function possibleNews({ kind, wasAbsent }: ListenerRecord): readonly EventType[] {
  if (wasAbsent) return ['nodeCreated'];
  return [kind === 'data' ? 'nodeDataChanged' : 'nodeChildrenChanged', 'nodeDeleted'];
}

function shownAs({ wasAbsent }: ListenerRecord): string {
  return wasAbsent ? 'none' : 'a node';
}

/** Whether the client took from the server that the node has changed since it listens. */
function wasTold({ client, path, since }: ListenerRecord, history: History): boolean {
  const own = history.connections.filter((connection) => connection.client === client);
  return own.some(({ heard }, at) => {
    // What came while it was stopped and was thrown away with its connection, it has not seen.
    const next = own.slice(at + 1).find(({ greeting }) => greeting !== undefined);
    const seen = next?.greeting?.lastZxidSeen;
    return heard.some((each) => {
      if (each.type !== 'event' || each.path !== path || !isOfData(each)) return false;
      return each.zxid > since && (seen === undefined || each.zxid <= seen);
    });
  });
}

function isOfData({ eventType }: HeardEvent): boolean {
  return eventType !== eventTypes.nodeChildrenChanged;
}

function judgeShown(
  stream: StreamRecord,
  shown: StreamRecord['emitted'][number],
  model: Model,
): void {
  const { path } = stream;
  const node = model.nodes.get(path);
  const told = `${nameOf(stream)} at ${shown.asOf}`;
  const isThere = shown.kind !== 'absent';
  demand(isThere === (node !== undefined), 'G1', () => `${told} shows it ${shown.kind}`);
  if (node === undefined || shown.kind === 'absent') return;
  demandStat(shown.stat, model.statOf(path), told, 'G1');
  if ('children' in shown) {
    const due = [...node.children].sort().join();
    demand(shown.children.join() === due, 'G1', () => `${told}: [${shown.children}], not [${due}]`);
  } else if (shown.kind === 'present') {
    const due = node.data ?? new Uint8Array(0);
    const isSame = due.length === shown.data.length && due.every((b, i) => b === shown.data[i]);
    demand(isSame, 'G1', () => `${told} shows other data`);
  }
}

function judgeStream(stream: StreamRecord): void {
  let last = -1n;
  for (const { asOf } of stream.emitted) {
    demand(asOf >= last, 'G1', () => `${nameOf(stream)} went back from ${last} to ${asOf}`);
    last = asOf;
  }
}

function judgeRest(
  stream: StreamRecord,
  shown: StreamRecord['emitted'][number],
  model: Model,
): void {
  const { path } = stream;
  const isTrue = shown.kind === 'absent' ? !model.nodes.has(path) : isCurrent(shown, path, model);
  demand(isTrue && (shown.fresh || !stream.freshness), 'G1', () => {
    const what = `${shown.kind} as of ${shown.asOf}, ${shown.fresh ? 'fresh' : 'stale'}`;
    return `${nameOf(stream)} ends with ${what}, which is not the truth`;
  });
}

function nameOf({ client, path, kind }: StreamRecord): string {
  return `${client}: the ${kind} stream of ${path}`;
}

function isCurrent(
  shown: StreamRecord['emitted'][number] & { readonly kind: 'present' | 'invalid' },
  path: string,
  model: Model,
): boolean {
  const stat = model.statOf(path);
  if (stat === undefined || stat.czxid !== shown.stat.czxid) return false;
  return 'children' in shown ? stat.pzxid === shown.stat.pzxid : stat.mzxid === shown.stat.mzxid;
}
