import { CREATOR_ALL_ACL, isZkError, text } from '@vivarium/core';
import {
  acquireAll,
  acquireLock,
  acquirePermits,
  campaign$,
  type Hold,
  requestRevocation,
  rwLock,
  tryLock,
  withLock,
} from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { cutAtEachPiece, settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

/** What Curator's `Revoker` writes, and its locks look for. */
const MARK = '__REVOKE__';

export function revocationSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a lock that is asked for`, (test) => {
    test('tells its holder, who gives it back when it is done', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const asked: Hold[] = [];
      const hold = await acquireLock(a, home, { onRevoke: (each) => asked.push(each) });
      const said = record(t, hold.status$);
      const requests = record(t, hold.revocation$);
      const { asked: nodes, forced } = await requestRevocation(b, home);
      assert.equal([nodes, forced], [[hold.path], []]);
      await said.until((status) => status === 'revoking');
      assert.ok(hold.isCertain());
      assert.not(hold.signal.aborted);
      assert.is(await a.getData(hold.path, { codec: text }), MARK);
      await requestRevocation(b, hold);
      await settle(b, a);
      assert.equal(asked, [hold]);
      assert.is(requests.values.length, 1);
      // Also who comes late is told.
      assert.is(record(t, hold.revocation$).values.length, 1);
      await hold.release();
      assert.equal(said.values, ['held', 'revoking', 'released']);
      assert.is(requests.isComplete, true);
      assert.equal(await requestRevocation(b, home), { asked: [], forced: [] });
    });

    test('by the very bytes of Curator is asked for all the same', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const hold = await acquireLock(a, home, { data: 'me' });
      await b.set(hold.path, `${MARK} `);
      await settle(b, a);
      assert.is(hold.status, 'held');
      await b.set(hold.path, Buffer.from('5f5f5245564f4b455f5f', 'hex'));
      await record(t, hold.status$).until((status) => status === 'revoking');
    });

    test('wakes nobody who waits for it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, b] = [await person(), await person()];
      const hold = await acquireLock(a, home);
      const next = acquireLock(b.zk, home);
      while ((await a.children(home)).children.length < 2) await a.sync();
      await settle(b.zk);
      const heard = record(t, b.zk.events$);
      let sent = 0;
      b.faults.sending = () => {
        sent++;
      };
      await requestRevocation(a, home);
      await record(t, hold.status$).until((status) => status === 'revoking');
      await settle(a);
      assert.equal([heard.values.length, sent], [0, 0]);
      await hold.release();
      const second = await next;
      assert.is(second.status, 'held');
      await second.release();
    });

    test('is taken away when its holder keeps it too long (scenario 17)', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const people = [await person(), await person(), await person()];
      const [{ zk: a }, { zk: b }, { zk: c }] = people as [Person, Person, Person];
      const hold = await acquireLock(a, `${home}/lock`);
      await a.create(`${home}/data`);
      const guarded = hold.guard([{ op: 'set', path: `${home}/data`, data: 'late' }]);
      const said = record(t, hold.status$);
      const next = acquireLock(c, `${home}/lock`);
      const { forced } = await requestRevocation(b, `${home}/lock`, { forceAfterMs: 50 });
      assert.equal(forced, [hold.path]);
      const second = await next;
      await said.until((status) => status === 'revoked');
      assert.equal(said.values, ['held', 'revoking', 'revoked']);
      assert.is(errorName(hold.signal.reason), 'HOLD_REVOKED');
      assert.is(second.token.compare(hold.token), 1);
      assert.ok(isZkError(await errorOf(a.multi(guarded)), 'NO_NODE'));
    });

    test('is not taken away from one who gives it back in time', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const work = withLock(
        a,
        home,
        (hold) => new Promise<void>((resolve) => hold.revocation$.subscribe(() => resolve())),
      );
      while (((await b.exists(home))?.numChildren ?? 0) === 0) await b.sync();
      const { asked, forced } = await requestRevocation(b, home, { forceAfterMs: 2 ** 31 - 1 });
      assert.equal([asked.length, forced.length], [1, 0]);
      await work;
    });

    test('reaches a holder who is away, and comes from one who is', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      const hold = await acquireLock(a.zk, home);
      const said = record(t, hold.status$);
      a.faults.partition();
      b.faults.partition();
      const asking = requestRevocation(b.zk, home);
      b.faults.heal();
      assert.equal((await asking).asked, [hold.path]);
      assert.is(hold.status, 'suspect');
      a.faults.heal();
      await said.until((status) => status === 'revoking');
      a.faults.cut();
      await said.until((status) => status === 'suspect');
      await said.until((status) => status === 'revoking');
      assert.ok(hold.isCertain());
    });

    for (const lost of ['answers', 'requests'] as const) {
      test(`is asked for and taken away although the ${lost} are lost`, async (t) => {
        const { home, person } = await stageOf(t, await open());
        const [{ zk: a }, b] = [await person(), await person()];
        const hold = await acquireLock(a, home);
        const stop = cutAtEachPiece(b, lost, 5);
        const { asked } = await requestRevocation(b.zk, home, { forceAfterMs: 0 });
        stop();
        assert.equal(asked, [hold.path]);
        await record(t, hold.status$).until((status) => status === 'revoked');
        assert.equal((await a.children(home)).children, []);
      });
    }

    test('that is not held yet is asked for at once when it is', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const hold = await acquireLock(a, home);
      const next = acquireLock(b, home);
      while ((await a.children(home)).children.length < 2) await a.sync();
      const waits = (await a.children(home)).children.find((each) => !hold.path.endsWith(each));
      await requestRevocation(a, { path: `${home}/${waits}` });
      await hold.release();
      const second = await next;
      assert.is(second.status, 'revoking');
      await second.release();
    });

    test('is not kept by those who read, and not asked of those who wait', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const lock = rwLock(a, home);
      const readers = [await lock.read({ upgradable: true }), await lock.read()];
      const giveUp = new AbortController();
      const { signal } = giveUp;
      const waiting = [errorOf(lock.write({ signal }))];
      while ((await b.children(home)).children.length < 3) await b.sync();
      waiting.push(errorOf(lock.read({ signal })));
      while ((await b.children(home)).children.length < 4) await b.sync();
      const { asked } = await requestRevocation(b, home);
      assert.equal([...asked].sort(), readers.map(({ path }) => path).sort());
      for (const reader of readers) {
        await record(t, reader.status$).until((status) => status === 'revoking');
      }
      giveUp.abort('enough');
      await Promise.all(waiting);
      await readers[1]!.release();
      const writer = await (readers[0] as Upgradable).upgrade();
      const both = await requestRevocation(b, home, { forceAfterMs: 0 });
      assert.equal([...both.asked].sort(), [readers[0]!.path, writer.path].sort());
      for (const hold of [readers[0]!, writer]) {
        await record(t, hold.status$).until((status) => status !== 'revoking');
        assert.not(hold.isCertain());
      }
    });

    test('is so too by permits, also when they are just being granted', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const first = await acquirePermits(a, home, { limit: 1 });
      const asked: Hold[] = [];
      const onRevoke = (hold: Hold) => asked.push(hold);
      const waiting = acquirePermits(a, home, { onRevoke });
      while ((await b.children(home)).children.length < 2) await b.sync();
      const waits = (await b.children(home)).children.find((each) => !first.path.endsWith(each));
      await requestRevocation(b, { path: `${home}/${waits}` });
      await first.release();
      const second = await waiting;
      assert.equal(asked, [second]);
      await settle(a);
      assert.is(await b.getData(second.path, { codec: text }), MARK);
      await second.release();
      // Right after the grant its node may still say that it waits.
      const third = await acquirePermits(a, home);
      const fourth = acquirePermits(b, home);
      while ((await b.children(home)).children.length < 2) await b.sync();
      await third.release();
      const last = await fourth;
      await requestRevocation(a, last);
      await record(t, last.status$).until((status) => status === 'revoking');
      await settle(b);
      assert.is(await a.getData(last.path, { codec: text }), MARK);
    });

    test('by one of several is told of all of them', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const asked: string[] = [];
      const onRevoke = ({ path }: Hold) => asked.push(path);
      const all = await acquireAll(a, [`${home}/x`, `${home}/y`], { onRevoke });
      const requests = record(t, all.revocation$);
      await requestRevocation(b, `${home}/y`);
      await record(t, all.holds.get(`${home}/y`)!.status$).until((now) => now === 'revoking');
      await requestRevocation(b, `${home}/x`);
      await record(t, all.holds.get(`${home}/x`)!.status$).until((now) => now === 'revoking');
      assert.is(requests.values.length, 1);
      assert.equal(asked, [all.holds.get(`${home}/y`)!.path, all.holds.get(`${home}/x`)!.path]);
      await all.release();
    });

    test('leaves a leader that is asked a leader', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const said = record(t, campaign$(a.zk, home, { id: 'me' }));
      const now = await said.until(({ role }) => role === 'leader');
      const term = now.role === 'leader' ? now.term : undefined;
      await requestRevocation(b, term!);
      await record(t, term!.status$).until((status) => status === 'revoking');
      assert.is(said.last, now);
      a.faults.cut();
      await said.until(({ role }) => role === 'suspended');
      await said.until(({ role }) => role === 'leader');
      said.unsubscribe();
    });

    test('is refused what is no such request, and nobody is disturbed', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const hold = await acquireLock(a, home);
      const bad = [
        () => requestRevocation(b, { path: home }),
        () => requestRevocation(b, 'relative'),
        () => requestRevocation(b, { path: `${hold.path}/` }),
        () => requestRevocation(b, home, { forceAfterMs: -1 }),
        () => requestRevocation(b, home, { forceAfterMs: Number.NaN }),
        () => requestRevocation(b, home, { forceAfterMs: '5' as unknown as number }),
        () => requestRevocation(b, home, { timeoutMs: -1 }),
        () => acquireLock(b, home, { data: MARK }),
        () => tryLock(b, home, { data: Buffer.from(MARK) }),
        () => acquirePermits(b, `${home}/permits`, { limit: 1, data: MARK }),
        () => acquireLock(b, home, { onRevoke: 5 as unknown as () => void }),
        () => acquireLock(b, home, { onRequeued: 'no' as unknown as () => void }),
      ];
      for (const attempt of bad) {
        const error = await errorOf(attempt());
        assert.ok(isZkError(error, 'BAD_ARGUMENTS'), `${attempt}: ${error}`);
      }
      assert.is(hold.status, 'held');
      assert.equal((await b.children(home)).children.length, 1);
      const aborted = requestRevocation(b, home, { signal: AbortSignal.abort('no') });
      assert.is(await errorOf(aborted), 'no');
      const nobody = await requestRevocation(b, `${home}/nowhere`);
      assert.equal(nobody, { asked: [], forced: [] });
      await a.addAuth({ scheme: 'digest', auth: 'a:secret' });
      const closed = await acquireLock(a, `${home}-closed`, { acl: CREATOR_ALL_ACL });
      assert.ok(isZkError(await errorOf(requestRevocation(b, closed)), 'NO_AUTH'));
      await closed.release();
    });
  });
}

type Person = Awaited<ReturnType<Awaited<ReturnType<typeof stageOf>>['person']>>;
type Upgradable = Awaited<ReturnType<ReturnType<typeof rwLock>['read']>> & {
  upgrade(): Promise<Hold>;
};
