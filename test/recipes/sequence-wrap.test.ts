/** Queues in folders whose counter runs over: after 2147483647 comes -2147483648. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect } from '@vivarium/core';
import { Files } from '@vivarium/core/internal/node/files';
import { recover } from '@vivarium/core/internal/storage/recovery';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { startServer } from '@vivarium/core/server';
import { acquireLock, acquirePermits, type Hold, rwLock } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../support/suite.js';
import { recoveryOptions } from '../unit/storage/store.js';
import { takeSnapshot } from '../unit/storage/take-snapshot.js';

const CONTENDERS = 10;
/** The number of the first who comes. */
const FIRST = 2 ** 31 - 3;
const NUMBER = /(?:lock-|__WRIT__|-permit-)(-?\d{10})$/;

/** A server whose data has an old node in the folder, and the counter there just before its end. */
async function serverNearTheEnd(t: TestContext, folder: string) {
  const dataDir = mkdtempSync(join(tmpdir(), 'vivarium-wrap-'));
  t.cleanup(() => rmSync(dataDir, { recursive: true }));
  const versioned = join(dataDir, 'version-2');
  mkdirSync(versioned);
  const files = new Files({ snapshots: versioned, logs: versioned });
  const { database } = recover(files, recoveryOptions());
  const made = [
    [folder, 1],
    [`${folder}/old`, FIRST],
  ] as const;
  for (const [i, [path, parentCVersion]] of made.entries()) {
    const type = txnTypes.create;
    const header = { clientId: 0n, cxid: 0, zxid: BigInt(i + 1), time: 1_700_000_000_000, type };
    const body = { type, path, data: null, acl: null, ephemeral: false, parentCVersion } as const;
    database.apply({ header, body, digest: undefined });
  }
  takeSnapshot(database, files);
  files.close();
  const server = await startServer({ dataDir, clientPort: 0, logTo: { write: () => true } });
  t.cleanup(() => server.close());
  return server;
}

const kinds: readonly (readonly [string, (zk: Client, path: string) => Promise<Hold>])[] = [
  ['a lock', acquireLock],
  ['a lock to write', (zk, path) => rwLock(zk, path).write()],
  ['a permit', (zk, path) => acquirePermits(zk, path, { limit: 1 })],
];

suite('a queue over the end of the counter (28)', (test) => {
  for (const [kind, ask] of kinds) {
    test(`gives ${kind} to ten in the order in which they came, to one at a time`, async (t) => {
      const { connectString } = await serverNearTheEnd(t, '/queue');
      const client = async () => {
        const zk = await connect(connectString);
        t.cleanup(() => zk.close());
        return zk;
      };
      const onlooker = await client();
      const holds: Hold[] = [];
      const order: number[] = [];
      const numbers: number[] = [];
      const contend = async (zk: Client, who: number) => {
        const hold = await ask(zk, '/queue');
        for (const other of holds) assert.not(other.isCertain(), 'two are certain');
        holds.push(hold);
        order.push(who);
        numbers.push(Number(NUMBER.exec(hold.path)![1]));
        await new Promise<void>((resolve) => zk.clock.setTimer(10, resolve));
        assert.ok(hold.isCertain());
        await hold.release();
      };
      const gate = await ask(onlooker, '/queue');
      const all: Promise<void>[] = [];
      for (let who = 0; who < CONTENDERS; who++) {
        all.push(contend(await client(), who));
        while ((await onlooker.exists('/queue'))!.numChildren < who + 3) await onlooker.sync();
      }
      await gate.release();
      await Promise.all(all);
      const inOrder = Array.from({ length: CONTENDERS }, (_, who) => who);
      assert.equal(order, inOrder);
      assert.equal(
        numbers,
        inOrder.map((who) => (FIRST + 1 + who) | 0),
      );
      assert.ok(
        holds.every(({ token }, at) => at === 0 || token.compare(holds[at - 1]!.token) > 0),
      );
    });
  }
});
