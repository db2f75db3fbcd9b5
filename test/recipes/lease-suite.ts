import { type Client, CREATOR_ALL_ACL, isZkError } from '@vivarium/core';
import { acquireLease, type Lease, pendingCleanups$, tryAcquireLease } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { cutAtEachPiece, settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
/** Long enough for any test. */
const ttlMs = 60_000;

/** Names of the leases in a folder. */
async function leasesIn(zk: Client, path: string): Promise<readonly string[]> {
  await zk.sync(path);
  const { children } = await zk.children(path);
  return children.filter((name) => name.startsWith('lease-'));
}

export function leaseSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a lease`, (test) => {
    test('is one’s until its time is over, then another’s', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const ours = await acquireLease(a, home, { ttlMs: 1_500, id: 'a' });
      assert.ok(ours.isCertain() && ours.remainingMs > 0 && ours.remainingMs <= 1_500);
      assert.is(ours.id, 'a');
      await ours.verify();
      await a.multi(ours.guard([{ op: 'create', path: `${home}/ours` }]));
      const late = ours.guard([{ op: 'create', path: `${home}/late` }]);
      assert.is(await tryAcquireLease(b, home, { ttlMs }), null);
      const said = record(t, ours.status$);
      const theirs = await acquireLease(b, home, { ttlMs, marginMs: 0 });
      // Over here first, whenever that is noticed.
      assert.not(ours.isCertain());
      assert.is(errorName(ours.signal.reason), 'HOLD_LOST');
      assert.is(ours.remainingMs, 0);
      assert.equal(said.values, ['held', 'lost']);
      assert.ok(said.isComplete);
      assert.is(theirs.token.compare(ours.token), 1);
      const refused = await errorOf(a.multi(late));
      assert.ok(isZkError(refused, 'NO_NODE') && refused.index === 0);
      assert.throws(() => ours.guard([]), /HOLD_LOST/);
      assert.is(errorName(await errorOf(ours.renew())), 'HOLD_LOST');
      await theirs.release();
      assert.equal(await leasesIn(a, home), []);
    });

    test('outlives its session, and is renewed in the next', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk, faults }, { zk: other }] = [await person(), await person()];
      const lease = await acquireLease(zk, home, { ttlMs });
      const { id } = zk.session!;
      const before = (await other.get(lease.path)).stat;
      await faults.endSession();
      await settle(zk);
      assert.is.not(zk.session!.id, id);
      assert.ok(lease.isCertain());
      await lease.verify();
      await lease.renew(2 * ttlMs);
      assert.ok(lease.remainingMs > ttlMs);
      await other.sync();
      const { stat, data } = await other.get(lease.path);
      assert.equal([stat.czxid, stat.version], [before.czxid, before.version + 1]);
      assert.equal(JSON.parse(new TextDecoder().decode(data)), { id: lease.id, ttlMs: 2 * ttlMs });
      assert.is(await tryAcquireLease(other, home, { ttlMs }), null);
      // A shorter time counts from now, too.
      await lease.renew(500);
      assert.ok(lease.remainingMs <= 500);
    });

    test('is taken at once under its own id, and whoever had it hears of it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const first = await acquireLease(a, home, { ttlMs: 'forever', id: 'me' });
      assert.is(first.remainingMs, Number.POSITIVE_INFINITY);
      const said = record(t, first.status$);
      const second = await acquireLease(b, home, { ttlMs, id: 'me' });
      await said.until((status) => status === 'revoked');
      assert.is(errorName(first.signal.reason), 'HOLD_REVOKED');
      assert.is(second.token.compare(first.token), 1);
      assert.is((await leasesIn(a, home)).length, 1);
      // Closing a client leaves it in the tree for who comes under the id.
      await b.close();
      assert.is(second.status, 'lost');
      assert.is(await tryAcquireLease(a, home, { ttlMs, id: 'other' }), null);
      const third = await tryAcquireLease(a, home, { ttlMs, id: 'me' });
      assert.is(third!.token.compare(second.token), 1);
    });

    test('goes on to who waits when it is given back, or handed over', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const first = await acquireLease(a, home, { ttlMs: 'forever' });
      let theirs: Lease | undefined;
      const waiting = acquireLease(b, home, { ttlMs, id: 'b' }).then((lease) => {
        theirs = lease;
      });
      await settle(a, b);
      assert.is(theirs, undefined);
      await first.release();
      await first.release();
      await waiting;
      assert.is(errorName(first.signal.reason), 'RELEASED');
      await theirs!.handOver('a');
      assert.is(theirs!.status, 'released');
      assert.is(errorName(await errorOf(theirs!.handOver('c'))), 'RELEASED');
      assert.is(await tryAcquireLease(b, home, { ttlMs, id: 'b' }), null);
      const last = await tryAcquireLease(a, home, { ttlMs, id: 'a' });
      assert.is(last!.id, 'a');
    });

    for (const lost of ['answers', 'requests'] as const) {
      test(
        `is taken, renewed and given back once, though ${lost} are lost`,
        async (t) => {
          const { home, person } = await stageOf(t, await open());
          const [a, { zk: b }] = [await person(), await person()];
          for (let pieces = 1; pieces <= 4; pieces++) {
            const stop = cutAtEachPiece(a, lost, pieces);
            const lease = await acquireLease(a.zk, home, { ttlMs });
            await lease.renew();
            assert.is((await leasesIn(b, home)).length, 1);
            await b.multi(lease.guard([{ op: 'check', path: home }]));
            await lease.release();
            stop();
            await settle(a.zk);
            await record(t, pendingCleanups$(a.zk)).until((count) => count === 0);
            assert.equal(await leasesIn(b, home), []);
          }
        },
        { timeoutMs: 40_000 },
      );
    }

    test('is not left behind by who has given up', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk, faults }, { zk: other }] = [await person(), await person()];
      await other.ensure(home);
      const list = record(t, other.children$(home));
      const giving = new AbortController();
      faults.deaf = true;
      const waiting = errorOf(acquireLease(zk, home, { ttlMs, signal: giving.signal }));
      await settle(other);
      giving.abort(new Error('enough'));
      assert.is(((await waiting) as Error).message, 'enough');
      faults.deaf = false;
      faults.cut();
      await settle(zk);
      await record(t, pendingCleanups$(zk)).until((count) => count === 0);
      await list.until((now) => now.kind === 'present');
      assert.equal(await leasesIn(other, home), []);
      const held = await acquireLease(other, home, { ttlMs });
      const late = await errorOf(acquireLease(zk, home, { ttlMs, timeoutMs: 50 }));
      assert.is(errorName(late), 'TIMED_OUT');
      await held.release();
      assert.equal(await leasesIn(other, home), []);
    });

    test('ends when its node is deleted by hand, and leaves no watch', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk }, { zk: other }] = [await person(), await person()];
      const lease = await acquireLease(zk, home, { ttlMs, autoRenew: true });
      const said = record(t, lease.status$);
      await other.delete(lease.path);
      await said.until((status) => status === 'revoked');
      assert.is(errorName(await errorOf(lease.verify())), 'HOLD_REVOKED');
      await (await acquireLease(zk, home, { ttlMs })).release();
      await settle(zk);
      assert.is(zk.stats().watches, 0);
      assert.is(zk.stats().subscribers, 0);
    });

    test('refuses what it cannot do', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      for (const wrong of [
        { ttlMs: 0 },
        { ttlMs: 99 },
        { ttlMs: 1_000.5 },
        { ttlMs: Number.NaN },
        { ttlMs, id: '' },
        { ttlMs, marginMs: -1 },
        { ttlMs, timeoutMs: -1 },
      ]) {
        assert.is(errorName(await errorOf(acquireLease(a, home, wrong))), 'BAD_ARGUMENTS');
      }
      assert.is(errorName(await errorOf(acquireLease(a, 'x', { ttlMs }))), 'BAD_ARGUMENTS');
      assert.is(await a.exists(home), undefined);
      await a.addAuth({ scheme: 'digest', auth: 'a:secret' });
      const lease = await acquireLease(a, home, { ttlMs, acl: CREATOR_ALL_ACL });
      assert.is(errorName(await errorOf(acquireLease(b, home, { ttlMs }))), 'NO_AUTH');
      assert.is(errorName(await errorOf(lease.renew(1))), 'BAD_ARGUMENTS');
      assert.is(errorName(await errorOf(lease.handOver(''))), 'BAD_ARGUMENTS');
      assert.ok(lease.isCertain());
      await a.set(lease.path, 'not ours');
      assert.is(errorName(await errorOf(tryAcquireLease(a, home, { ttlMs }))), 'INVALID_VALUE');
    });
  });
}
