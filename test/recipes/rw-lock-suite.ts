import { permissions, text } from '@vivarium/core';
import { acquireLock, type Hold, pendingCleanups$, rwLock } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

/** What has come of a request so far. */
function watched<H extends Hold>(request: Promise<H>) {
  const seen: { hold: H | undefined; granted: Promise<H> } = { hold: undefined, granted: request };
  request.then(
    (hold) => {
      seen.hold = hold;
    },
    () => {},
  );
  return seen;
}

export function rwLockSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a read-write lock`, (test) => {
    /** A folder, clients, and a way to let somebody stand in the queue for sure. */
    const scene = async (t: Parameters<typeof stageOf>[0], count: number) => {
      const { home, person } = await stageOf(t, await open());
      const people = await Promise.all(Array.from({ length: count }, () => person()));
      const clients = people.map(({ zk }) => zk);
      const locks = clients.map((zk) => rwLock(zk, home));
      const queueOf = async (length: number) => {
        for (;;) {
          await clients[0]!.sync(home);
          const list = await clients[0]!.children(home).catch(() => undefined);
          if ((list?.children.length ?? 0) >= length) return list!.children;
        }
      };
      return { home, people, clients, locks, queueOf, settled: () => settle(...clients) };
    };

    test('is held by many who read, or by one who writes', async (t) => {
      const { home, clients, locks, queueOf, settled } = await scene(t, 3);
      const [a, b, c] = locks;
      const first = await a!.read({ data: 'me' });
      const second = await b!.read();
      assert.match(first.path, /_c_[0-9a-f-]{36}-__READ__\d{10}$/);
      assert.is(await clients[0]!.getData(first.path, { codec: text }), 'me');
      const writing = watched(c!.write());
      await queueOf(3);
      await first.release();
      await settled();
      assert.is(writing.hold, undefined);
      await second.release();
      const writer = await writing.granted;
      assert.match(writer.path, /__WRIT__\d{10}$/);
      assert.is(await a!.tryRead(), null);
      assert.is(await a!.tryWrite(), null);
      assert.is(writer.token.compare(second.token), 1);
      await writer.release();
      const last = await a!.tryWrite();
      assert.ok(last?.isCertain());
      await last!.release();
      assert.equal((await clients[0]!.children(home)).children, []);
    });

    test('lets a reader in before a writer that came later (scenario 34)', async (t) => {
      const { locks, queueOf, settled } = await scene(t, 3);
      const [a, b, c] = locks;
      const first = await a!.write();
      const reading = watched(b!.read());
      await queueOf(2);
      const writing = watched(c!.write());
      await queueOf(3);
      await first.release();
      const reader = await reading.granted;
      await settled();
      assert.is(writing.hold, undefined);
      await reader.release();
      await (await writing.granted).release();
    });

    test('lets nobody starve: who reads later waits for who waits to write', async (t) => {
      const { locks, queueOf, settled } = await scene(t, 3);
      const [a, b, c] = locks;
      const reader = await a!.read();
      const writing = watched(b!.write());
      await queueOf(2);
      const late = watched(c!.read());
      await queueOf(3);
      await settled();
      assert.is(late.hold, undefined);
      await reader.release();
      const writer = await writing.granted;
      await settled();
      assert.is(late.hold, undefined);
      await writer.release();
      await (await late.granted).release();
    });

    test('lets those who read in when a writer before them gives up', async (t) => {
      const { locks, queueOf } = await scene(t, 3);
      const [a, b, c] = locks;
      const reader = await a!.read();
      const giveUp = new AbortController();
      const writing = errorOf(b!.write({ signal: giveUp.signal }));
      await queueOf(2);
      const late = c!.read();
      await queueOf(3);
      giveUp.abort('enough');
      assert.is(await writing, 'enough');
      await (await late).release();
      await reader.release();
    });

    test('excludes those who ask for the plain lock of its path', async (t) => {
      const { home, clients, locks, queueOf, settled } = await scene(t, 2);
      const reader = await locks[0]!.read();
      const locking = watched(acquireLock(clients[1]!, home));
      await queueOf(2);
      await settled();
      assert.is(locking.hold, undefined);
      await reader.release();
      const lock = await locking.granted;
      assert.is(await locks[0]!.tryRead(), null);
      await lock.release();
    });

    test('is downgraded without letting in who waits to write (scenario 35)', async (t) => {
      const { home, clients, locks, queueOf, settled } = await scene(t, 4);
      const [a, b, c, d] = locks;
      const writer = await a!.write({ data: 'me' });
      const reading = watched(b!.read());
      await queueOf(2);
      const writing = watched(c!.write());
      await queueOf(3);
      const late = watched(d!.read());
      await queueOf(4);
      const reader = await writer.downgrade();
      assert.is(writer.status, 'released');
      assert.is(reader.token.compare(writer.token), 0);
      assert.is(await clients[0]!.getData(reader.path, { codec: text }), 'me');
      const other = await reading.granted;
      await other.release();
      await settled();
      assert.is(writing.hold, undefined);
      await clients[0]!.multi(reader.guard([{ op: 'set', path: home, data: 'still here' }]));
      await reader.release();
      await (await writing.granted).release();
      await (await late.granted).release();
    });

    test('is downgraded once, though the answer is lost', async (t) => {
      const { home, people, clients, locks } = await scene(t, 2);
      const writer = await locks[0]!.write();
      const { faults } = people[0]!;
      const list = record(t, clients[1]!.children$(home));
      faults.deaf = true;
      const downgrading = writer.downgrade();
      await list.until((now) => now.kind === 'present' && now.children.length === 2);
      faults.deaf = false;
      faults.cut();
      const reader = await downgrading;
      assert.ok(reader.isCertain());
      await list.until((now) => now.kind === 'present' && now.children.length === 1);
      await reader.release();
      await list.until((now) => now.kind === 'present' && now.children.length === 0);
    });

    test('is not downgraded when its hold has ended', async (t) => {
      const { home, clients, locks } = await scene(t, 2);
      const writer = await locks[0]!.write();
      await clients[1]!.delete(writer.path);
      assert.is(errorName(await errorOf(writer.downgrade())), 'HOLD_REVOKED');
      await settle(...clients);
      await record(t, pendingCleanups$(clients[0]!)).until((count) => count === 0);
      assert.equal((await clients[1]!.children(home)).children, []);
      const released = await locks[0]!.write();
      await released.release();
      assert.is(errorName(await errorOf(released.downgrade())), 'RELEASED');
    });

    test('names an ACL that hides whom to wait for', async (t) => {
      const { home, clients, locks } = await scene(t, 2);
      const id = { scheme: 'world', id: 'anyone' };
      const acl = [{ perms: permissions.all & ~permissions.read, id }];
      await clients[0]!.create(home);
      // A writer of another program, whose node nobody may read.
      const mode = 'ephemeralSequential';
      await clients[0]!.create(`${home}/x-__WRIT__`, '', { mode, acl });
      const error = await errorOf(locks[1]!.read());
      assert.is(errorName(error), 'UNREADABLE_PREDECESSOR');
      await record(t, pendingCleanups$(clients[1]!)).until((count) => count === 0);
      await settle(clients[0]!);
      assert.is((await clients[0]!.children(home)).children.length, 1);
    });
  });
}
