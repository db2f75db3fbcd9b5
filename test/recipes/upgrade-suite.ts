import { type Hold, pendingCleanups$, rwLock } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite, type TestContext } from '../support/suite.js';
import { cutAtEachPiece, settle, stageOf } from './world.js';

/** The name of the node by which a reader writes. */
const UPGRADED = /-up\d+-__WRIT__\d{10}$/;

const errorName = (error: unknown) => (error as Error).name;

export function upgradeSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a reader that may come to write`, (test) => {
    const scene = async (t: TestContext, count: number) => {
      const { home, person } = await stageOf(t, await open());
      const people = await Promise.all(Array.from({ length: count }, () => person()));
      const clients = people.map(({ zk }) => zk);
      const locks = clients.map((zk) => rwLock(zk, home));
      const list = record(t, clients[0]!.children$(home));
      /** Resolves when the queue has this many nodes. */
      const queueOf = async (length: number) => {
        const now = await list.until(
          (now) => now.kind === 'present' && now.children.length === length,
        );
        return now.kind === 'present' ? now.children : [];
      };
      /** Resolves when somebody stands to write by an upgrade, and nothing else of it is left. */
      const upgradeIn = (length: number) =>
        list.until(
          (now) =>
            now.kind === 'present' &&
            now.children.length === length &&
            now.children.some((each) => UPGRADED.test(each)),
        );
      return { home, people, clients, locks, list, queueOf, upgradeIn };
    };
    const watch = (request: Promise<Hold>) => {
      const seen: { hold?: Hold } = {};
      request.then((hold) => Object.assign(seen, { hold })).catch(() => {});
      return seen;
    };

    test('reads together with others, but not with its like', async (t) => {
      const { clients, locks, queueOf } = await scene(t, 3);
      const [a, b, c] = locks;
      const first = await a!.read({ upgradable: true });
      const other = await b!.read();
      const like = c!.read({ upgradable: true });
      const seen = watch(like);
      await queueOf(3);
      await settle(...clients);
      assert.is(seen.hold, undefined);
      await first.release();
      await (await like).release();
      await other.release();
    });

    test('writes when all who read are gone, before all who wait', async (t) => {
      const { clients, locks, queueOf } = await scene(t, 5);
      const [a, b, c, d, e] = locks;
      const before = await a!.read();
      const reader = await b!.read({ upgradable: true });
      const after = await c!.read();
      const writing = d!.write();
      const waiting = watch(writing);
      await queueOf(4);
      const late = e!.read();
      const lateSeen = watch(late);
      await queueOf(5);
      const upgrading = reader.upgrade();
      const upgraded = watch(upgrading);
      await queueOf(6);
      await settle(...clients);
      assert.is(upgraded.hold, undefined);
      await before.release();
      await settle(...clients);
      assert.is(upgraded.hold, undefined);
      await after.release();
      const writer = await upgrading;
      assert.is(writer.token.compare(reader.token), 0);
      assert.ok(reader.isCertain());
      await settle(...clients);
      assert.equal([waiting.hold, lateSeen.hold], [undefined, undefined]);
      assert.match(errorName(await errorOf(reader.upgrade())), /BAD_ARGUMENTS/);
      // Back to reading: those who wait to write still wait.
      await writer.release();
      await settle(...clients);
      assert.is(waiting.hold, undefined);
      assert.ok(reader.isCertain());
      await reader.release();
      await (await writing).release();
      await (await late).release();
    });

    test('has a token between those of who wrote before and of who writes after', async (t) => {
      const { locks, queueOf } = await scene(t, 3);
      const [a, b, c] = locks;
      const first = await a!.write();
      const asking = b!.read({ upgradable: true });
      await queueOf(2);
      const writing = c!.write();
      await queueOf(3);
      await first.release();
      const reader = await asking;
      const upgraded = await reader.upgrade();
      assert.is(upgraded.token.compare(first.token), 1);
      await upgraded.release();
      const again = await reader.upgrade();
      assert.is(again.token.compare(upgraded.token), 0);
      await again.release();
      await reader.release();
      // It has asked before the upgrade was made, and writes after it.
      const last = await writing;
      assert.is(last.token.compare(upgraded.token), 1);
      await last.release();
    });

    test('keeps out who is let in by a writer that gives up in the middle of it', async (t) => {
      const { clients, locks, queueOf, upgradeIn } = await scene(t, 4);
      const [a, b, c, d] = locks;
      const reader = await a!.read({ upgradable: true });
      const early = await b!.read();
      const giveUp = new AbortController();
      const writing = errorOf(c!.write({ signal: giveUp.signal }));
      await queueOf(3);
      const late = d!.read();
      const seen = watch(late);
      await queueOf(4);
      const upgrading = reader.upgrade();
      watch(upgrading);
      await upgradeIn(5);
      giveUp.abort('enough');
      await writing;
      await queueOf(4);
      await settle(...clients);
      assert.is(seen.hold, undefined);
      await early.release();
      const writer = await upgrading;
      await settle(...clients);
      assert.is(seen.hold, undefined);
      // Nor does the late one wait for what will never come.
      await writer.release();
      await (await late).release();
      await reader.release();
    });

    test('waits for readers that have come in the meantime, and they do not wait for it', async (t) => {
      const { clients, locks, upgradeIn } = await scene(t, 2);
      const reader = await locks[0]!.read({ upgradable: true });
      // One that stands, and has not looked yet when the upgrade begins.
      const mode = 'ephemeralSequential';
      const { path } = await clients[1]!.create(`${reader.path.split('/_c_')[0]}/x-__READ__`, '', {
        mode,
      });
      const upgrading = reader.upgrade();
      const seen = watch(upgrading);
      await upgradeIn(3);
      await settle(...clients);
      assert.is(seen.hold, undefined);
      await clients[1]!.delete(path);
      const writer = await upgrading;
      assert.is(await locks[1]!.tryRead(), null);
      await writer.release();
      const last = await locks[1]!.tryRead();
      assert.ok(last !== null);
    });

    test('and a reader that finds it before it was let in itself do not block each other', async (t) => {
      const { people, locks, queueOf } = await scene(t, 3);
      const reader = await locks[1]!.read({ upgradable: true });
      const { faults } = people[2]!;
      // Its node stands, but word of that comes only when the upgrade is under way.
      faults.deaf = true;
      const late = locks[2]!.read();
      await queueOf(2);
      const upgrading = reader.upgrade();
      await queueOf(3);
      faults.deaf = false;
      faults.cut();
      await (await late).release();
      const writer = await upgrading;
      await writer.release();
      await reader.release();
    });

    test('goes on reading when it gives up to write', async (t) => {
      const { clients, locks, queueOf } = await scene(t, 3);
      const [a, b, c] = locks;
      const reader = await a!.read({ upgradable: true });
      const other = await b!.read();
      const late = errorOf(reader.upgrade({ timeoutMs: 20 }));
      assert.is(errorName(await late), 'TIMED_OUT');
      await record(t, pendingCleanups$(clients[0]!)).until((count) => count === 0);
      await queueOf(2);
      assert.ok(reader.isCertain());
      await (await c!.read()).release();
      await other.release();
      const writer = await reader.upgrade();
      await reader.release();
      assert.not(writer.isCertain());
      await record(t, pendingCleanups$(clients[0]!)).until((count) => count === 0);
      await queueOf(0);
    });

    for (const lost of ['answers', 'requests'] as const) {
      test(`comes to write once, though ${lost} are lost on the way`, async (t) => {
        const { people, clients, locks, queueOf } = await scene(t, 3);
        const reader = await locks[1]!.read({ upgradable: true });
        const other = await locks[2]!.read();
        const stopCutting = cutAtEachPiece(people[1]!, lost, 5);
        const upgrading = reader.upgrade();
        await queueOf(3);
        await other.release();
        const writer = await upgrading;
        stopCutting();
        await record(t, pendingCleanups$(clients[1]!)).until((count) => count === 0);
        await queueOf(2);
        assert.is(await locks[2]!.tryRead(), null);
        await writer.release();
        await reader.release();
        await queueOf(0);
      });
    }
  });
}
