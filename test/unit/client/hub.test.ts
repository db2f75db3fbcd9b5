import { isZkError } from '@vivarium/core';
import type { Driver, Waiter } from '@vivarium/core/internal/client/driver';
import { Hub } from '@vivarium/core/internal/client/hub';
import type { EntryKind, Seen } from '@vivarium/core/internal/client/hub-entry';
import type { SessionInput } from '@vivarium/core/internal/session/inputs';
import { eventTypes } from '@vivarium/core/internal/wire/events';
import { operationOf } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { GetDataResponse, ReadRequest, StatResponse } from '@vivarium/core/internal/wire/records';
import { encode } from '@vivarium/core/internal/wire/types';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const NO_NODE = -101;
const NO_AUTH = -102;
const THROTTLED = -127;

/** A hub whose server is the test, answer by answer. */
class HubRig {
  readonly hub: Hub;
  now = 0;
  #timers: { at: number; run: () => void }[] = [];
  /** Requests not answered yet, oldest first. */
  asked: { operation: string | undefined; path: string; waiter: Waiter }[] = [];

  get timers(): number {
    return this.#timers.length;
  }

  constructor(settings: Partial<ConstructorParameters<typeof Hub>[1]> = {}) {
    const driver = {
      clock: {
        now: () => this.now,
        setTimer: (delayMs: number, run: () => void) => {
          const timer = { at: this.now + delayMs, run };
          this.#timers.push(timer);
          return () => {
            this.#timers = this.#timers.filter((other) => other !== timer);
          };
        },
      },
      submit: (input: SessionInput<Waiter>) => {
        if (input.type !== 'request') return;
        const { opcode, payload, token } = input.request;
        const { path } = ReadRequest.read(new Reader(new Uint8Array([...payload, 0])));
        this.asked.push({ operation: operationOf(opcode), path, waiter: token });
      },
    };
    this.hub = new Hub(driver as unknown as Driver, {
      graceMs: 0,
      maxConcurrentReads: 64,
      auditMs: undefined,
      random: () => 0.5,
      isUsedElsewhere: () => false,
      ...settings,
    });
    this.hub.connected(false);
    this.hub.rearmed(true);
  }

  pass(ms: number): void {
    this.now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.now);
    this.#timers = this.#timers.filter(({ at }) => at > this.now);
    for (const { run } of due) run();
  }

  questions(): string[] {
    return this.asked.map(({ operation, path }) => `${operation} ${path}`);
  }

  /** Answers the oldest question with data written at `zxid`. */
  found(zxid: bigint): void {
    const stat = {
      czxid: 1n,
      mzxid: zxid,
      ctime: 0,
      mtime: 0,
      version: 0,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: 0n,
      dataLength: 0,
      numChildren: 0,
      pzxid: 1n,
    };
    const { operation, waiter } = this.asked.shift()!;
    const body =
      operation === 'getData'
        ? encode(GetDataResponse, { data: null, stat })
        : encode(StatResponse, { stat });
    waiter.replied(new Reader(body), zxid);
  }

  refused(code: number, zxid = 1n): void {
    this.asked.shift()!.waiter.refused(code, zxid);
  }

  watch(path: string, kind: EntryKind = 'data') {
    const seen: string[] = [];
    const errors: unknown[] = [];
    const leave = this.hub.attach(path, kind, {
      wantsFreshness: false,
      takesStale: true,
      next: (now: Seen) => seen.push(now.kind === 'absent' ? 'absent' : `${now.stat.mzxid}`),
      error: (error) => errors.push(error),
      complete: () => seen.push('complete'),
    });
    return { seen, errors, leave };
  }
}

suite('the hub', (test) => {
  test('never has two reads of a path on their way, and reads once more after events', () => {
    const rig = new HubRig();
    const { seen } = rig.watch('/a');
    rig.found(1n);
    for (let i = 0; i < 5; i++) rig.hub.fired(eventTypes.nodeDataChanged, '/a');
    assert.equal(rig.questions(), ['getData /a']);
    rig.found(5n);
    assert.equal(rig.questions(), ['getData /a']);
    rig.found(6n);
    assert.equal(rig.questions(), []);
    assert.equal(seen, ['1', '5', '6']);
  });

  test('asks twice about a missing node, and both at once when it is known to be missing', () => {
    const rig = new HubRig();
    const { seen } = rig.watch('/a');
    rig.refused(NO_NODE);
    assert.equal(rig.questions(), ['exists /a']);
    rig.refused(NO_NODE);
    rig.hub.fired(eventTypes.nodeCreated, '/a');
    assert.equal(rig.questions(), ['exists /a', 'getData /a']);
    rig.found(2n);
    rig.found(2n);
    assert.equal(seen, ['absent', '2']);
  });

  test('does not believe an absence whose watch was used up between the two questions', () => {
    const rig = new HubRig();
    const { seen } = rig.watch('/a');
    rig.refused(NO_NODE);
    rig.refused(NO_NODE);
    rig.hub.fired(eventTypes.nodeCreated, '/a');
    rig.refused(NO_NODE, 5n);
    rig.hub.fired(eventTypes.nodeCreated, '/a');
    rig.refused(NO_NODE, 6n);
    assert.equal(rig.questions(), ['exists /a', 'getData /a']);
    assert.equal(seen, ['absent']);
  });

  test('starts over when a node goes between the two questions', () => {
    const rig = new HubRig();
    const { seen } = rig.watch('/a');
    rig.refused(NO_NODE);
    rig.found(2n);
    assert.equal(rig.questions(), ['getData /a']);
    rig.found(2n);
    assert.equal(seen, ['2']);
  });

  test('drops what is older than what was told', () => {
    const rig = new HubRig();
    const { seen } = rig.watch('/a');
    rig.found(9n);
    rig.hub.fired(eventTypes.nodeDataChanged, '/a');
    rig.found(7n);
    assert.equal(seen, ['9']);
  });

  test('keeps to its number of reads at once', () => {
    const rig = new HubRig({ maxConcurrentReads: 2 });
    const all = ['/a', '/b', '/c', '/d'].map((path) => rig.watch(path));
    assert.equal(rig.questions(), ['getData /a', 'getData /b']);
    rig.found(1n);
    assert.equal(rig.questions(), ['getData /b', 'getData /c']);
    for (let i = 0; i < 3; i++) rig.found(1n);
    for (const { seen } of all) assert.equal(seen, ['1']);
  });

  test('asks again after a refusal that says nothing about the path', () => {
    const rig = new HubRig();
    const { seen, errors } = rig.watch('/a');
    rig.refused(THROTTLED);
    assert.equal(rig.questions(), []);
    rig.pass(200);
    rig.found(1n);
    assert.equal([seen, errors.length], [['1'], 0]);
  });

  test('ends with a permanent refusal, and starts anew for the next subscriber', () => {
    const rig = new HubRig();
    const { errors } = rig.watch('/a');
    rig.refused(NO_AUTH);
    assert.is(errors.length, 1);
    assert.is(rig.hub.stats().entries, 0);
    const { seen } = rig.watch('/a');
    rig.found(1n);
    assert.equal(seen, ['1']);
  });

  test('ends only the streams of a path whose answer cannot be read', () => {
    const rig = new HubRig();
    const { errors } = rig.watch('/a');
    const { seen } = rig.watch('/b');
    rig.asked.shift()!.waiter.replied(new Reader(new Uint8Array(3)), 1n);
    rig.found(1n);
    assert.ok(isZkError(errors[0], 'MARSHALLING_ERROR'));
    assert.equal(seen, ['1']);
  });

  test('keeps a watch for the grace period, and its debt without paying it', () => {
    const rig = new HubRig({ graceMs: 200 });
    rig.watch('/a').leave();
    rig.found(1n);
    rig.pass(199);
    rig.hub.fired(eventTypes.nodeDataChanged, '/a');
    assert.equal(rig.questions(), []);
    const { seen, leave } = rig.watch('/a');
    assert.equal(seen, []);
    rig.found(2n);
    assert.equal(seen, ['2']);
    leave();
    rig.pass(200);
    assert.equal(rig.questions(), ['removeWatches /a']);
    assert.is(rig.hub.stats().entries, 0);
  });

  test('removes the watch of a read that came back after everybody had left', () => {
    const rig = new HubRig();
    rig.watch('/a').leave();
    assert.is(rig.hub.stats().entries, 1);
    rig.found(1n);
    assert.equal(rig.questions(), ['removeWatches /a']);
    assert.is(rig.hub.stats().entries, 0);
  });

  test('spreads its reads after a reconnect when there are many', () => {
    const rig = new HubRig();
    for (let i = 0; i < 101; i++) {
      rig.watch(`/${i}`);
      rig.found(1n);
    }
    rig.hub.disconnected();
    rig.hub.connected(false);
    rig.hub.rearmed(true);
    rig.hub.fired(eventTypes.nodeDataChanged, '/0');
    assert.equal(rig.questions(), []);
    rig.pass(50);
    assert.equal(rig.questions(), ['getData /0']);
  });

  test('reads everything again when the server refused to set the watches', () => {
    const rig = new HubRig();
    const { seen } = rig.watch('/a');
    rig.found(1n);
    rig.hub.disconnected();
    rig.hub.connected(false);
    rig.hub.rearmed(false);
    rig.found(2n);
    assert.equal(seen, ['1', '2']);
  });

  test('looks for changes that no event tells of, when asked to', () => {
    const rig = new HubRig({ auditMs: 1_000 });
    const { errors } = rig.watch('/a');
    rig.found(1n);
    rig.pass(1_000);
    rig.refused(NO_AUTH);
    assert.is(errors.length, 1);
    rig.hub.close();
  });

  test('looks for them once at a time, however long the answer takes', () => {
    const rig = new HubRig({ auditMs: 1_000 });
    rig.watch('/a');
    rig.found(1n);
    for (let i = 0; i < 3; i++) rig.pass(1_000);
    assert.equal(rig.questions(), ['getData /a']);
    rig.found(1n);
    rig.pass(1_000);
    assert.equal(rig.questions(), ['getData /a']);
    rig.hub.close();
  });

  test('takes back the watch on the data that asking for missing children may leave', () => {
    const rig = new HubRig();
    rig.watch('/a', 'children');
    rig.refused(NO_NODE);
    rig.found(2n);
    assert.equal(rig.questions(), ['removeWatches /a', 'getChildren2 /a']);
  });

  test('leaves no timer behind when it is closed with a read to be asked again', () => {
    const rig = new HubRig();
    rig.watch('/a');
    rig.refused(THROTTLED);
    assert.is(rig.timers, 1);
    rig.hub.close();
    assert.is(rig.timers, 0);
  });

  test('calls nothing fresh that a read-only server says', () => {
    const rig = new HubRig();
    rig.hub.connected(true);
    const fresh: boolean[] = [];
    rig.hub.attach('/a', 'data', {
      wantsFreshness: true,
      takesStale: true,
      next: (_, isFresh) => fresh.push(isFresh),
      error() {},
      complete() {},
    });
    rig.found(1n);
    rig.hub.disconnected();
    rig.hub.connected(false);
    rig.hub.rearmed(true);
    assert.equal(fresh, [false, true]);
  });
});
