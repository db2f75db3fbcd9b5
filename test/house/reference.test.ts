import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { referencePages, stalePages, updatePages } from './reference.js';

suite('the reference pages', (test) => {
  test('say what the tables say; if not: node test/dist/house/reference.js --update', () => {
    assert.equal(stalePages(), []);
  });

  test('are found stale when one differs or is missing', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'vivarium-reference-'));
    t.cleanup(() => rmSync(folder, { recursive: true }));
    const url = pathToFileURL(`${folder}/`);
    assert.is(stalePages(url).length, referencePages().size);
    updatePages(url);
    assert.equal(stalePages(url), []);
    writeFileSync(join(folder, 'errors.md'), 'old');
    assert.equal(stalePages(url), ['errors.md']);
  });

  test('have no empty row and no broken table', () => {
    for (const [name, text] of referencePages()) {
      const tables = text.split('\n').filter((line) => line.startsWith('|'));
      assert.ok(tables.length > 3, name);
      assert.not.match(text, /undefined|\[object/, name);
    }
  });
});
