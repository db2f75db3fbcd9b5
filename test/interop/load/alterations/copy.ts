/** Copies of what was recorded, to be altered. */
import { Reader } from '@vivarium/core/internal/wire/reader';
import { encode, type JuteType } from '@vivarium/core/internal/wire/types';
import type {
  ConnectionHistory,
  Heard,
  HeardReply,
  SentRequest,
} from '../../../sim/world/history.js';
import type { Random } from '../../back-to-back/random.js';
import type { DumpedNode } from '../../tree-dump.js';
import type { LoadEvidence } from '../judge-all.js';
import type { LoggedTxn } from '../server-log.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** One copy. What is not replaced is shared with the original, and must not be written to. */
export interface Copy {
  readonly history: { readonly connections: ConnectionHistory[] };
  readonly logs: {
    readonly now: { readonly server: number; chains: LoggedTxn[][]; snapshots: bigint[] }[];
    readonly before: LoadEvidence['logs']['before'];
  };
  readonly dumps: Map<number, Map<string, DumpedNode>>;
}

/** Alters a copy in one place; false when it holds nothing of the kind. */
export type Alter = (copy: Copy, random: Random) => boolean;

export function copyOf({ history, logs, dumps }: LoadEvidence): Copy {
  const connections = history.connections.map((connection) => {
    const copy: ConnectionHistory = { ...connection, requests: [], heard: [] };
    const twins = new Map<SentRequest, SentRequest>();
    for (const request of connection.requests) {
      const twin = { ...request, connection: copy, reply: undefined };
      twins.set(request, twin);
      copy.requests.push(twin);
    }
    for (const heard of connection.heard) {
      if (heard.type === 'event') copy.heard.push(heard);
      else {
        const request = twins.get(heard.request)!;
        const reply = { ...heard, request };
        request.reply = reply;
        copy.heard.push(reply);
      }
    }
    return copy;
  });
  return {
    history: { connections },
    logs: {
      before: logs.before,
      now: logs.now.map(({ server, chains, snapshots }) => ({
        server,
        chains: chains.map((chain) => [...chain]),
        snapshots: [...snapshots],
      })),
    },
    dumps: new Map([...dumps].map(([server, dump]) => [server, new Map(dump)])),
  };
}

/** All answers for which something is true, of all connections. */
export function answers(copy: Copy, fits: (reply: HeardReply) => boolean): readonly HeardReply[] {
  return copy.history.connections.flatMap(({ heard }) =>
    heard.filter((each): each is HeardReply => isReply(each) && fits(each)),
  );
}

function isReply(heard: Heard): heard is HeardReply {
  return heard.type === 'reply';
}

/** Puts another answer in the place of one. */
export function replace(old: HeardReply, changes: Partial<Writable<HeardReply>>): void {
  const { heard } = old.request.connection;
  const altered = { ...old, ...changes };
  heard[heard.indexOf(old)] = altered;
  old.request.reply = altered;
}

/** Alters the body of an answer, whose type it has. */
export function rewrite<T>(reply: HeardReply, type: JuteType<T>, change: (body: T) => T): void {
  const body = type.read(new Reader(reply.body));
  replace(reply, { body: encode(type, change(body)) });
}

/** One of those that fit; undefined when there is none. */
export function one<T>(random: Random, all: readonly T[]): T | undefined {
  return all.length === 0 ? undefined : random.pick(all);
}

/** Every log entry of a zxid is replaced, on all servers; or taken out. */
export function alterEverywhere(copy: Copy, zxid: bigint, by: LoggedTxn | undefined): void {
  for (const log of copy.logs.now) {
    log.chains = log.chains
      .map((chain) =>
        chain.flatMap((each) => (each.zxid !== zxid ? [each] : by === undefined ? [] : [by])),
      )
      .filter((chain) => chain.length > 0);
  }
}

/** The order of all transactions, as the longest log has it. */
export function orderIn({ logs }: Copy): readonly LoggedTxn[] {
  const all = logs.now.map(({ chains }) => chains.flat());
  return all.reduce((longest, each) => (each.length > longest.length ? each : longest));
}
