import { json, text } from '@vivarium/core';
import {
  type Candidate,
  campaign$,
  contenders$,
  type LeadOptions,
  lead,
  leader$,
  pendingCleanups$,
  type Term,
} from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite, type TestContext } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

/** Work that a test ends itself. */
function job() {
  const begun: { readonly term: Term; readonly stop: AbortSignal }[] = [];
  const enders: { resolve(): void; reject(error: unknown): void }[] = [];
  let wake = () => {};
  return {
    begun,
    work: (term: Term, stop: AbortSignal) => {
      begun.push({ term, stop });
      const ended = new Promise<void>((resolve, reject) => enders.push({ resolve, reject }));
      wake();
      return ended;
    },
    /** Resolves when the work has begun so often. */
    async times(count: number) {
      while (begun.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return begun.at(-1)!;
    },
    end: () => enders.at(-1)!.resolve(),
    fail: (error: unknown) => enders.at(-1)!.reject(error),
  };
}

export function leadSuite(name: string, open: () => Promise<Target>): void {
  const scene = async (t: TestContext, count: number) => {
    const { home, person } = await stageOf(t, await open());
    const people = await Promise.all(Array.from({ length: count }, () => person()));
    const clients = people.map(({ zk }) => zk);
    const start = (who: number, options: Partial<LeadOptions> = {}) => {
      const own = job();
      const done = lead(clients[who]!, home, own.work, { id: `id-${who}`, ...options });
      done.catch(() => {});
      return { ...own, done };
    };
    return { home, people, clients, start };
  };

  suite(`${name}: work of the leader`, (test) => {
    test('ends before the next leader begins, when it is told to stop', async (t) => {
      const { clients, start } = await scene(t, 2);
      const leave = new AbortController();
      const first = start(0, { signal: leave.signal });
      const { term, stop } = await first.times(1);
      const second = start(1);
      leave.abort('enough');
      assert.ok(stop.aborted);
      assert.is(stop.reason, 'enough');
      assert.not(term.signal.aborted);
      await settle(...clients);
      assert.is(second.begun.length, 0);
      assert.ok(term.isCertain());
      first.end();
      await first.done;
      const next = await second.times(1);
      assert.is(next.term.token.compare(term.token), 1);
      second.end();
      await second.done;
    });

    test('is done when it ends, or begins again behind the others (scenario 46)', async (t) => {
      const { home, clients, start } = await scene(t, 2);
      const leave = new AbortController();
      const first = start(0, { requeue: 'always', signal: leave.signal });
      await first.times(1);
      const second = start(1);
      while ((await clients[0]!.children(home)).children.length < 2) await clients[0]!.sync();
      first.end();
      await second.times(1);
      second.end();
      await second.done;
      await first.times(2);
      leave.abort('enough');
      first.end();
      await first.done;
      assert.equal((await clients[0]!.children(home)).children, []);
    });

    test('that fails is told of by its own error, and the next one leads (scenario 46)', async (t) => {
      const { start } = await scene(t, 2);
      const first = start(0, { requeue: 'always' });
      await first.times(1);
      const second = start(1);
      first.fail(new Error('mine'));
      assert.is(((await errorOf(first.done)) as Error).message, 'mine');
      await second.times(1);
      second.end();
      await second.done;
    });

    test('that never ends is waited for no longer than was asked (scenario 46)', async (t) => {
      const { start } = await scene(t, 2);
      const leave = new AbortController();
      const first = start(0, { signal: leave.signal, stopTimeoutMs: 20 });
      const { term } = await first.times(1);
      const second = start(1);
      leave.abort('enough');
      assert.is(errorName(await errorOf(first.done)), 'TIMED_OUT');
      assert.is(term.status, 'released');
      await second.times(1);
      second.end();
      await second.done;
    });

    test('that outlives its term is waited for, then begins again (scenario 41)', async (t) => {
      const { home, people, clients, start } = await scene(t, 2);
      const first = start(0);
      const { term, stop } = await first.times(1);
      const second = start(1);
      await settle(clients[1]!);
      while ((await clients[1]!.children(home)).children.length < 2) await clients[1]!.sync();
      const guarded = term.guard([{ op: 'set', path: home, data: 'late' }]);
      await people[0]!.faults.endSession();
      people[0]!.faults.cut();
      const next = await second.times(1);
      await record(t, term.status$).until((status) => status === 'lost');
      assert.ok(stop.aborted);
      const error = await errorOf(clients[0]!.multi(guarded));
      assert.match(errorName(error), /NO_NODE/);
      second.end();
      await second.done;
      await settle(...clients);
      // It has not ended yet: the same program must not work twice at a time.
      assert.is(first.begun.length, 1);
      first.fail(term.signal.reason);
      const again = await first.times(2);
      assert.is(again.term.token.compare(next.term.token), 1);
      first.end();
      await first.done;
    });

    test('never begins when it is withdrawn before, and nothing is left', async (t) => {
      const { home, clients, start } = await scene(t, 2);
      const first = start(0);
      await first.times(1);
      const leave = new AbortController();
      const second = start(1, { signal: leave.signal });
      while ((await clients[0]!.children(home)).children.length < 2) await clients[0]!.sync();
      leave.abort('no more');
      assert.is(await errorOf(second.done), 'no more');
      await record(t, pendingCleanups$(clients[1]!)).until((count) => count === 0);
      assert.is((await clients[0]!.children(home)).children.length, 1);
      first.end();
      await first.done;
      assert.is(second.begun.length, 0);
      const bad = lead(clients[0]!, home, () => {}, { id: 'x', stopTimeoutMs: -1 });
      assert.is(errorName(await errorOf(bad)), 'BAD_ARGUMENTS');
    });
  });

  suite(`${name}: the leader, for those who look on`, (test) => {
    test('is each one in turn, and nobody in between', async (t) => {
      const { home, clients, start } = await scene(t, 3);
      const seen = record(t, leader$(clients[2]!, home));
      const all = record(t, contenders$(clients[2]!, home));
      assert.is(await seen.until((now) => now === undefined), undefined);
      assert.equal(await all.until((now) => now.length === 0), []);
      const first = start(0);
      const { term } = await first.times(1);
      const now = (await seen.until((now) => now !== undefined))!;
      assert.is(now.data, 'id-0');
      assert.is(now.path, term.path);
      assert.is(now.czxid, term.token.zxid);
      assert.is(now.session, clients[0]!.session!.id);
      const second = start(1);
      const both = await all.until((list) => list.length === 2);
      assert.equal(
        both.map(({ data }) => data),
        ['id-0', 'id-1'],
      );
      first.end();
      await first.done;
      await seen.until((next) => next?.data === 'id-1');
      await second.times(1);
      second.end();
      await seen.until((next) => next === undefined);
    });

    test('is told to be ready by itself, and an announcement that is lost is made again', async (t) => {
      const { home, people, clients, start } = await scene(t, 2);
      const codec = json<{ url: string }>();
      const seen = record(t, leader$(clients[1]!, home, { codec }));
      const first = start(0, { id: '{"url":""}' });
      const { term } = await first.times(1);
      const before = (await seen.until((now) => now !== undefined)) as Candidate<{ url: string }>;
      assert.not(before.hasAnnounced);
      const { faults } = people[0]!;
      faults.mute = true;
      const announcing = term.announce('{"url":"http://here"}');
      faults.mute = false;
      faults.cut();
      await announcing;
      const ready = (await seen.until((now) => now?.hasAnnounced === true))!;
      assert.equal(ready.data, { url: 'http://here' });
      assert.is(ready.czxid, before.czxid);
      await term.announce('{');
      const unreadable = (await seen.until((now) => now?.error !== undefined))!;
      assert.is(unreadable.data, undefined);
      first.end();
      await first.done;
      assert.is(errorName(await errorOf(term.announce('late'))), 'RELEASED');
    });

    test('is another with each term, though the same one is elected again (scenario 44)', async (t) => {
      const { home, clients } = await scene(t, 2);
      const seen = record(t, leader$(clients[1]!, home));
      const terms: bigint[] = [];
      for (let round = 0; round < 3; round++) {
        const own = record(t, campaign$(clients[0]!, home, { id: 'same' }));
        await own.until(({ role }) => role === 'leader');
        const now = (await seen.until((now) => now !== undefined))!;
        assert.is(now.data, 'same');
        terms.push(now.czxid);
        own.unsubscribe();
        await seen.until((next) => next === undefined);
      }
      assert.is(new Set(terms).size, 3);
    });

    test('stays, with the same term and node, through twenty cuts (scenario 42)', async (t) => {
      const { home, people, clients, start } = await scene(t, 2);
      const seen = record(t, leader$(clients[1]!, home));
      const first = start(0);
      const { term } = await first.times(1);
      await seen.until((now) => now !== undefined);
      for (let count = 0; count < 20; count++) {
        people[0]!.faults.cut();
        await settle(clients[0]!);
      }
      await settle(clients[1]!);
      assert.is(seen.values.filter((now) => now !== undefined).length, 1);
      assert.ok(term.isCertain());
      assert.is(await clients[1]!.getData(term.path, { codec: text }), 'id-0');
      first.end();
      await first.done;
    });
  });
}
