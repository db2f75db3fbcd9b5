/** The programs of the cookbook run to their end, each against a server of its own. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import * as assert from 'uvu/assert';
import { openServer } from '../compliance/server.js';
import { fencesOf } from '../house/fences.js';
import { filesBelow, top } from '../house/repository.js';
import { startChild } from '../support/child.js';
import { suite } from '../support/suite.js';

const programs = filesBelow('docs/recipes', '.md').flatMap(fencesOf);
const address = '127.0.0.1:2181';

suite('the cookbook', (test) => {
  for (const { where, code, language } of programs) {
    test(`its program at ${where} runs, and ends by itself`, async (t) => {
      const server = await openServer(({ connectString }) => connectString);
      t.cleanup(() => server.stop?.());
      const folder = join(top, '.cache', `cookbook-${process.pid}`);
      mkdirSync(folder, { recursive: true });
      t.cleanup(() => rmSync(folder, { recursive: true }));
      const file = join(folder, 'program.mjs');
      assert.ok(code.includes(address));
      const program = code.replace(address, server.connectString);
      writeFileSync(file, transformSync(program, { loader: language }).code);
      const child = startChild(t, [file], { cwd: folder });
      assert.is(await child.ended, 0, child.output.err);
      assert.is(child.output.err, '');
    });
  }

  test('has a program on each page', () => {
    assert.is(new Set(programs.map(({ where }) => where.split(':')[0])).size, 6);
  });
});
