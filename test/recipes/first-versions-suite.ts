import { json, permissions, text } from '@vivarium/core';
import {
  barrier,
  campaign$,
  config$,
  contenders$,
  type Leadership,
  pendingCleanups$,
  updateConfig,
} from '@vivarium/recipes';
import { take } from 'rxjs';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { type Limits, limits } from './limits.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const isLeader = ({ role }: Leadership) => role === 'leader';

export function firstVersionsSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: an election`, (test) => {
    test('has one leader, and the next in line follows', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const first = record(t, campaign$(a, home, { id: 'a' }));
      const lead = await first.until(isLeader);
      const second = record(t, campaign$(b, home, { id: 'b' }));
      await second.until((now) => now.role === 'follower' && now.ahead === 1);
      const term = lead.role === 'leader' ? lead.term : assert.unreachable();
      assert.is(await b.getData(term!.path, { codec: text }), 'a');
      first.unsubscribe();
      const next = await second.until(isLeader);
      assert.ok(next.role === 'leader' && next.term.token.compare(term!.token) === 1);
      assert.is(term!.status, 'released');
      second.unsubscribe();
      await settle(a, b);
      assert.equal((await a.children(home)).children, []);
    });

    test('makes a follower of a leader whose session ends, who then stands again', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const first = record(t, campaign$(a.zk, home, { id: 'a' }));
      await first.until(isLeader);
      const second = record(t, campaign$(b, home, { id: 'b' }));
      await second.until((now) => now.role === 'follower' && now.ahead === 1);
      await a.faults.endSession();
      a.faults.cut();
      await second.until(isLeader);
      await first.until((now) => now.role === 'follower' && now.ahead === 1);
      const roles = first.values.map(({ role }) => role);
      assert.equal(roles, ['follower', 'leader', 'suspended', 'follower', 'follower']);
    });

    test('keeps its leader and the term through a change of connection', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person();
      const said = record(t, campaign$(zk, home, { id: 'a' }));
      const first = await said.until(isLeader);
      faults.cut();
      const again = await said.until(isLeader);
      assert.equal(
        said.values.map(({ role }) => role),
        ['follower', 'leader', 'suspended', 'leader'],
      );
      assert.ok(first.role === 'leader' && again.role === 'leader' && first.term === again.term);
    });

    test('is left by those who withdraw while they connect, and ends with the client', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      a.faults.partition();
      record(t, campaign$(a.zk, home, { id: 'a' })).unsubscribe();
      a.faults.heal();
      await settle(a.zk);
      const said = record(t, campaign$(b, home, { id: 'b' }));
      await said.until(isLeader);
      assert.is((await b.children(home)).children.length, 1);
      await b.close();
      await errorOf(said.until(() => false));
      assert.ok(said.isComplete);
    });
  });

  suite(`${name}: a candidacy`, (test) => {
    for (const lost of ['answer', 'request'] as const) {
      test(`that is withdrawn with the ${lost} of its creation lost leaves no node`, async (t) => {
        const { home, person } = await stageOf(t, await open());
        const [a, { zk: b }] = [await person(), await person()];
        await b.ensure(home);
        const list = record(t, b.children$(home));
        a.faults[lost === 'answer' ? 'deaf' : 'mute'] = true;
        const candidacy = campaign$(a.zk, home, { id: 'a' }).subscribe();
        if (lost === 'answer') {
          await list.until((now) => now.kind === 'present' && now.children.length === 1);
        } else {
          await new Promise<void>((resolve) => a.zk.clock.setTimer(20, resolve));
        }
        candidacy.unsubscribe();
        const next = record(t, campaign$(b, home, { id: 'b' }));
        a.faults.deaf = false;
        a.faults.mute = false;
        a.faults.cut();
        await record(t, pendingCleanups$(a.zk)).until((count) => count === 0);
        await next.until(isLeader);
        assert.is((await b.children(home)).children.length, 1);
      });
    }

    test('that is withdrawn at once asks nothing of the servers', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const roles: string[] = [];
      const first = campaign$(zk, home, { id: 'a' }).pipe(take(1));
      first.subscribe(({ role }) => roles.push(role));
      await settle(zk);
      assert.equal(roles, ['follower']);
      assert.is(await zk.exists(home), undefined);
    });

    test('outlasts that somebody removes the whole election', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const said = record(t, campaign$(a, home, { id: 'a' }));
      const before = await said.until(isLeader);
      const term = before.role === 'leader' ? before.term : assert.unreachable();
      const { path } = term!;
      await b.multi([
        { op: 'delete', path },
        { op: 'delete', path: home },
      ]);
      const after = await said.until((now) => now.role === 'leader' && now.term !== term);
      assert.ok(after.role === 'leader' && after.term.token.compare(term!.token) === 1);
      assert.is(term!.status, 'revoked');
      assert.ok(term!.signal.aborted);
      const roles = said.values.map(({ role }) => role);
      assert.equal(roles, ['follower', 'leader', 'follower', 'leader']);
    });

    test('is one of two who come back when all of it was removed (scenario 45)', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b, { zk: c }] = [await person(), await person(), await person()];
      const first = record(t, campaign$(a.zk, home, { id: 'a' }));
      const before = await first.until(isLeader);
      const term = before.role === 'leader' ? before.term : assert.unreachable();
      const second = record(t, campaign$(b.zk, home, { id: 'b' }));
      await second.until((now) => now.role === 'follower' && now.ahead === 1);
      for (const { faults } of [a, b]) faults.partition();
      const { children } = await c.children(home);
      const ops = children.map((each) => ({ op: 'delete', path: `${home}/${each}` }) as const);
      assert.is(ops.length, 2);
      await c.multi([...ops, { op: 'delete', path: home }]);
      for (const { faults } of [a, b]) faults.heal();
      const all = record(t, contenders$(c, home));
      const [next] = await all.until((now) => now.length === 2);
      const [leads, follows] = next!.data === 'a' ? [first, second] : [second, first];
      const after = await leads.until((now) => now.role === 'leader' && now.term !== term);
      assert.ok(after.role === 'leader' && after.term.token.compare(term!.token) === 1);
      assert.is(after.role === 'leader' && after.term.token.zxid, next!.czxid);
      await follows.until((now) => now.role === 'follower' && now.ahead === 1);
      assert.is(term!.status, 'revoked');
      assert.equal([...first.errors, ...second.errors], []);
    });
  });

  suite(`${name}: a barrier`, (test) => {
    test('lets nobody pass while it stands, and everybody after', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const gate = barrier(a, `${home}/gate`);
      const states = record(t, gate.raised$);
      await gate.wait();
      await gate.raise();
      await gate.raise();
      const passed: number[] = [];
      const waiting = [1, 2, 3].map((number) =>
        barrier(b, `${home}/gate`)
          .wait()
          .then(() => passed.push(number)),
      );
      await settle(b, a);
      assert.equal(passed, []);
      await gate.lift();
      await gate.lift();
      await Promise.all(waiting);
      assert.equal([...passed].sort(), [1, 2, 3]);
      await states.until((isRaised) => !isRaised);
      assert.equal(states.values, [false, true, false]);
    });

    test('is waited at through lost connections, until given up or out of time', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      await barrier(b, home).raise();
      const gate = barrier(a.zk, home);
      assert.is(errorName(await errorOf(gate.wait({ timeoutMs: 30 }))), 'TIMED_OUT');
      const giveUp = new AbortController();
      const waiting = errorOf(gate.wait({ signal: giveUp.signal }));
      const passing = gate.wait();
      await settle(a.zk);
      giveUp.abort('enough');
      assert.is(await waiting, 'enough');
      a.faults.partition();
      await barrier(b, home).lift();
      a.faults.heal();
      await passing;
      await settle(a.zk);
      assert.is(a.zk.stats().entries, 0);
    });
  });

  suite(`${name}: a configuration`, (test) => {
    test('has the fallback, then what is stored, and never anything invalid', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const path = `${home}/limits`;
      const seen = record(t, config$(zk, path, limits, { fallback: { rps: 1 } }));
      await seen.until(({ source }) => source === 'fallback');
      await updateConfig(zk, path, limits, () => ({ rps: 100 }));
      assert.is((await seen.until(({ source }) => source === 'live')).value.rps, 100);
      await zk.set(path, '{"rps": "many"}');
      const bad = await seen.until(({ stored }) => stored === 'invalid');
      assert.is(bad.value.rps, 100);
      assert.is(bad.source, 'lastGood');
      assert.match(String(bad.error), /rps must be a whole number/);
      const refused = errorOf(updateConfig(zk, path, limits, () => ({ rps: 0.5 })));
      assert.is(errorName(await refused), 'BAD_ARGUMENTS');
      await updateConfig(zk, path, limits, (now) => now ?? { rps: 7 });
      assert.is((await seen.until(({ source }) => source === 'live')).value.rps, 7);
      await zk.delete(path);
      const gone = await seen.until(({ stored }) => stored === 'absent');
      assert.equal([gone.value.rps, gone.source], [7, 'lastGood']);
    });

    test('takes every one of fifty changes made at the same time', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const people = await Promise.all(Array.from({ length: 5 }, () => person()));
      const add = (now: Limits | undefined) => ({ rps: (now?.rps ?? 0) + 1 });
      await Promise.all(
        Array.from({ length: 50 }, (_, i) => updateConfig(people[i % 5]!.zk, home, limits, add)),
      );
      await settle(people[0]!.zk);
      const { data, stat } = await people[0]!.zk.get(home, { codec: text });
      assert.equal([JSON.parse(data), stat.version], [{ rps: 50 }, 49]);
    });

    test('is changed once though the request or the answer was lost', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const add = (now: Limits | undefined) => ({ rps: (now?.rps ?? 0) + 1 });
      await updateConfig(b, home, limits, add);
      a.faults.mute = true;
      a.faults.deaf = true;
      const lost = updateConfig(a.zk, home, limits, add);
      await new Promise<void>((resolve) => a.zk.clock.setTimer(20, resolve));
      a.faults.mute = false;
      a.faults.deaf = false;
      a.faults.cut();
      assert.equal(await lost, { rps: 2 });
      const seen = record(t, b.node$(home, { codec: json(limits) }));
      const addUnheard = async (sum: number) => {
        const adding = updateConfig(a.zk, home, limits, (now) => {
          a.faults.deaf = true;
          return add(now);
        });
        adding.catch(() => {});
        await seen.until((now) => now.kind === 'present' && now.data.rps === sum);
        assert.equal(await updateConfig(b, home, limits, add), { rps: sum + 1 });
        return { adding };
      };
      const unheard = await addUnheard(3);
      a.faults.deaf = false;
      a.faults.cut();
      assert.equal(await unheard.adding, { rps: 3 });
      // The session takes with it what could have told.
      const doubtful = await addUnheard(5);
      await a.faults.endSession();
      a.faults.deaf = false;
      a.faults.cut();
      assert.is(errorName(await errorOf(doubtful.adding)), 'UNKNOWN_OUTCOME');
      assert.equal(await b.getData(home, { codec: json(limits) }), { rps: 6 });
      assert.equal((await b.children(home)).children, []);
    });

    test('needs no more than the permissions to read and write it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const add = (now: Limits | undefined) => ({ rps: (now?.rps ?? 0) + 1 });
      const perms = permissions.read | permissions.write;
      await b.create(home);
      const [closed, passing] = [`${home}/closed`, `${home}/passing`];
      const acl = [{ perms, id: { scheme: 'world', id: 'anyone' } }];
      await b.create(closed, '{"rps":1}', { acl });
      await b.create(passing, '{"rps":1}', { mode: 'ephemeral' });
      for (const path of [closed, passing]) {
        const people = [a.zk, b, a.zk, b, a.zk];
        await Promise.all(people.map((zk) => updateConfig(zk, path, limits, add)));
        await b.sync();
        assert.equal(await b.getData(path, { codec: json(limits) }), { rps: 6 });
      }
      // Nothing tells whose write it was that went unheard, unless it was nobody's.
      const turns: string[] = [];
      const unsaid = updateConfig(a.zk, closed, limits, (now) => {
        a.faults.mute = turns.push('turn') === 1;
        return add(now);
      });
      while (turns.length === 0) await b.sync();
      await settle(b);
      a.faults.mute = false;
      a.faults.cut();
      assert.equal(await unsaid, { rps: 7 });
      assert.is(turns.length, 2);
      const unheard = updateConfig(a.zk, closed, limits, (now) => {
        a.faults.deaf = true;
        return add(now);
      });
      unheard.catch(() => {});
      const seen = record(t, b.node$(closed, { codec: json(limits) }));
      await seen.until((now) => now.kind === 'present' && now.data.rps === 8);
      a.faults.deaf = false;
      a.faults.cut();
      assert.is(errorName(await errorOf(unheard)), 'UNKNOWN_OUTCOME');
      assert.equal(await b.getData(closed, { codec: json(limits) }), { rps: 8 });
    });
  });
}
