/**
 * Programs that hold a lock and compute for longer than their session lives, in processes of their
 * own: with pings from a thread it is still theirs, without it is not.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@vivarium/core';
import { acquireLock } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { openServer } from '../compliance/server.js';
import { top } from '../house/repository.js';
import { startChild } from '../support/child.js';
import { suite } from '../support/suite.js';

const TIMEOUT_MS = 6_000;
/** Twice and a half the timeout. */
const BLOCKED_MS = 15_000;

const holder = `
import { connect } from '@vivarium/core';
import { acquireLock } from '@vivarium/recipes';

const [servers, options] = process.argv.slice(2);
const zk = await connect(servers, { sessionTimeoutMs: ${TIMEOUT_MS}, ...JSON.parse(options) });
const hold = await acquireLock(zk, '/lock');
const session = zk.session.id;
console.log('held');
const idle = new Int32Array(new SharedArrayBuffer(4));
const until = performance.now() + ${BLOCKED_MS};
while (performance.now() < until) Atomics.wait(idle, 0, 0, 100);
console.log('certain', hold.isCertain(), zk.certainUntil - zk.clock.now() > 0);
await zk.sync().catch(() => zk.sync());
const stat = await zk.exists(hold.path);
console.log('there', stat?.ephemeralOwner === session && zk.session.id === session, zk.generation);
console.log('held still', hold.isCertain(), hold.signal.aborted);
await hold.release();
await zk.close();
console.log('gone');
`;

suite('a program that computes for longer than its session lives', (test) => {
  test(
    'holds its lock by pings from a thread, unless they have an end, and not without',
    async (t) => {
      const folder = join(top, '.cache', `heartbeat-${process.pid}`);
      mkdirSync(folder, { recursive: true });
      t.cleanup(() => rmSync(folder, { recursive: true }));
      writeFileSync(join(folder, 'holder.mjs'), holder);
      const play = async (options: object, web = false) => {
        const of = ({ connectString }: { readonly connectString: string }) =>
          web ? `ws://${connectString}` : connectString;
        const server = await openServer(of);
        t.cleanup(() => server.stop?.());
        const words = [join(folder, 'holder.mjs'), server.connectString, JSON.stringify(options)];
        const child = startChild(t, words);
        await child.says(/held/);
        const zk = await connect(server.connectString);
        t.cleanup(() => zk.close());
        const waiting = new AbortController();
        const next = acquireLock(zk, '/lock', { signal: waiting.signal }).then(
          () => 'lost to another',
          () => 'kept',
        );
        await child.says(/certain/);
        waiting.abort();
        const fate = await next;
        await child.says(/gone/);
        assert.is(await child.ended, 0, child.output.err);
        return [fate, ...child.output.out.trim().split('\n').slice(1, 4)];
      };
      const [beating, overWeb, silent, limited] = await Promise.all([
        play({ heartbeat: 'worker' }),
        play({ heartbeat: 'worker' }, true),
        play({}),
        play({ heartbeat: 'worker', heartbeatMaxStallMs: 1_000 }),
      ]);
      const kept = ['kept', 'certain true true', 'there true 1', 'held still true false'];
      assert.equal(beating, kept);
      assert.equal(overWeb, kept);
      for (const lost of [silent!, limited!]) {
        assert.equal(lost.slice(0, 2), ['lost to another', 'certain false false']);
        assert.match(lost[2]!, /^there false/);
        assert.is(lost[3], 'held still false true');
      }
    },
    { timeoutMs: 150_000 },
  );
});
