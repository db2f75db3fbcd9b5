import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { runSeed } from './run-seed.js';
import { bootServer } from './world/boot.js';

const main = fileURLToPath(new URL('./main.js', import.meta.url));

/** `npm run sim` with these words. */
function sim(...words: readonly string[]) {
  const options = { encoding: 'utf8', timeout: 60_000, maxBuffer: 2 ** 28 } as const;
  return spawnSync(process.execPath, [main, ...words], options);
}

suite(
  'a seed',
  (test) => {
    test('gives the same run twice, in this process and in another', async () => {
      for (const seed of [1, 77, 4_294_967_299]) {
        const first = await runSeed({ seed, boot: bootServer });
        const second = await runSeed({ seed, boot: bootServer });
        assert.is(second.traceHash, first.traceHash);
        const { status, stdout } = sim('--seed', String(seed));
        assert.is(status, 0, stdout);
        assert.match(stdout, `trace ${first.traceHash}`);
      }
    });

    test('gives another run than the next one', async () => {
      const hashes = new Set<string>();
      for (const seed of [1, 2, 3])
        hashes.add((await runSeed({ seed, boot: bootServer })).traceHash);
      assert.is(hashes.size, 3);
    });

    test('can be watched: a line for everything that happens, with its time', () => {
      const { status, stdout } = sim('--seed', '7', '--log');
      assert.is(status, 0);
      const lines = stdout.split('\n');
      assert.ok(lines.length > 500, `${lines.length} lines`);
      assert.match(stdout, /^\d+\.\d{3} fault \w+/m);
      assert.match(stdout, /^\d+\.\d{3} c\d+\/\d+ asks \d+ \w+/m);
    });
  },
  { timeoutMs: 60_000 },
);
