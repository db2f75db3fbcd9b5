/** A server that was launched by another process ends with it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { PROGRAM, zooCfg } from '../support/vivarium.js';

suite('a server whose launcher is gone', (test) => {
  test(
    'ends, also when that went before it had begun to listen for it',
    async (t) => {
      const env = { ...process.env, VIVARIUM_LAUNCHED: '1' };
      const child = fork(PROGRAM, ['server', zooCfg(t).path], { stdio: 'ignore', env });
      t.cleanup(() => void child.kill('SIGKILL'));
      const ended = once(child, 'exit');
      child.disconnect();
      const [code] = (await ended) as [number | null];
      assert.is(code, 0);
    },
    { timeoutMs: 60_000 },
  );
});
