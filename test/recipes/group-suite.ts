import { CREATOR_ALL_ACL, json, text } from '@vivarium/core';
import {
  joinGroup,
  type Member,
  memberChanges$,
  members$,
  pendingCleanups$,
} from '@vivarium/recipes';
import { Subject } from 'rxjs';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const ids = (members: ReadonlyMap<string, Member>) => [...members.keys()].join(' ');
const two = ({ size }: ReadonlyMap<string, Member>) => size === 2;
const errorName = (error: unknown) => (error as Error).name;

export function groupSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a group`, (test) => {
    test('is watched before it exists, and shows who joins and leaves', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const seen = record(t, members$(a, `${home}/Members`));
      await seen.until(({ size }) => size === 0);
      const host2 = await joinGroup(b, `${home}/Members`, { id: 'Host2', data: { load: 1 } });
      const members = await seen.until(({ size }) => size === 1);
      const member = members.get('Host2')!;
      assert.equal(member.data, { load: 1 });
      assert.is(member.stat!.ephemeralOwner, b.session!.id);
      const host1 = await joinGroup(b, `${home}/Members`, { id: 'Host1' });
      assert.is(ids(await seen.until(({ size }) => size === 2)), 'Host1 Host2');
      assert.is(seen.last!.get('Host1')!.data, undefined);
      assert.is(seen.last!.get('Host2'), member);
      await host2.leave();
      await seen.until(({ size }) => size === 1);
      await host1[Symbol.asyncDispose]();
      await seen.until(({ size }) => size === 0);
      assert.equal(seen.values.map(ids), ['', 'Host2', 'Host1 Host2', 'Host1', '']);
      seen.unsubscribe();
      await settle(a);
      assert.is(a.stats().entries, 0);
      assert.is(a.stats().watches, 0);
    });

    test('is told in full to those who come late', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      for (const id of ['c', 'a', 'b']) await joinGroup(zk, home, { id, data: id });
      const first = record(t, members$(zk, home));
      await first.until(({ size }) => size === 3);
      const late = record(t, members$(zk, home));
      await late.until(({ size }) => size === 3);
      assert.equal(late.values.map(ids), ['a b c']);
      assert.equal(first.values.map(ids), ['a b c']);
      const changes = record(t, memberChanges$(zk, home));
      await changes.until(() => true);
      assert.equal(
        changes.last!.joined.map(({ id }) => id),
        ['a', 'b', 'c'],
      );
    });

    test('is put together once for all who look on, whoever leaves meanwhile', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await joinGroup(b, home, { id: 'one', data: 1 });
      const first = record(t, members$(a, home));
      await first.until(({ size }) => size === 1);
      const rest = Array.from({ length: 5 }, () => record(t, members$(a, home)));
      const other = record(t, members$(a, home, { codec: text }));
      const patient = record(t, members$(a, home, { graceMs: 10_000 }));
      const once: number[] = [];
      const leaving = members$(a, home).subscribe(({ size }) => {
        once.push(size);
        if (size === 2) for (const each of [first, ...rest.slice(0, 2)]) each.unsubscribe();
      });
      for (const each of [...rest, other, patient]) await each.until(({ size }) => size === 1);
      // One to list and one for the member: for all of them, for the other codec, for patience.
      assert.is(a.stats().subscribers, 6);
      assert.is(a.stats().watches, 2);
      await joinGroup(b, home, { id: 'two', data: 2 });
      const [same] = await Promise.all(rest.slice(2).map((each) => each.until(two)));
      for (const each of rest.slice(2)) assert.is(each.last, same);
      assert.equal((await other.until(two)).get('two')!.data, '2');
      assert.equal((await patient.until(two)).get('two')!.data, 2);
      assert.equal(once, [1, 2]);
      // What has been acknowledged before one comes, one sees, whatever the others know yet.
      await joinGroup(a, home, { id: 'three' });
      const late = record(t, members$(a, home));
      await late.until(() => true);
      assert.is(ids(late.values[0]!), 'one three two');
      assert.is(late.last, rest[4]!.last);
      for (const each of [...rest, other, patient, leaving, late]) each.unsubscribe();
      await settle(a);
      const { entries, watches, subscribers } = a.stats();
      // As a member it watches its own node.
      assert.equal({ entries, watches, subscribers }, { entries: 0, watches: 1, subscribers: 0 });
      const anew = record(t, members$(a, home));
      assert.is(ids(await anew.until(() => true)), 'one three two');
    });

    test('tells what a member shows, and what has changed', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const load$ = new Subject<number>();
      const me = await joinGroup(zk, home, { id: 'me', data: 1, data$: load$ });
      await joinGroup(zk, home, { id: 'other' });
      const changes = record(t, memberChanges$<number>(zk, home));
      await changes.until(({ members }) => members.size === 2);
      load$.next(2);
      await changes.until(({ members }) => members.get('me')!.data === 2);
      assert.equal(
        changes.last!.updated.map(({ id }) => id),
        ['me'],
      );
      await me.update(3);
      await changes.until(({ members }) => members.get('me')!.data === 3);
      for (let load = 4; load <= 100; load++) load$.next(load);
      await changes.until(({ members }) => members.get('me')!.data === 100);
      assert.ok((await zk.exists(me.path))!.version < 50);
      await me.leave();
      await changes.until(({ members }) => members.size === 1);
      assert.equal(
        changes.last!.left.map(({ id }) => id),
        ['me'],
      );
      assert.not(load$.observed);
      assert.is(errorName(await errorOf(me.update(4))), 'MEMBER_LEFT');
    });

    test('shows a member whose data cannot be read, with the reason', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      await zk.ensure(home);
      await zk.create(`${home}/foreign`, 'no JSON', { mode: 'ephemeral' });
      const seen = record(t, members$(zk, home, { codec: json() }));
      const foreign = (await seen.until(({ size }) => size === 1)).get('foreign')!;
      assert.is(foreign.data, undefined);
      assert.instance(foreign.error, Error);
    });

    test('shows what was hidden when another node has taken its place', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await b.ensure(home);
      await b.addAuth({ scheme: 'digest', auth: 'b:secret' });
      const path = `${home}/me`;
      await b.create(path, '1', { mode: 'ephemeral', acl: CREATOR_ALL_ACL });
      const changes = record(t, memberChanges$(a, home));
      const hidden = (await changes.until(({ members }) => members.size === 1)).members.get('me')!;
      assert.is(errorName(hidden.error), 'NO_AUTH');
      await b.create(`${home}/other`, '0', { mode: 'ephemeral' });
      await changes.until(({ members }) => members.get('other')?.data === 0);
      await settle(a);
      // What is still hidden is no change.
      assert.is(changes.last!.members.get('me'), hidden);
      await b.multi([
        { op: 'delete', path },
        { op: 'create', path, data: '2', mode: 'ephemeral' },
      ]);
      await changes.until(({ members }) => members.get('me')?.data === 2);
    });

    test('loses a member with its session, and has it back in the next', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const me = await joinGroup(a.zk, home, { id: 'me', data: 1 });
      const said = record(t, me.status$);
      const seen = record(t, members$<number>(b, home));
      const before = (await seen.until(({ size }) => size === 1)).get('me')!;
      await a.faults.endSession();
      await seen.until(({ size }) => size === 0);
      a.faults.partition();
      const updated = me.update(2);
      a.faults.heal();
      const after = (await seen.until((now) => now.get('me')?.data === 2)).get('me')!;
      await updated;
      assert.ok(after.stat!.czxid > before.stat!.czxid);
      assert.is(after.stat!.ephemeralOwner, a.zk.session!.id);
      await said.until((status) => status === 'joined');
      assert.equal(said.values, ['joined', 'suspect', 'rejoining', 'joined']);
    });

    test('has a member back whose node was deleted', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const me = await joinGroup(a, home, { id: 'me', data: 1 });
      const changes = record(t, memberChanges$(b, home));
      const before = (await changes.until(({ members }) => members.size === 1)).members.get('me')!;
      await b.delete(me.path);
      await changes.until(({ members }) => {
        const now = members.get('me');
        return now !== undefined && now.stat!.czxid > before.stat!.czxid;
      });
      assert.is(changes.last!.members.get('me')!.data, 1);
    });

    test('does not notice that a member had another connection', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const me = await joinGroup(a.zk, home, { id: 'me', data: 1 });
      const said = record(t, me.status$);
      await b.sync();
      const seen = record(t, members$(b, home));
      await seen.until(({ size }) => size === 1);
      a.faults.cut();
      await said.until((status) => status === 'joined');
      await settle(a.zk, b);
      assert.equal(said.values, ['joined', 'suspect', 'joined']);
      assert.is(seen.values.length, 1);
    });

    test('is written to once with all that a member had to say while away', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const load$ = new Subject<number>();
      await joinGroup(a.zk, home, { id: 'me', data: 0, data$: load$ });
      await settle(a.zk);
      const seen = record(t, members$<number>(b, home));
      a.faults.partition();
      for (let load = 1; load <= 1_000; load++) load$.next(load);
      a.faults.heal();
      const me = await seen.until((now) => now.get('me')?.data === 1_000);
      assert.is(me.get('me')!.stat!.version, 1);
    });

    test('refuses a second member of the same name', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await joinGroup(a, home, { id: 'me', data: 'first' });
      for (const zk of [a, b]) {
        const error = await errorOf(joinGroup(zk, home, { id: 'me', data: 'second' }));
        assert.is(errorName(error), 'DUPLICATE_MEMBER');
      }
      assert.is(await a.getData(`${home}/me`, { codec: json() }), 'first');
    });

    test('lets a second member of the same name wait, or take its place', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const first = await joinGroup(a, home, { id: 'me', data: 1 });
      const waiting = joinGroup(b, home, { id: 'me', data: 2, onDuplicate: 'wait' });
      await settle(b);
      await first.leave();
      const second = await waiting;
      const said = record(t, second.status$);
      const third = await joinGroup(a, home, { id: 'me', data: 3, onDuplicate: 'replace' });
      await said.until((status) => status === 'displaced');
      assert.is(await b.getData(`${home}/me`, { codec: json() }), 3);
      await third.leave();
      await said.until((status) => status === 'joined');
      assert.is(await b.getData(`${home}/me`, { codec: json() }), 2);
    });

    test('has one node when the answer to joining was lost, the newest data in it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const seen = record(t, members$<number>(b, home));
      a.faults.deaf = true;
      await b.ensure(home);
      const joining = joinGroup(a.zk, home, { id: 'me', data: 1 });
      await seen.until(({ size }) => size === 1);
      a.faults.deaf = false;
      a.faults.cut();
      const me = await joining;
      await me.update(2);
      await seen.until((now) => now.get('me')!.data === 2);
      assert.is((await b.exists(home))!.cversion, 1);
    });

    test('keeps no member that gave up joining', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      await b.ensure(home);
      const seen = record(t, members$(b, home));
      const giveUp = new AbortController();
      a.faults.deaf = true;
      const joining = errorOf(joinGroup(a.zk, home, { id: 'me', signal: giveUp.signal }));
      await seen.until(({ size }) => size === 1);
      giveUp.abort('enough');
      assert.is(await joining, 'enough');
      a.faults.deaf = false;
      a.faults.cut();
      await record(t, pendingCleanups$(a.zk)).until((count) => count === 0);
      await seen.until(({ size }) => size === 0);
      await (await joinGroup(a.zk, home, { id: 'me' })).leave();
    });

    test('does not miss for a moment who comes back within the time of grace', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const quick = record(t, members$(b, home));
      const patient = record(t, members$<number>(b, home, { graceMs: 5_000 }));
      await patient.until(({ size }) => size === 0);
      const first = await joinGroup(a, home, { id: 'me', data: 1 });
      await patient.until(({ size }) => size === 1);
      await first.leave();
      await quick.until(({ size }) => size === 0);
      await joinGroup(a, home, { id: 'me', data: 2 });
      await patient.until((now) => now.get('me')?.data === 2);
      assert.equal(patient.values.map(ids), ['', 'me', 'me']);
      const brief = record(t, members$(b, home, { graceMs: 20 }));
      await brief.until(({ size }) => size === 1);
      await a.close();
      await brief.until(({ size }) => size === 0);
    });

    test('takes over from its former life, which others with patience see as one change (69)', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [former, { zk: next }, { zk: other }] = [
        await person(),
        await person(),
        await person(),
      ];
      const patient = record(t, members$<number>(other, home, { graceMs: 10_000 }));
      await patient.until(({ size }) => size === 0);
      const old = await joinGroup(former.zk, home, { id: 'me', data: 1 });
      await patient.until((now) => now.get('me')?.data === 1);
      // Its process dies without a word, and another is started while its session lives.
      former.faults.partition();
      const refused = await errorOf(joinGroup(next, home, { id: 'me', data: 2 }));
      assert.is(errorName(refused), 'DUPLICATE_MEMBER');
      const me = await joinGroup(next, home, { id: 'me', data: 2, onDuplicate: 'replace' });
      await patient.until((now) => now.get('me')?.data === 2);
      const stat = (await next.exists(me.path))!;
      assert.is(stat.ephemeralOwner, next.session!.id);
      // It was not dead after all: it knows that the place is no longer its own.
      const said = record(t, old.status$);
      former.faults.heal();
      await said.until((status) => status === 'displaced');
      await settle(next, other);
      assert.is((await next.exists(me.path))!.czxid, stat.czxid);
      assert.equal(patient.values.map(ids), ['', 'me', 'me']);
    });

    test('completes for its observers, and is left, when the client is closed', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const me = await joinGroup(a, home, { id: 'me' });
      const seen = record(t, members$(a, home));
      const others = record(t, members$(b, home));
      await others.until(({ size }) => size === 1);
      await a.close();
      assert.ok(seen.isComplete);
      assert.is(me.status, 'left');
      await others.until(({ size }) => size === 0);
      await me.leave();
    });

    test('has no names with slashes', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      for (const id of ['', 'a/b', '.']) {
        assert.is(errorName(await errorOf(joinGroup(zk, home, { id }))), 'BAD_ARGUMENTS');
      }
    });
  });
}
