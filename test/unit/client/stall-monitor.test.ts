import type { Stall } from '@vivarium/core';
import { connect } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import * as assert from 'uvu/assert';
import { record } from '../../compliance/observe.js';
import { openServer } from '../../compliance/server.js';
import { stageOf } from '../../recipes/world.js';
import { suite, type TestContext } from '../../support/suite.js';

const TIMEOUT_MS = 6_000;

async function scene(t: TestContext) {
  const local = await startLocal({ time: 'virtual' });
  t.cleanup(() => local.stop());
  let timers = 0;
  const { host } = local;
  const counted = {
    open: host.open,
    now: host.now,
    wallNow: host.wallNow,
    soon: host.soon,
    randomBytes: host.randomBytes,
    setTimer: (delayMs: number, run: () => void) => {
      timers++;
      return host.setTimer(delayMs, run);
    },
  };
  const stage = await stageOf(t, { connectString: local.connectString, host: counted });
  const { zk, faults } = await local.until(stage.person({ sessionTimeoutMs: TIMEOUT_MS }));
  t.cleanup(() => local.until(zk.close()));
  return { local, zk, faults, timers: () => timers };
}

suite('stalls of the event loop', (test) => {
  test('are told of with their length, and whether the session outlasted them', async (t) => {
    const { local, zk, faults } = await scene(t);
    const stalls = record(t, zk.stall$);
    await local.advance(10_000);
    assert.equal(stalls.values, [], 'a loop that turns has none');
    await local.until(zk.sync());
    const before = zk.clock.now();
    faults.jump(1_000);
    await local.advance(60);
    assert.is(stalls.values.length, 1);
    const [short] = stalls.values as [Stall];
    assert.not(short.lapsed);
    assert.ok(short.since >= before && short.since <= before + 50);
    assert.is(short.durationMs, short.until - short.since);
    assert.ok(short.durationMs >= 950 && short.durationMs <= 1_060, `${short.durationMs}`);
    await local.until(zk.sync());
    assert.ok(zk.isCertain());
    faults.jump(TIMEOUT_MS);
    assert.not(zk.isCertain());
    await local.advance(60);
    assert.is(stalls.values.length, 2);
    assert.ok(stalls.last!.lapsed);
    faults.jump(TIMEOUT_MS);
    await local.advance(60);
    assert.not(stalls.last!.lapsed, 'it had lapsed before');
  });

  test('that are short are none', async (t) => {
    const { local, zk, faults } = await scene(t);
    const stalls = record(t, zk.stall$);
    faults.jump(95);
    await local.advance(1_000);
    assert.equal(stalls.values, []);
    faults.jump(160);
    await local.advance(1_000);
    assert.is(stalls.values.length, 1);
  });

  test('cost nothing while nobody listens, and one timer however many do', async (t) => {
    const { local, zk, timers } = await scene(t);
    // One ping every two seconds, and one look in fifty milliseconds.
    const timersIn = async (ms: number) => {
      const before = timers();
      await local.advance(ms);
      return timers() - before;
    };
    assert.ok((await timersIn(10_000)) < 20);
    const all = Array.from({ length: 100 }, () => record(t, zk.stall$));
    const heard = await timersIn(10_000);
    assert.ok(heard > 150 && heard < 230, `${heard}`);
    for (const one of all) one.unsubscribe();
    assert.ok((await timersIn(10_000)) < 20);
    const again = record(t, zk.stall$);
    assert.ok((await timersIn(10_000)) > 150);
    again.unsubscribe();
  });

  test('are told of while there is no server, and no more when the client is closed', async (t) => {
    const { local, zk, faults } = await scene(t);
    const stalls = record(t, zk.stall$);
    faults.partition();
    faults.jump(500);
    await local.advance(100);
    assert.is(stalls.values.length, 1);
    await local.until(zk.close());
    assert.ok(stalls.isComplete);
    const late = record(t, zk.stall$);
    assert.ok(late.isComplete);
    faults.jump(500);
    await local.advance(100);
    assert.is(stalls.values.length, 1);
  });

  test('may be listened to by one who leaves at the first, and one who comes then', async (t) => {
    const { local, zk, faults } = await scene(t);
    const heard: string[] = [];
    const first = zk.stall$.subscribe(() => {
      heard.push('first');
      first.unsubscribe();
      t.cleanup(() => second.unsubscribe());
    });
    const second = zk.stall$.subscribe(() => heard.push('second'));
    faults.jump(500);
    await local.advance(100);
    faults.jump(500);
    await local.advance(100);
    assert.equal(heard, ['first', 'second', 'second']);
  });

  test('are seen in a real loop that is blocked', async (t) => {
    const server = await openServer(({ connectString }) => connectString);
    t.cleanup(() => server.stop?.());
    const zk = await connect(server.connectString);
    t.cleanup(() => zk.close());
    const stalls = record(t, zk.stall$);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    const { durationMs } = await stalls.until(() => true);
    assert.ok(durationMs >= 340, `${durationMs}`);
  });
});
