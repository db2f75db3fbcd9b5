import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { findTests, runFile } from './runner.js';
import { suite } from './suite.js';

/** Each way in which a test run can look green although it is not, and what must be said of it. */
const reds: Readonly<Record<string, RegExp>> = {
  'fails-an-assertion': /failed: fixture › two numbers differ/,
  'throws-at-import': /ran 0 of 1 tests/,
  'throws-a-text': /failed: fixture › throws a text/,
  'throws-undefined': /failed: fixture › rejects with nothing/,
  'throws-a-nameless-error': /failed: fixture › throws an error/,
  'fails-in-cleanup': /failed: fixture › passes, then fails/,
  'rejects-unheard': /exit code 1/,
  'fails-then-rejects-unheard': /failed: fixture › fails first, .*: Error: the first failure/,
  'throws-late': /exit code 1/,
  'declares-no-suite': /declared no test/,
  'declares-no-test': /failed: fixture › declares at least one test/,
  'declares-tests-late': /exit code 1/,
  'never-settles': /failed: fixture › waits for ever/,
  'never-yields': /killed after its limit of 700 ms/,
  'exits-early': /ran 0 of 2 tests/,
  'leaves-a-server': /left open: .*a server listening on .*127\.0\.0\.1/,
  'leaves-a-process': /left a process running/,
};

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}.js`, import.meta.url));

suite('the runner', (test) => {
  for (const [name, problem] of Object.entries(reds)) {
    test(`a file that ${name.replaceAll('-', ' ')} is red`, async () => {
      const result = await runFile(fixture(name), name === 'never-yields' ? 700 : 20_000);
      assert.ok(result.failed > 0, 'counts at least one failure');
      assert.match(result.problems.join('\n'), problem);
    });
  }
  test('a file whose tests all pass is green', async () => {
    const result = await runFile(fixture('is-green'), 20_000);
    assert.equal(result.problems, []);
    assert.is(result.passed, 2);
    assert.is(result.failed, 0);
  });
  const run = (...words: readonly string[]) => {
    const main = fileURLToPath(new URL('./run.js', import.meta.url));
    return spawnSync(process.execPath, [main, ...words], { encoding: 'utf8' });
  };
  test('a run without a single test file is red', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'vivarium-empty-'));
    t.cleanup(() => rmSync(root, { recursive: true }));
    const ended = run('--root', root);
    assert.is(ended.status, 1);
    assert.match(ended.stdout, /0 passed, 1 failed\n$/);
  });
  test('a run with a word that chooses nothing is red, whatever the others choose', () => {
    const ended = run('support/suite', 'no/such/test');
    assert.is(ended.status, 1);
    assert.match(ended.stdout, /no test file matches no\/such\/test\n\d+ passed, 1 failed\n$/);
  });
  test('what an earlier build left of a test that has gone is not run', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'vivarium-stale-'));
    t.cleanup(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'dist'));
    for (const path of ['here.test.ts', 'dist/here.test.js', 'dist/gone.test.js']) {
      writeFileSync(join(folder, path), '');
    }
    assert.equal(findTests(join(folder, 'dist')), ['here.test.js']);
  });
});
