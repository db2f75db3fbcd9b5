/** The program of README.md that keeps running does so while the leader is killed. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { fencesOf } from '../house/fences.js';
import { top } from '../house/repository.js';
import { startChild } from '../support/child.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';
import { vivarium } from '../support/vivarium.js';

const CONNECT = '127.0.0.1:2181,127.0.0.1:2182,127.0.0.1:2183';
const text = readFileSync(join(top, 'README.md'), 'utf8');
const program = fencesOf({ path: 'README.md', text }).find(({ code }) => code.includes(CONNECT));

suite('the program of README.md that counts', (test) => {
  test(
    'goes on with its lock in the same session when the leader is killed with -9',
    async (t) => {
      const ensemble = vivarium(t, ['ensemble', '--port', '0', '--data', tempFolder(t)]);
      const [, connectString] = await ensemble.says(/connect {2}(\S+)/);
      const [, leader] = await ensemble.says(/pid (\d+) {2}leader/);
      await ensemble.says(/ node try\.mjs/);
      const folder = join(top, '.cache', `readme-count-${process.pid}`);
      mkdirSync(folder, { recursive: true });
      t.cleanup(() => rmSync(folder, { recursive: true }));
      const file = join(folder, 'count.mjs');
      writeFileSync(file, program!.code.replace(CONNECT, connectString!));
      const child = startChild(t, [file], { cwd: folder });
      await child.says(/^2 \S+ lock held$/m);
      process.kill(Number(leader), 'SIGKILL');
      await ensemble.says(/is gone: it was ended by SIGKILL/);
      await ensemble.says(/server \d leads now/);
      const count = Number(/^(\d+) /.exec(child.output.out.trim().split('\n').at(-1)!)![1]);
      await child.says(new RegExp(`^${count + 5} \\S+ lock held$`, 'm'));
      assert.is(child.output.err, '');
      assert.not.match(child.output.out, /in doubt/);
    },
    { timeoutMs: 60_000 },
  );
});
