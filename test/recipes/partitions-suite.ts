import { permissions } from '@vivarium/core';
import {
  type Partition,
  type Partitions,
  type PartitionsOptions,
  partitions$,
  pendingCleanups$,
} from '@vivarium/recipes';
import { tap } from 'rxjs';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite, type TestContext } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const NAMES = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'];

const errorName = (error: unknown) => (error as Error).name;
const namesOf = (partitions: Iterable<Partition>) => [...partitions].map(({ name }) => name).sort();

interface Manner extends Partial<PartitionsOptions> {
  /** Lets go as soon as it is told to. */
  readonly obeys?: boolean;
}

export function partitionsSuite(name: string, open: () => Promise<Target>): void {
  const scene = async (t: TestContext, count: number, sessionTimeoutMs?: number) => {
    const { home, person } = await stageOf(t, await open());
    const options = { sessionTimeoutMs };
    const people = await Promise.all(Array.from({ length: count }, () => person(options)));
    const clients = people.map(({ zk }) => zk);
    const all = new Set<Partition>();
    const work = (who: number, { obeys = false, ...more }: Manner = {}) => {
      const options = { partitions: NAMES, id: `id-${who}`, ...more };
      const seen = record(
        t,
        partitions$(clients[who]!, home, options).pipe(
          tap(({ added, revoked }) => {
            for (const partition of added) all.add(partition);
            const certain = [...all].filter((each) => each.isCertain());
            const isAlone = new Set(namesOf(certain)).size === certain.length;
            assert.ok(isAlone, `held by two: ${namesOf(certain).join(' ')}`);
            if (obeys) for (const partition of revoked) void partition.release();
          }),
        ),
      );
      const has = (size: number) => seen.until(({ held }) => held.size === size);
      /** Resolves with the first emission that revokes. */
      const isTold = async () => {
        const revoking = () => seen.values.find(({ revoked }) => revoked.length > 0);
        await seen.until(() => revoking() !== undefined);
        return revoking()!;
      };
      return { seen, has, isTold };
    };
    /** Resolves when so many have the lock of a partition, or wait for it. */
    const queued = async (partition: string, length: number) => {
      const list = record(t, clients[0]!.children$(`${home}/partitions/${partition}`));
      await list.until((now) => now.kind === 'present' && now.children.length === length);
      list.unsubscribe();
    };
    return { home, people, clients, work, queued };
  };

  suite(`${name}: partitions`, (test) => {
    test('are all with who is alone, and half of them with who comes, once they are let go', async (t) => {
      const { home, clients, work, queued } = await scene(t, 2);
      const a = work(0);
      const before = (await a.has(6)).held;
      assert.equal(a.seen.values[0]!.held.size, 0);
      assert.equal(namesOf(before.values()), NAMES);
      const b = work(1);
      const { revoked, held } = await a.isTold();
      assert.is(revoked.length, 3);
      assert.is(held.size, 6);
      for (const partition of revoked) {
        await queued(partition.name, 2);
        assert.ok(partition.isCertain());
        assert.not(partition.signal.aborted);
        assert.is(errorName(partition.revoked.reason), 'PARTITION_REVOKED');
      }
      await settle(...clients);
      assert.is(b.seen.last!.held.size, 0);
      const [first, ...others] = revoked;
      const late = first!.guard([{ op: 'create', path: `${home}/late` }]);
      await first!.release();
      const { added } = await b.has(1);
      assert.is(added[0]!.name, first!.name);
      assert.is(added[0]!.token.compare(first!.token), 1);
      const error = await errorOf(clients[0]!.multi(late));
      assert.is(errorName(error), 'NO_NODE');
      assert.is(await clients[0]!.exists(`${home}/late`), undefined);
      for (const partition of others) await partition.release();
      const now = await b.has(3);
      assert.equal(namesOf(now.held.values()), namesOf(revoked));
      assert.is((await a.has(3)).revoked.length, 0);
      for (const partition of now.held.values()) assert.not(partition.revoked.aborted);
    });

    test('of who leaves go to the others as they are let go, and it is done after the last', async (t) => {
      const { clients, work, queued } = await scene(t, 2);
      const leave = new AbortController();
      const a = work(0, { obeys: true });
      await a.has(6);
      const b = work(1, { signal: leave.signal });
      const { held } = await b.has(3);
      await a.has(3);
      leave.abort();
      const { revoked } = b.seen.last!;
      assert.equal(namesOf(revoked), namesOf(held.values()));
      for (const partition of revoked) await queued(partition.name, 2);
      assert.is(a.seen.last!.held.size, 3);
      assert.not(b.seen.isComplete);
      for (const partition of revoked) await partition.release();
      const now = await a.has(6);
      for (const { name, token } of revoked) assert.is(now.held.get(name)!.token.compare(token), 1);
      await settle(...clients);
      assert.ok(b.seen.isComplete);
      assert.is(b.seen.last!.held.size, 0);
      assert.is(clients[1]!.stats().subscribers, 0);
      const never = work(1, { signal: AbortSignal.abort() });
      assert.ok(never.seen.isComplete);
    });

    test(
      'of a worker that dies while it gives them up go on after its session, with greater tokens (scenario 78)',
      async (t) => {
        const { people, work, queued } = await scene(t, 2, 3_000);
        const a = work(0);
        const before = (await a.has(6)).held;
        const b = work(1, { obeys: true });
        const { revoked } = await a.isTold();
        for (const { name } of revoked) await queued(name, 2);
        people[0]!.faults.partition();
        const after = await b.has(6);
        // That no two were certain at a time is looked at with each word of either.
        for (const [partition, { token }] of after.held) {
          const old = before.get(partition)!;
          assert.is(token.compare(old.token), 1);
          assert.is(errorName(old.signal.reason), 'HOLD_LOST');
          assert.ok(old.revoked.aborted);
        }
        assert.is((await a.has(0)).held.size, 0);
        people[0]!.faults.heal();
        const again = await a.has(3);
        for (const [partition, { token }] of again.held) {
          assert.is(token.compare(after.held.get(partition)!.token), 1);
        }
        await b.has(3);
      },
      { timeoutMs: 25_000 },
    );

    test('wait for a member that comes back in time, and nothing else moves', async (t) => {
      const { people, work } = await scene(t, 2);
      const manner = { obeys: true, graceMs: 60_000 };
      const a = work(0, manner);
      await a.has(6);
      const b = work(1, manner);
      const before = (await b.has(3)).held;
      await a.has(3);
      const told = a.seen.values.length;
      await people[1]!.faults.endSession();
      const [one] = before.keys();
      const isAfter = ({ held }: Partitions) =>
        held.size === 3 && held.get(one!) !== before.get(one!);
      const after = (await b.seen.until(isAfter)).held;
      assert.equal(namesOf(after.values()), namesOf(before.values()));
      for (const [partition, { token }] of after) {
        assert.is(token.compare(before.get(partition)!.token), 1);
      }
      await settle(...people.map(({ zk }) => zk));
      assert.is(a.seen.values.length, told);
    });

    test('stay where they are when a connection is replaced', async (t) => {
      const { people, clients, work } = await scene(t, 1);
      const a = work(0);
      await a.has(6);
      const told = a.seen.values.length;
      const states = record(t, clients[0]!.state$);
      people[0]!.faults.cut();
      await states.until(({ type }) => type === 'connected' && states.values.length > 1);
      await settle(...clients);
      assert.is(a.seen.values.length, told);
      for (const partition of a.seen.last!.held.values()) assert.ok(partition.isCertain());
    });

    test('come back when they are released without having been revoked, or their node is deleted', async (t) => {
      const { clients, work } = await scene(t, 2);
      const a = work(0);
      const first = (await a.has(6)).held.get('p0')!;
      await first.release();
      assert.is(errorName(first.revoked.reason), 'RELEASED');
      assert.ok(a.seen.values.some(({ ended }) => ended.includes(first)));
      const second = (await a.has(6)).held.get('p0')!;
      assert.is(second.token.compare(first.token), 1);
      await clients[1]!.delete(second.path);
      await a.seen.until(({ held }) => held.size === 6 && held.get('p0') !== second);
      assert.is(errorName(second.signal.reason), 'HOLD_REVOKED');
      assert.is(a.seen.last!.held.get('p0')!.token.compare(second.token), 1);
    });

    test('are left at once by who unsubscribes, and nothing of it stays', async (t) => {
      const { home, clients, work } = await scene(t, 2);
      const a = work(0);
      const { held } = await a.has(6);
      const b = work(1);
      await a.isTold();
      a.seen.unsubscribe();
      for (const partition of held.values()) {
        assert.not(partition.isCertain());
        assert.ok(partition.revoked.aborted);
      }
      await b.has(6);
      await record(t, pendingCleanups$(clients[0]!)).until((pending) => pending === 0);
      assert.equal((await clients[1]!.children(`${home}/members`)).children, ['id-1']);
      b.seen.unsubscribe();
      for (const zk of clients) {
        await record(t, pendingCleanups$(zk)).until((pending) => pending === 0);
        await settle(zk);
        assert.is(zk.stats().subscribers, 0);
        assert.is(zk.stats().watches, 0);
      }
      for (const partition of NAMES) {
        const { children } = await clients[1]!.children(`${home}/partitions/${partition}`);
        assert.equal(children, []);
      }
    });

    test('are held once each, evenly, whoever comes and goes', async (t) => {
      const { work } = await scene(t, 4);
      type Worker = ReturnType<typeof work>;
      /** Resolves when all of them have so many at the same time. */
      const allHave = async (size: number, workers: readonly Worker[]) => {
        const isSo = ({ seen }: Worker) => seen.last?.held.size === size;
        do {
          for (const { has } of workers) await has(size);
        } while (!workers.every(isSo));
        return workers.flatMap(({ seen }) => [...seen.last!.held.values()]);
      };
      const [a, b, c] = [0, 1, 2].map((who) => work(who, { obeys: true })) as [
        Worker,
        Worker,
        Worker,
      ];
      assert.equal(namesOf(await allHave(2, [a, b, c])), NAMES);
      const d = work(3, { obeys: true });
      await d.seen.until(({ held }) => held.size > 0);
      b.seen.unsubscribe();
      assert.equal(namesOf(await allHave(2, [a, c, d])), NAMES);
      c.seen.unsubscribe();
      assert.equal(namesOf(await allHave(3, [a, d])), NAMES);
    });

    test('are not for two of the same name, nor for who may not have them', async (t) => {
      const { home, clients, work } = await scene(t, 3);
      const a = work(0, { obeys: true });
      await a.has(6);
      const twin = work(1, { id: 'id-0' });
      assert.is(errorName(await errorOf(twin.has(1))), 'DUPLICATE_MEMBER');
      assert.is(twin.seen.values.length, 0);
      const mayLook = { perms: permissions.read, id: { scheme: 'world', id: 'anyone' } };
      await clients[2]!.setAcl(`${home}/partitions/p3`, [mayLook]);
      const b = work(1);
      const failing = errorOf(b.has(6));
      a.seen.unsubscribe();
      assert.is(errorName(await failing), 'NO_AUTH');
      for (const zk of clients) {
        await record(t, pendingCleanups$(zk)).until((pending) => pending === 0);
      }
      assert.equal((await clients[2]!.children(`${home}/members`)).children, []);
    });

    test('end with the client', async (t) => {
      const { clients, work } = await scene(t, 2);
      const a = work(0);
      const { held } = await a.has(6);
      await clients[0]!.close();
      assert.ok(a.seen.isComplete);
      assert.equal(a.seen.errors, []);
      assert.is(a.seen.last!.held.size, 0);
      for (const partition of held.values()) assert.not(partition.isCertain());
      const late = work(0);
      await settle(clients[1]!);
      assert.ok(late.seen.isComplete);
      assert.equal(late.seen.values, []);
    });

    test('are refused at the call when their names are none', async (t) => {
      const { home, clients } = await scene(t, 1);
      const zk = clients[0]!;
      const good: PartitionsOptions = { partitions: NAMES, id: 'me' };
      const refused = (path: string, more: Partial<PartitionsOptions>) =>
        assert.throws(() => partitions$(zk, path, { ...good, ...more }), /BAD_ARGUMENTS/);
      for (const path of ['', 'jobs', '/', '/jobs/', '/zookeeper/jobs']) refused(path, {});
      for (const id of ['', 'a/b', '..']) refused(home, { id });
      for (const partitions of [[], [''], ['a/b'], ['.'], ['a', 'a']])
        refused(home, { partitions });
      for (const graceMs of [-1, Number.NaN, 2 ** 31]) refused(home, { graceMs });
      await settle(zk);
      assert.is(await zk.exists(home), undefined);
    });
  });
}
