/** The programs of the cookbook run to their end, each against a server of its own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openServer } from '../compliance/server.js';
import { fencesOf } from '../house/fences.js';
import { filesBelow, top } from '../house/repository.js';
import { startChild } from '../support/child.js';
import { suite } from '../support/suite.js';

const programs = filesBelow('docs/cookbook', '.md').flatMap(fencesOf);
const address = '127.0.0.1:2181';
const folder = join(top, '.cache', 'cookbook');

suite('the cookbook', (test) => {
  test(
    'has programs that compile, one on each page at least',
    () => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const [index, { code }] of programs.entries()) {
        assert.ok(code.includes(address));
        const program = code.replace(`'${address}'`, 'process.argv[2]!');
        writeFileSync(join(folder, `program-${index}.mts`), program);
      }
      assert.is(new Set(programs.map(({ where }) => where.split(':')[0])).size, 24);
      const tsc = join(top, 'node_modules/typescript/bin/tsc');
      const options = ['--target', 'ES2022', '--module', 'NodeNext', '--strict', '--skipLibCheck'];
      const files = programs.map((_, index) => `program-${index}.mts`);
      const types = ['--ignoreConfig', '--types', 'node', '--pretty', 'false'];
      const words = [tsc, ...options, ...types, ...files];
      const { status, stdout } = spawnSync(process.execPath, words, {
        cwd: folder,
        encoding: 'utf8',
        timeout: 30_000,
      });
      assert.is(status, 0, stdout);
    },
    { timeoutMs: 30_000 },
  );

  for (const [index, { where }] of programs.entries()) {
    test(`its program at ${where} runs, and ends by itself`, async (t) => {
      const server = await openServer(({ connectString }) => connectString);
      t.cleanup(() => server.stop?.());
      const program = join(folder, `program-${index}.mjs`);
      const child = startChild(t, [program, server.connectString], { cwd: folder });
      assert.is(await child.ended, 0, child.output.err);
      assert.is(child.output.err, '');
    });
  }
});
