/** Locks while the server itself stops and starts again: nobody loses a place, or the lock. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@vivarium/core';
import { startServer } from '@vivarium/core/server';
import { acquireLock } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { record } from '../compliance/observe.js';
import { suite } from '../support/suite.js';

const WAITERS = 50;

suite('a lock, when the server starts again', (test) => {
  test(
    'is still held, and its queue is the same',
    async (t) => {
      const dataDir = mkdtempSync(join(tmpdir(), 'vivarium-lock-'));
      t.cleanup(() => rmSync(dataDir, { recursive: true, force: true }));
      const options = { dataDir, tickTime: 500, logTo: { write: () => true } };
      const first = await startServer({ ...options, clientPort: 0 });
      t.cleanup(() => first.close());
      const { connectString } = first;
      const client = async () => {
        const zk = await connect(connectString, { sessionTimeoutMs: 10_000 });
        t.cleanup(() => zk.close());
        return zk;
      };
      const clients = await Promise.all([client(), client(), client()]);
      const [observer] = clients;
      const hold = await acquireLock(observer!, '/lock');
      const said = record(t, hold.status$);
      const order: number[] = [];
      const all: Promise<void>[] = [];
      for (let number = 0; number < WAITERS; number++) {
        const acquiring = acquireLock(clients[number % 3]!, '/lock').then(async (granted) => {
          order.push(number);
          await granted.release();
        });
        all.push(acquiring);
        while ((await observer!.exists('/lock'))!.numChildren < number + 2) await observer!.sync();
      }
      const before = (await observer!.exists('/lock'))!.cversion;
      const sessions = clients.map(({ session }) => session!.id);
      await first.close();
      await said.until((status) => status === 'suspect');
      const port = Number(connectString.split(':')[1]);
      const second = await startServer({ ...options, clientPort: port });
      t.cleanup(() => second.close());
      await said.until((status) => status === 'held');
      for (const zk of clients) await zk.sync();
      assert.equal(
        clients.map(({ session }) => session!.id),
        sessions,
      );
      assert.is((await observer!.exists('/lock'))!.cversion, before);
      assert.equal(order, []);
      await hold.release();
      await Promise.all(all);
      assert.equal(
        order,
        Array.from({ length: WAITERS }, (_, number) => number),
      );
      assert.equal(said.values, ['held', 'suspect', 'held', 'released']);
    },
    { timeoutMs: 60_000 },
  );
});
