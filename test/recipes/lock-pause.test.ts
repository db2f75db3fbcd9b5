/**
 * A process that holds a lock is stopped for longer than its session lives, and goes on: it knows
 * in the very first line that runs, and can do no harm.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, text } from '@vivarium/core';
import { acquireLock } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { openServer } from '../compliance/server.js';
import { top } from '../house/repository.js';
import { startChild } from '../support/child.js';
import { suite } from '../support/suite.js';

const TIMEOUT_MS = 1_500;

const holder = `
import { connect } from '@vivarium/core';
import { acquireLock } from '@vivarium/recipes';

const zk = await connect(process.argv[2], { sessionTimeoutMs: ${TIMEOUT_MS} });
const hold = await acquireLock(zk, '/lock');
const guarded = hold.guard([{ op: 'set', path: '/written', data: 'the former holder' }]);
hold.signal.addEventListener('abort', () => console.log('told', hold.signal.reason.name));
let last = Date.now();
console.log('held', hold.token.toJSON());
const look = () => {
  const now = Date.now();
  const wasStopped = now - last > ${TIMEOUT_MS};
  last = now;
  if (!wasStopped) return void setTimeout(look, 1);
  console.log('certain', hold.isCertain());
  console.log('aborted', hold.signal.aborted);
  zk.multi(guarded).then(
    () => console.log('written'),
    (error) => console.log('refused', error.name),
  ).then(() => zk.close());
};
look();
`;

suite('a process that holds a lock and is stopped', (test) => {
  test(
    'knows when it goes on that it holds no more, and cannot write',
    async (t) => {
      const server = await openServer(({ connectString }) => connectString);
      t.cleanup(() => server.stop?.());
      const zk = await connect(server.connectString);
      t.cleanup(() => zk.close());
      await zk.create('/written', 'nobody');
      const folder = join(top, '.cache', `pause-${process.pid}`);
      mkdirSync(folder, { recursive: true });
      t.cleanup(() => rmSync(folder, { recursive: true }));
      writeFileSync(join(folder, 'holder.mjs'), holder);
      const child = startChild(t, [join(folder, 'holder.mjs'), server.connectString]);
      const [, token] = await child.says(/held (\d+)/);
      child.kill('SIGSTOP');
      const next = await acquireLock(zk, '/lock');
      assert.ok(next.token.zxid > BigInt(token!));
      child.kill('SIGCONT');
      assert.is(await child.ended, 0, child.output.err);
      assert.match(child.output.out, /certain false\n(.*\n)*aborted true\n/);
      assert.match(child.output.out, /told HOLD_LOST\n/);
      assert.match(child.output.out, /refused (NO_NODE|SESSION_EXPIRED|CONNECTION_LOSS)\n/);
      assert.ok(next.isCertain());
      assert.is(await zk.getData('/written', { codec: text }), 'nobody');
    },
    { timeoutMs: 30_000 },
  );
});
