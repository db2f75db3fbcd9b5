/** Leases over hours, which pass at once. */
import { startLocal } from '@vivarium/core/local';
import { acquireLease, type Lease, tryAcquireLease } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../support/suite.js';

const MINUTE = 60_000;
const path = '/lease';
const ttlMs = 10 * MINUTE;

async function scene(t: TestContext, seed: number) {
  const local = await startLocal({ servers: 3, time: 'virtual', seed });
  t.cleanup(() => local.stop());
  const [a, b] = [await local.connect(), await local.connect()];
  return { local, a, b };
}

suite('a lease, as time goes by', (test) => {
  for (const seed of [1, 2, 3]) {
    test(`outlives its holder’s silence and a leader, for its time and no longer (${seed})`, async (t) => {
      const { local, a, b } = await scene(t, seed);
      const held = await local.until(acquireLease(a, path, { ttlMs }));
      const from = local.now;
      let endedAt: number | undefined;
      held.signal.addEventListener('abort', () => {
        endedAt = local.now;
      });
      local.partition(a);
      let theirs: Lease | undefined;
      let takenAt = 0;
      const waiting = acquireLease(b, path, { ttlMs: 'forever' }).then((lease) => {
        theirs = lease;
        takenAt = local.now;
      });
      await local.advance(3 * MINUTE);
      const leader = local.leader!;
      leader.kill();
      await local.advance(MINUTE);
      leader.start();
      await local.advance(MINUTE);
      assert.ok(held.isCertain());
      assert.is(theirs, undefined);
      await local.advance(10 * MINUTE);
      await local.until(waiting);
      assert.ok(endedAt !== undefined && endedAt < takenAt);
      assert.ok(endedAt - from <= ttlMs && endedAt - from > ttlMs - 1_000);
      // A tenth of the time is the margin that others leave.
      assert.ok(takenAt - from >= ttlMs + MINUTE, `${takenAt - from}`);
      assert.ok(takenAt - from <= ttlMs + MINUTE + 5_000, `${takenAt - from}`);
    });
  }

  test('is kept for hours by who renews it, and costs others nothing meanwhile', async (t) => {
    const { local, a, b } = await scene(t, 4);
    const held = await local.until(acquireLease(a, path, { ttlMs, autoRenew: true }));
    const giving = new AbortController();
    const waiting = acquireLease(b, path, { ttlMs, signal: giving.signal }).catch(() => 'enough');
    await local.advance(MINUTE);
    const before = (await local.until(b.exists(`${path}/clock`)))!.version;
    await local.advance(180 * MINUTE);
    assert.ok(held.isCertain());
    // One renewal each third of the time; who waits asks for the time no more.
    const { version } = (await local.until(b.exists(held.path)))!;
    assert.ok(version >= 53 && version <= 56, String(version));
    assert.is((await local.until(b.exists(`${path}/clock`)))!.version, before);
    giving.abort();
    assert.is(await local.until(waiting), 'enough');
    await local.until(held.release());
    const next = await local.until(tryAcquireLease(b, path, { ttlMs }));
    assert.is(next!.token.compare(held.token), 1);
  });

  test('is one’s alone though many wait for its end', async (t) => {
    const { local, a, b } = await scene(t, 5);
    await local.until(acquireLease(a, path, { ttlMs }));
    local.partition(a);
    const clients = [b, ...(await Promise.all(Array.from({ length: 9 }, () => local.connect())))];
    const holding = new Set<Lease>();
    let grants = 0;
    const all = clients.map(async (zk) => {
      const lease = await acquireLease(zk, path, { ttlMs });
      for (const each of holding) assert.not(each.isCertain());
      holding.add(lease);
      grants++;
      await zk.sync();
      holding.delete(lease);
      await lease.release();
    });
    await local.until(Promise.all(all), 60 * MINUTE);
    assert.is(grants, 10);
  });
});
