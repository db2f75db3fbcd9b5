/** What locks do where nothing tells what the calling code holds, as in browsers. */
import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { top } from '../../house/repository.js';
import { suite } from '../../support/suite.js';

/** Tells what became of some requests made under a lock, one a line. */
const program = `
  import { startLocal } from '@vivarium/core/local';
  import { acquireLock, withLock } from '@vivarium/recipes';
  const local = await startLocal();
  const zk = await local.connect();
  const said = ({ name, message }) => name + message;
  const fate = (request) => request.then((hold) => hold.release()).then(() => 'granted', said);
  await withLock(zk, '/lock', async () => {
    console.log(await fate(acquireLock(zk, '/lock', { timeoutMs: 50 })));
    console.log(await fate(acquireLock(zk, '/lock', { reentrant: true })));
  });
  console.log(await fate(acquireLock(zk, '/lock')));
  await local.stop();
`;

suite('locks in a browser', (test) => {
  for (const [where, first, second] of [
    ['browser', /^TIMED_OUT/, /^BAD_ARGUMENTS.*nothing tells here what the caller holds/],
    ['node', /^SELF_DEADLOCK/, /^granted/],
  ] as const) {
    test(
      `do not tell a deadlock, and refuse what they cannot do; in Node they do (${where})`,
      () => {
        const words = ['--input-type=module', `--conditions=${where}`, '-e', program];
        const { stdout, stderr } = spawnSync(process.execPath, words, {
          cwd: top,
          encoding: 'utf8',
          timeout: 90_000,
        });
        const [waited, again, after] = stdout.split('\n');
        assert.match(waited!, first, stderr);
        assert.match(again!, second);
        assert.is(after, 'granted');
      },
      { timeoutMs: 90_000 },
    );
  }
});
