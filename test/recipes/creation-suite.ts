import { type Client, isZkError } from '@vivarium/core';
import { acquireLock, pendingCleanups$ } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

export function creationSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a lock's node`, (test) => {
    test('is adopted when it was made and only the answer was lost', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      await b.ensure(home);
      const list = record(t, b.children$(home));
      await list.until(({ kind }) => kind === 'present');
      a.faults.deaf = true;
      const acquiring = acquireLock(a.zk, home);
      const seen = await list.until((now) => now.kind === 'present' && now.children.length === 1);
      a.faults.deaf = false;
      a.faults.cut();
      const hold = await acquiring;
      assert.equal(seen.kind === 'present' && seen.children, (await b.children(home)).children);
      assert.is(hold.token.zxid, (await b.exists(hold.path))!.czxid);
      await hold.release();
    });

    test('is made again when the request itself was lost', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      await b.ensure(home);
      a.faults.mute = true;
      const acquiring = acquireLock(a.zk, home);
      // The request has left the client when its turn is over.
      await new Promise<void>((resolve) => a.zk.clock.setTimer(20, resolve));
      assert.is(a.zk.stats().inFlight, 1);
      a.faults.mute = false;
      a.faults.cut();
      const hold = await acquiring;
      await b.sync();
      assert.is((await b.children(home)).children.length, 1);
      // One attempt has one name, however often it is tried.
      assert.is((await b.exists(home))!.cversion, 1);
      await hold.release();
    });

    test('of a session that ended with the answer under way is not adopted', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      await b.ensure(home);
      const list = record(t, b.children$(home));
      const first = a.zk.session!.id;
      a.faults.deaf = true;
      let requeued = 0;
      const acquiring = acquireLock(a.zk, home, { onRequeued: () => requeued++ });
      const seen = await list.until((now) => now.kind === 'present' && now.children.length === 1);
      await a.faults.endSession();
      a.faults.deaf = false;
      a.faults.cut();
      const hold = await acquiring;
      assert.is(requeued, 1);
      assert.is.not(hold.token.session, first);
      assert.not(seen.kind === 'present' && hold.path.endsWith(seen.children[0]!));
      assert.is((await b.exists(hold.path))!.ephemeralOwner, a.zk.session!.id);
      assert.is((await b.children(home)).children.length, 1);
    });

    for (const lost of ['answer', 'request'] as const) {
      test(`is gone in the end when given up with the ${lost} lost`, async (t) => {
        const { home, person } = await stageOf(t, await open());
        const [a, { zk: b }] = [await person(), await person()];
        await b.ensure(home);
        const list = record(t, b.children$(home));
        const giveUp = new AbortController();
        const cleanUps = record(t, pendingCleanups$(a.zk));
        a.faults[lost === 'answer' ? 'deaf' : 'mute'] = true;
        const acquiring = errorOf(acquireLock(a.zk, home, { signal: giveUp.signal }));
        if (lost === 'answer') {
          await list.until((now) => now.kind === 'present' && now.children.length === 1);
        } else {
          await new Promise<void>((resolve) => a.zk.clock.setTimer(20, resolve));
        }
        giveUp.abort('enough');
        assert.is(await acquiring, 'enough');
        const next = acquireLock(b, home);
        a.faults.deaf = false;
        a.faults.mute = false;
        a.faults.cut();
        await cleanUps.until((count) => count === 0);
        assert.equal([...new Set(cleanUps.values)], [0, 1]);
        const hold = await next;
        assert.equal((await b.children(home)).children.length, 1);
        await hold.release();
      });
    }

    for (const what of ['given up', 'cut off', 'given up and cut off'] as const) {
      test(`is one or none when its maker is ${what} at whatever it says`, async (t) => {
        const { home, person } = await stageOf(t, await open());
        const { zk: b } = await person();
        for (let place = 1; place <= 8; place++) {
          const folder = `${home}/${place}`;
          const ahead = await acquireLock(b, folder);
          const { zk, faults } = await person();
          const giveUp = new AbortController();
          let said = 0;
          faults.sending = () => {
            if (++said !== place) return;
            if (what !== 'cut off') giveUp.abort('enough');
            // What it says just now still arrives; the answer does not.
            if (what !== 'given up') faults.deaf = true;
            zk.clock.setTimer(5, () => {
              faults.deaf = false;
              if (what !== 'given up') faults.cut();
            });
          };
          const acquiring = acquireLock(zk, folder, { signal: giveUp.signal }).then(
            (hold) => ({ hold }),
            (error: unknown) => ({ error }),
          );
          await Promise.race([acquiring, settle(b, zk)]);
          await ahead.release();
          while (said < place) await zk.sync();
          const end = await acquiring;
          if ('hold' in end) {
            assert.equal((await b.children(folder)).children, [end.hold.path.split('/').at(-1)]);
            await end.hold.release();
          } else {
            assert.is(end.error, 'enough');
          }
          await record(t, pendingCleanups$(zk)).until((count) => count === 0);
          await settle(zk, b);
          assert.equal((await b.children(folder)).children, []);
          assert.is(zk.stats().watches, 0);
          await zk.close();
        }
      });
    }

    test('is gone in the end when given up while connected', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      await zk.ensure(home);
      const giveUp = new AbortController();
      const acquiring = errorOf(acquireLock(zk, home, { signal: giveUp.signal }));
      while (zk.stats().inFlight === 0) await Promise.resolve();
      giveUp.abort('enough');
      assert.is(await acquiring, 'enough');
      await record(t, pendingCleanups$(zk)).until((count) => count === 0);
      assert.equal((await zk.children(home)).children, []);
      assert.is((await zk.exists(home))!.cversion, 2);
    });

    test('is made though its folder vanishes twenty times just before (7)', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      let left = 20;
      let folders = 0;
      const create: Client['create'] = async (path, data, options) => {
        if (options?.mode === 'ephemeralSequential' && left-- > 0) {
          await b.delete(home).then(
            () => folders++,
            (error: unknown) => assert.ok(isZkError(error, 'NO_NODE')),
          );
        }
        return a.zk.create(path, data, options);
      };
      const zk = new Proxy(a.zk, {
        get: (target, key) => (key === 'create' ? create : Reflect.get(target, key, target)),
      });
      const hold = await acquireLock(zk, home);
      assert.is(folders, 19);
      await b.sync();
      assert.is((await b.children(home)).children.length, 1);
      await hold.release();
      await b.delete(home);
      left = 21;
      const error = await errorOf(acquireLock(zk, home));
      assert.is((error as Error).name, 'CONFLICT');
      assert.match(String(error), /it was removed 21 times/);
      await b.sync();
      assert.is(await b.exists(home), undefined);
    });

    test('stands in a folder that is made for it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const hold = await acquireLock(zk, `${home}/deep/down/lock`);
      await hold.release();
      assert.equal((await zk.children(`${home}/deep/down`)).children, ['lock']);
    });

    test('goes with a client that is closed while it is being made', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const folders = Array.from({ length: 10 }, (_, number) => `${home}/${number}`);
      for (const path of folders) await b.ensure(path);
      const pending = folders.map((path) => errorOf(acquireLock(a, path)));
      while (a.stats().inFlight < folders.length) await Promise.resolve();
      await a.close();
      for (const error of await Promise.all(pending))
        assert.is((error as Error).name, 'SESSION_EXPIRED');
      await b.sync();
      for (const path of folders) assert.equal((await b.children(path)).children, []);
    });

    test('goes with its client', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const folders = [1, 2, 3, 4, 5].map((number) => `${home}/${number}`);
      const holds = await Promise.all(folders.map((path) => acquireLock(a, path)));
      const pending = folders.map((path) => errorOf(acquireLock(a, path)));
      await a.close();
      for (const error of await Promise.all(pending))
        assert.is((error as Error).name, 'SESSION_EXPIRED');
      assert.ok(holds.every(({ status }) => status === 'lost'));
      await b.sync();
      for (const path of folders) assert.equal((await b.children(path)).children, []);
    });
  });
}
