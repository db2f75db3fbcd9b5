import { opcodes, specialXids } from '@vivarium/core/internal/wire/operations';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import type { Canon } from './inside/canon.js';
import { judgeLeases } from './judges/lease.js';
import { judgeOrder } from './judges/order.js';
import type { Replayed, TrueOrder } from './judges/replay.js';
import { writesOf } from './judges/wire-requests.js';
import { propertyOf } from './property-of.js';
import { judge } from './run-seed.js';
import { bootServer } from './world/boot.js';
import type {
  ConnectionHistory,
  Heard,
  HeardEvent,
  HeardReply,
  History,
  SentRequest,
} from './world/history.js';
import { Simulation } from './world/simulation.js';

/** A run without faults, judged anew after its history was tampered with. */
async function written(seed: number): Promise<Simulation> {
  const simulation = new Simulation({ seed, boot: bootServer, quiet: true });
  await simulation.run();
  return simulation;
}

function found(simulation: Simulation): string {
  return propertyOf(() => judge(simulation));
}

type Place = { readonly connection: ConnectionHistory; readonly at: number };

/** Where something was heard for which `fits` is true. */
function places<T extends Heard>(
  { history }: Simulation,
  fits: (heard: Heard, next: Heard | undefined) => boolean,
): (Place & { readonly heard: T })[] {
  return history.connections.flatMap((connection) =>
    connection.heard.flatMap((heard, at) =>
      fits(heard, connection.heard[at + 1]) ? [{ connection, at, heard: heard as T }] : [],
    ),
  );
}

function replace({ connection, at }: Place, heard: Heard): void {
  const before = connection.heard[at]!;
  connection.heard[at] = heard;
  if (before.type === 'reply' && heard.type === 'reply') before.request.reply = heard;
}

const isEvent = (heard: Heard): heard is HeardEvent => heard.type === 'event';
const isAnswer = (heard: Heard): heard is HeardReply =>
  heard.type === 'reply' && heard.request.xid > 0 && heard.zxid > 0n;
const isDone = (heard: Heard) =>
  isAnswer(heard) && heard.err === 0 && writesOf(heard.request) !== undefined;

/** Seeds whose histories hold enough to tamper with. */
const SEEDS = [1, 6, 8];

/** Tampers with a history of each seed; all of them must be found out, by one of the properties. */
function finds(
  properties: readonly string[],
  tamper: (simulation: Simulation) => boolean,
): () => Promise<void> {
  return async () => {
    let tampered = 0;
    for (const seed of SEEDS) {
      const simulation = await written(seed);
      if (!tamper(simulation)) continue;
      tampered += 1;
      const property = found(simulation);
      assert.ok(properties.includes(property), `seed ${seed}: found ${property}`);
    }
    assert.ok(tampered >= 2, `only ${tampered} histories could be tampered with`);
  };
}

/** The one in the middle of those that fit. */
function middle<T>(all: readonly T[]): T | undefined {
  return all[Math.floor(all.length / 2)];
}

/** Three runs to a test, on a machine with other work. */
const RUNS_TIMEOUT_MS = 60_000;

suite(
  'the judges',
  (test) => {
    test('find nothing in a history that nobody has tampered with', async () => {
      for (const seed of SEEDS) assert.is(found(await written(seed)), 'nothing');
    });

    test(
      'find an answer with the zxid before its own',
      finds(['C1', 'C2', 'C3', 'C4', 'C6', 'C9', 'W3'], (simulation) => {
        const place = middle(places<HeardReply>(simulation, isDone));
        if (place === undefined) return false;
        replace(place, { ...place.heard, zxid: place.heard.zxid - 1n });
        return true;
      }),
    );

    test(
      'find the first sync of all answered from a state before what had been acknowledged',
      finds(['C6'], (simulation) => {
        const isSync = (heard: Heard) => isAnswer(heard) && heard.request.opcode === opcodes.sync;
        const syncs = places<HeardReply>(simulation, isSync);
        const first = syncs.sort((a, b) => a.heard.request.at - b.heard.request.at)[0];
        if (first === undefined) return false;
        const { at } = first.heard.request;
        const known = places<HeardReply>(simulation, isDone).filter(({ heard }) => heard.at < at);
        const { zxid } = simulation.canon.entries[0]!;
        if (known.length < 2) return false;
        replace(first, { ...first.heard, zxid });
        return true;
      }),
    );

    test(
      'find a refusal where there was a success',
      finds(['C1', 'C8'], (simulation) => {
        const place = middle(places<HeardReply>(simulation, isDone));
        if (place === undefined) return false;
        replace(place, { ...place.heard, err: -101 });
        return true;
      }),
    );

    test(
      'find two answers that were exchanged',
      finds(['C1', 'C2', 'C3', 'C4', 'C8', 'C9', 'W3'], (simulation) => {
        const place = middle(
          places<HeardReply>(simulation, (heard, next) => {
            const other = next !== undefined && isAnswer(next) ? next : undefined;
            if (!isAnswer(heard) || other === undefined || heard.zxid === other.zxid) return false;
            // Answers of two kinds could not even be read.
            if (heard.request.opcode !== other.request.opcode) return false;
            return writesOf(heard.request) !== undefined && writesOf(other.request) !== undefined;
          }),
        );
        if (place === undefined) return false;
        const { connection, at, heard } = place;
        const next = connection.heard[at + 1] as HeardReply;
        replace(place, { ...heard, zxid: next.zxid, err: next.err, body: next.body });
        const { zxid, err, body } = heard;
        replace({ connection, at: at + 1 }, { ...next, zxid, err, body });
        return true;
      }),
    );

    test(
      'find an acknowledged write that is missing from the log',
      finds(['C13'], ({ canon }) => {
        canon.entries.splice(Math.floor(canon.entries.length / 2));
        return true;
      }),
    );

    test(
      'find an event that was lost',
      finds(['W2', 'W3', 'W4'], (simulation) => {
        const place = middle(
          places<HeardEvent>(simulation, (heard, next) => isEvent(heard) && !!next),
        );
        if (place === undefined) return false;
        place.connection.heard.splice(place.at, 1);
        return true;
      }),
    );

    test(
      'find an event that came twice',
      finds(['W2'], (simulation) => {
        const place = middle(places<HeardEvent>(simulation, isEvent));
        if (place === undefined) return false;
        place.connection.heard.splice(place.at, 0, place.heard);
        return true;
      }),
    );

    test(
      'find an event that came after the answer that shows its change',
      finds(['C3', 'W2', 'W3'], (simulation) => {
        const place = middle(
          places<HeardEvent>(simulation, (heard, next) => {
            if (!isEvent(heard) || next?.type !== 'reply') return false;
            return next.request.xid !== specialXids.setWatches && next.zxid >= heard.zxid;
          }),
        );
        if (place === undefined) return false;
        const { connection, at, heard } = place;
        connection.heard.splice(at, 2, connection.heard[at + 1]!, heard);
        return true;
      }),
    );

    test(
      'find an event of another kind than its change',
      finds(['W2'], (simulation) => {
        const place = middle(places<HeardEvent>(simulation, isEvent));
        if (place === undefined) return false;
        const { heard } = place;
        replace(place, { ...heard, eventType: (heard.eventType % 4) + 1 });
        return true;
      }),
    );

    test(
      'find a promise that resolved for a write that never happened',
      finds(['C16'], ({ record }) => {
        const call = record.calls.find(({ payload }) => payload !== undefined)!;
        record.calls.push({ ...call, payload: 'never written', outcome: 'resolved' });
        return true;
      }),
    );
  },
  { timeoutMs: RUNS_TIMEOUT_MS },
);

/** What the judge finds when a session of 1,000 ms ends in silence 500 ms after such an answer. */
function foundAfter(opcode: number, err = 0): string {
  const connection = {
    client: 'c1',
    server: 's1',
    number: 1,
    greeting: undefined,
    welcome: { protocolVersion: 0, timeOut: 1_000, sessionId: 7n, password: new Uint8Array(16) },
    heard: [],
  };
  const request = { connection, at: 100, xid: 1, opcode, body: new Uint8Array(0), isKnown: false };
  const reply = { type: 'reply', at: 110, request, zxid: 1n, err, body: new Uint8Array(0) };
  const history = { connections: [{ ...connection, requests: [{ ...request, reply }] }] };
  const entry = { zxid: 2n, type: txnTypes.closeSession, clientId: 7n };
  const canon = { entries: [entry], committedAt: () => 600_000 };
  return propertyOf(() =>
    judgeLeases(history as unknown as History, canon as unknown as Canon, new Set()),
  );
}

suite('the judge of leases', (test) => {
  test('finds answers to what makes a client certain', () => {
    assert.is(foundAfter(opcodes.ping), 'S3');
    assert.is(foundAfter(opcodes.sync), 'S3');
    assert.is(foundAfter(opcodes.create2), 'S3');
    assert.is(foundAfter(opcodes.multi, -101), 'S3');
  });

  test('leaves out reads, and who is told that the session is over', () => {
    assert.is(foundAfter(opcodes.getData), 'nothing');
    assert.is(foundAfter(opcodes.removeWatches), 'nothing');
    assert.is(foundAfter(opcodes.create2, -112), 'nothing');
  });
});

/** One request of a connection, answered 10 ms after it was sent unless it was never answered. */
interface Line {
  readonly client: string;
  readonly session: bigint;
  readonly at: number;
  readonly opcode: number;
  /** In the answer; undefined when there was none. */
  readonly zxid?: bigint;
  /** Of the transaction, of a write. */
  readonly own?: bigint;
}

/** What the judge finds in connections of an ensemble's clients, each with one request. */
function foundIn(...lines: readonly Line[]): string {
  const zxidOf = new Map<SentRequest, bigint>();
  const connections = lines.map(({ client, session, at, opcode, zxid, own }, index) => {
    const welcome = { protocolVersion: 0, timeOut: 1_000, sessionId: session, passwd: null };
    const connection = { client, server: 's1', number: index + 1, greeting: undefined, welcome };
    const body = new Uint8Array([0, 0, 0, 1, 0x2f, 0, 0, 0, 0, 0, 0, 0, 0]);
    const request = { connection, at, xid: index + 1, opcode, body, isKnown: false };
    const reply = zxid && { type: 'reply', at: at + 10, request, zxid, err: 0, body };
    const sent = { ...request, reply } as unknown as SentRequest;
    if (own !== undefined) zxidOf.set(sent, own);
    return { ...connection, requests: [sent], heard: [] };
  });
  const history = { connections } as unknown as History;
  const order = { entries: [] } as unknown as TrueOrder;
  return propertyOf(() => judgeOrder(history, order, { zxidOf } as unknown as Replayed, false));
}

suite('the judge of order', (test) => {
  const { sync, setData } = opcodes;

  test('finds a sync that is answered from before what was known when it was sent', () => {
    const write = { client: 'c1', session: 7n, at: 100, opcode: setData, zxid: 9n, own: 9n };
    const asks = (at: number, zxid: bigint) => {
      return foundIn(write, { client: 'c2', session: 8n, at, opcode: sync, zxid });
    };
    assert.is(asks(120, 8n), 'C6');
    assert.is(asks(120, 9n), 'nothing');
    assert.is(asks(105, 8n), 'nothing');
  });

  test('finds a write that was left behind and carried out after a later sync', () => {
    const left = (own?: bigint) => {
      const write = { client: 'c1', session: 7n, at: 100, opcode: setData, ...(own && { own }) };
      return foundIn(write, { client: 'c1', session: 7n, at: 200, opcode: sync, zxid: 9n });
    };
    assert.is(left(10n), 'S6');
    assert.is(left(9n), 'nothing');
    assert.is(left(), 'nothing');
  });
});
