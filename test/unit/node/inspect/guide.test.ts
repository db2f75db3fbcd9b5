import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { inspect } from '../../../support/run-inspect.js';
import { suite, type TestContext } from '../../../support/suite.js';
import { created, FIVE, writeLog, writeSnapshot } from './files.js';

/** `UPDATE_GUIDE=1` writes into the guide what the commands print. */
const GUIDE = fileURLToPath(
  new URL('../../../../../docs/guides/inspecting-files.md', import.meta.url),
);

/** The folders that the guide speaks of, as the current one. */
function guideFolder(t: TestContext): void {
  const { folder, bytes, records, path } = writeLog(t);
  const top = dirname(folder);
  for (const name of ['torn', 'spoilt']) mkdirSync(join(top, name));
  const torn = Buffer.from(bytes).fill(0, records[4]!.at + 40);
  writeFileSync(join(top, 'torn', basename(path)), torn);
  const spoilt = Buffer.from(bytes);
  spoilt[records[2]!.at + 50]! ^= 1;
  writeFileSync(join(top, 'spoilt', basename(path)), spoilt);
  for (const bodies of [FIVE.slice(0, 4), [...FIVE, created('/app/config', 'x'.repeat(500))]]) {
    const snapshot = writeSnapshot(t, bodies);
    copyFileSync(snapshot, join(folder, basename(snapshot)));
  }
  const before = process.cwd();
  process.chdir(top);
  t.cleanup(() => process.chdir(before));
}

/** Most of it goes into loading what is tested, on a machine that is busy. */
const LIMIT = { timeoutMs: 60_000 };

suite(
  'the guide to inspecting files',
  (test) => {
    test('shows what the commands print', async (t) => {
      guideFolder(t);
      const text = readFileSync(GUIDE, 'utf8');
      const fence = /^```console\n([\s\S]*?)^```$/gm;
      let told = '';
      let commands = 0;
      let at = 0;
      for (const match of text.matchAll(fence)) {
        told += text.slice(at, match.index);
        told += '```console\n';
        for (const [line, words] of match[1]!.matchAll(/^\$ vivarium inspect (.*)$/gm)) {
          const { out, err } = await inspect(...words!.split(' '));
          told += `${line}\n${out}${err}`;
          commands++;
        }
        told += '```';
        at = match.index + match[0].length;
      }
      told += text.slice(at);
      assert.is(commands, 10);
      if (process.env.UPDATE_GUIDE !== undefined) writeFileSync(GUIDE, told);
      else assert.equal(text.split('\n'), told.split('\n'), 'UPDATE_GUIDE=1 says it anew');
    });
  },
  LIMIT,
);
