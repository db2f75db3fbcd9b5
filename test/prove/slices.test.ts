import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../support/suite.js';
import { renderPage } from './page.js';
import { OutOfTime } from './proof.js';
import { Slices } from './slices.js';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'vivarium-slices-'));
  t.cleanup(() => rmSync(path, { recursive: true }));
  return path;
}

const signal = new AbortController().signal;

suite('the frame of proofs', (test) => {
  test('a slice that is done is not done again by a later run of the same code', async (t) => {
    const options = { path: join(folder(t), 's'), fingerprint: 'a', deadlineMs: Infinity, signal };
    assert.is(await new Slices(options).run('one', async () => 1), 1);
    assert.is(await new Slices(options).run('one', async () => 2), 1);
  });
  test('other code begins anew', async (t) => {
    const options = { path: join(folder(t), 's'), fingerprint: 'a', deadlineMs: Infinity, signal };
    await new Slices(options).run('one', async () => 1);
    assert.is(await new Slices({ ...options, fingerprint: 'b' }).run('one', async () => 2), 2);
  });
  test('a slice that fails is done again', async (t) => {
    const options = { path: join(folder(t), 's'), fingerprint: 'a', deadlineMs: Infinity, signal };
    const failing = new Slices(options).run('one', async () => {
      throw new Error('no');
    });
    assert.is(await failing.catch((error: Error) => error.message), 'no');
    assert.is(await new Slices(options).run('one', async () => 2), 2);
  });
  test('no slice begins when the time is over', async (t) => {
    const options = { path: join(folder(t), 's'), fingerprint: 'a', deadlineMs: 0, signal };
    const late = new Slices(options).run('one', async () => 1);
    assert.instance(await late.catch((error: unknown) => error), OutOfTime);
  });
  test('a page says what was shown, whether it holds, and how to see it again', () => {
    const verdict = { holds: false, counts: { 'lost | found': 3 }, versions: { Peer: '1.2' } };
    const page = renderPage(
      { name: 'x', what: 'All is well.' },
      verdict,
      'run x',
      '2026-01-02T03:04',
    );
    assert.match(page, /^# x\n\nAll is well\.\n/);
    assert.match(page, '| Result | **does not hold** |');
    assert.match(page, '| Peer | 1.2 |');
    assert.match(page, '| lost \\| found | 3 |');
    assert.match(page, '| Began | 2026-01-02 03:04 |');
    assert.match(page, '| Command | `run x` |');
  });
});
