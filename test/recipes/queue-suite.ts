import { getEventListeners } from 'node:events';
import { connect, OPEN_ACL, permissions, READ_ACL, text } from '@vivarium/core';
import {
  acquireLock,
  barrier,
  campaign$,
  type Hold,
  joinGroup,
  members$,
  pendingCleanups$,
  updateConfig,
} from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

export function queueSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a queue`, (test) => {
    test('wakes one waiter for each departure, and only the next', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const people = await Promise.all(Array.from({ length: 5 }, () => person()));
      const clients = people.map(({ zk }) => zk);
      const holds: Promise<Hold>[] = [];
      for (const zk of clients) {
        holds.push(acquireLock(zk, home));
        const stands = holds.length;
        while (((await zk.exists(home))?.numChildren ?? 0) < stands) await zk.sync();
      }
      await settle(...clients);
      const heard = clients.map((zk) => record(t, zk.events$));
      for (const [index, holding] of holds.entries()) {
        const hold = await holding;
        await settle(...clients);
        for (const { values } of heard) values.length = 0;
        await hold.release();
        await holds[index + 1];
        await settle(...clients);
        // The holder hears of its own node only while it watches it, which ends with the hold.
        const woken = heard.flatMap(({ values }, who) => (values.length > 0 ? [who] : []));
        assert.equal(
          woken.filter((who) => who !== index),
          index + 1 < holds.length ? [index + 1] : [],
        );
      }
    });

    test('closes up when one in the middle leaves, and nobody comes early', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }, { zk: c }] = [await person(), await person(), await person()];
      const hold = await acquireLock(a, home);
      const names = async () => (await a.children(home)).children.length;
      const giveUp = new AbortController();
      const middle = errorOf(acquireLock(b, home, { signal: giveUp.signal }));
      while ((await names()) < 2) await a.sync();
      let last: Hold | undefined;
      const waiting = acquireLock(c, home).then((granted) => {
        last = granted;
      });
      while ((await names()) < 3) await a.sync();
      giveUp.abort('enough');
      assert.is(await middle, 'enough');
      await record(t, pendingCleanups$(b)).until((count) => count === 0);
      await settle(c, a);
      assert.is(last, undefined);
      assert.ok(hold.isCertain());
      await hold.release();
      await waiting;
      assert.ok(last!.isCertain());
    });

    test('begins anew with its folder, and tokens grow all the same', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const first = await acquireLock(zk, home);
      await first.release();
      await zk.delete(home);
      const second = await acquireLock(zk, home);
      assert.is(second.path.slice(-10), first.path.slice(-10));
      assert.is(second.token.compare(first.token), 1);
    });

    test('is formed again by those who waited when somebody removes all of it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }, { zk: c }] = [await person(), await person(), await person()];
      const first = await acquireLock(a, home);
      const second = acquireLock(b, home);
      while ((await c.children(home)).children.length < 2) await c.sync();
      const third = acquireLock(c, home);
      while ((await a.children(home)).children.length < 3) await a.sync();
      const { children } = await a.children(home);
      const ops = children.map((each) => ({ op: 'delete', path: `${home}/${each}` }) as const);
      await a.multi([...ops, { op: 'delete', path: home }]);
      const next = await Promise.race([second, third]);
      await record(t, first.status$).until((status) => status === 'revoked');
      assert.is(next.token.compare(first.token), 1);
      await next.release();
      const both = await Promise.all([second, third]);
      assert.ok(both.some((hold) => hold.isCertain()));
    });

    test('has two places for one client that asks twice', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const first = await acquireLock(zk, home);
      let second: Hold | undefined;
      const waiting = acquireLock(zk, home).then((hold) => {
        second = hold;
      });
      await settle(zk);
      assert.is(second, undefined);
      await first.release();
      await waiting;
      assert.is(second!.token.session, first.token.session);
      assert.is(second!.token.compare(first.token), 1);
    });

    test('and every other recipe forgets the signal of a request that has ended', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const giveUp = new AbortController();
      const { signal } = giveUp;
      const hold = await acquireLock(zk, home, { signal });
      const late = errorOf(acquireLock(zk, home, { signal, timeoutMs: 20 }));
      assert.is(errorName(await late), 'TIMED_OUT');
      await hold.release();
      await joinGroup(zk, `${home}/group`, { id: 'me', signal });
      await barrier(zk, `${home}/gate`).raise({ signal });
      const waiting = barrier(zk, `${home}/gate`).wait({ signal });
      await barrier(zk, `${home}/gate`).lift({ signal });
      await waiting;
      await updateConfig(zk, `${home}/config`, text, () => 'x', { signal });
      await settle(zk);
      assert.equal(getEventListeners(signal, 'abort'), []);
    });

    test('can be joined from within a stream', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      await zk.create(home);
      const inside: Promise<Hold>[] = [];
      const node = zk.node$(home).subscribe(() => inside.push(acquireLock(zk, `${home}/a`)));
      t.cleanup(() => node.unsubscribe());
      const lead = campaign$(zk, `${home}/e`, { id: 'me' }).subscribe(({ role }) => {
        if (role === 'leader') inside.push(acquireLock(zk, `${home}/b`));
      });
      t.cleanup(() => lead.unsubscribe());
      while (inside.length < 2) await zk.sync();
      for (const holding of inside) await (await holding).release();
    });

    test('stays where it is when nobody may list it, and nothing is left in it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const id = { scheme: 'world', id: 'anyone' };
      const allBut = (perm: number) => [{ perms: permissions.all & ~perm, id }];
      await a.create(home);
      await a.create(`${home}/unlisted`, '', { acl: allBut(permissions.read) });
      assert.is(errorName(await errorOf(acquireLock(b, `${home}/unlisted`))), 'NO_AUTH');
      await record(t, pendingCleanups$(b)).until((count) => count === 0);
      assert.is((await a.exists(home))!.numChildren, 1);
      await a.setAcl(`${home}/unlisted`, OPEN_ACL);
      assert.equal((await a.children(`${home}/unlisted`)).children, []);
      await a.create(`${home}/closed`, '', { acl: READ_ACL });
      assert.is(errorName(await errorOf(acquireLock(b, `${home}/closed`))), 'NO_AUTH');
      await a.create(`${home}/for-ever`, '', { acl: allBut(permissions.delete) });
      const hold = await acquireLock(b, `${home}/for-ever`);
      assert.is(errorName(await errorOf(hold.release())), 'NO_AUTH');
      assert.not(hold.isCertain());
    });
  });

  suite(`${name}: a lock and the clock on the wall`, (test) => {
    test('it is lost by a sleep of the machine, which no other clock shows', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person({ sessionTimeoutMs: 6_000 });
      const hold = await acquireLock(zk, home);
      faults.setWallClock(60_000);
      assert.not(hold.isCertain());
      assert.is(errorName(hold.signal.reason), 'HOLD_LOST');
    });

    test('it is not lost when somebody sets the clock back', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person({ sessionTimeoutMs: 6_000 });
      const hold = await acquireLock(zk, home);
      faults.setWallClock(-3_600_000);
      assert.ok(hold.isCertain());
      await settle(zk);
      // A sleep after that is noticed all the same.
      faults.setWallClock(60_000);
      assert.not(hold.isCertain());
    });
  });

  suite(`${name}: in a chroot`, (test) => {
    test('every recipe makes it, and stays inside', async (t) => {
      const target = await open();
      const { home, person } = await stageOf(t, target);
      const { zk: outside } = await person();
      const inner = `${target.connectString}${home}/app`;
      const zk = await connect(inner, { graceMs: 0, host: target.host });
      t.cleanup(() => zk.close());
      const hold = await acquireLock(zk, '/lock');
      assert.match(hold.path, /^\/lock\/_c_/);
      await outside.sync();
      assert.ok(await outside.exists(`${home}/app${hold.path}`));
      await zk.multi(hold.guard([{ op: 'create', path: '/guarded' }]));
      const waiting = acquireLock(zk, '/lock');
      await settle(zk);
      await outside.delete(`${home}/app${hold.path}`);
      await record(t, hold.status$).until((status) => status === 'revoked');
      await (await waiting).release();
      const top = await acquireLock(zk, '/');
      await top.release();
      const seen = record(t, members$(zk, '/group'));
      const me = await joinGroup(zk, '/group', { id: 'me' });
      await seen.until(({ size }) => size === 1);
      assert.is(me.path, '/group/me');
      await me.leave();
      await barrier(zk, '/gates/one').raise();
      await updateConfig(zk, '/config', text, () => 'x');
      await outside.sync();
      const { children } = await outside.children(`${home}/app`);
      assert.equal(children, ['config', 'gates', 'group', 'guarded', 'lock']);
    });
  });
}
