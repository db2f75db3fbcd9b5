/** `vivarium example` as a person runs it. */
import { readdirSync } from 'node:fs';
import type { ExamplesModule } from '@vivarium/core/internal/node/cli/example';
import * as door from '@vivarium/recipes/examples';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';
import { vivarium } from '../support/vivarium.js';

/** The compiler says so if they are no longer what the command line loads by name. */
const { examples }: ExamplesModule & typeof door = door;

suite(
  'vivarium example',
  (test) => {
    test('lists all, one line each, within eighty columns', async (t) => {
      const child = vivarium(t, ['example']);
      assert.is(await child.ended, 0);
      const lines = child.output.out.split('\n');
      for (const [name, { title }] of Object.entries(examples)) {
        assert.ok(
          lines.some((line) => line.startsWith(`  ${name} `) && line.endsWith(` ${title}`)),
          name,
        );
      }
      for (const line of lines) assert.ok(line.length <= 80, line);
    });

    test('lists them for programs', async (t) => {
      const child = vivarium(t, ['example', '--json']);
      assert.is(await child.ended, 0);
      const rows = child.output.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.equal(
        rows,
        Object.entries(examples).map(([name, { title }]) => ({ name, title })),
      );
    });

    test('refuses what is none, with the nearest', async (t) => {
      const child = vivarium(t, ['example', 'permit']);
      assert.is(await child.ended, 2);
      assert.match(child.output.err, /no example "permit"\. Did you mean permits\?/);
      const two = vivarium(t, ['example', 'lock', 'permits']);
      assert.is(await two.ended, 2);
      assert.match(two.output.err, /Name one example/);
    });

    test('is ended by Ctrl-C with nothing left of it, who is stopped included', async (t) => {
      const folder = tempFolder(t);
      const child = vivarium(t, ['example', 'lock'], { env: { TMPDIR: folder } });
      await child.says(/Ben's process is stopped/);
      assert.is(readdirSync(folder).length, 1);
      child.kill('SIGINT');
      assert.is(await child.ended, 130);
      assert.equal(readdirSync(folder), []);
      assert.not.match(child.output.out, /✓|✗/);
      // That no process is left is looked at after each test file.
    });
  },
  { timeoutMs: 90_000 },
);
