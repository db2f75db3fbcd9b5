import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stop } from 'esbuild';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import {
  type Bundle,
  bundleOf,
  findSizeTable,
  isNearly,
  readSizeTable,
  recipeRows,
  type SizeRow,
  sizeTable,
} from './bundles.js';
import { top } from './repository.js';

/**
 * For each recipe of the README, the folders and files of recipes/src that a program gets with it,
 * besides `shared` and `errors.js`. What is not here is not pulled in.
 */
const pulledIn: Readonly<Record<string, readonly string[]>> = {
  lock: ['hold', 'lock'],
  'read-write lock': ['hold', 'lock'],
  'lock queue': ['group', 'lock', 'permits', 'revocation'],
  permits: ['hold', 'lock', 'permits'],
  lease: ['hold', 'lease'],
  'group membership': ['group'],
  'service discovery': ['group', 'service'],
  'kept node': ['group', 'kept'],
  'node with a time to live': ['kept'],
  partitions: ['group', 'hold', 'lock', 'partitions'],
  'leader election': ['election', 'group', 'hold'],
  barrier: ['barrier.js'],
  'double barrier': ['double-barrier', 'hold', 'phaser.js'],
  'count-down latch': ['count-down-latch.js'],
  configuration: ['config.js'],
  'configuration history': ['config-history', 'stm'],
  'configuration set': ['config-set', 'stm'],
  counter: ['counter.js'],
  'shared value': ['shared-value.js'],
  transaction: ['stm'],
  migration: ['hold', 'lock', 'migration', 'stm'],
  ids: ['counter.js', 'id-generator.js'],
  'work queue': ['hold', 'work-queue'],
};

const file = join(top, 'README.md');
const readme = readFileSync(file, 'utf8');
const rows = recipeRows(readme);
const CLIENT = '{ connect }';
const LIMIT = { timeoutMs: 120_000 };

/** Bundled once for all tests: the client with each recipe, by its name. */
let bundled: Promise<ReadonlyMap<string, Bundle>> | undefined;

function eachBundled(): Promise<ReadonlyMap<string, Bundle>> {
  bundled ??= (async () => {
    const bundles = new Map<string, Bundle>();
    for (const { name, functions } of rows) {
      bundles.set(name, await bundleOf(CLIENT, `{ ${functions.join()} }`));
    }
    return bundles;
  })();
  return bundled;
}

async function measured(): Promise<readonly SizeRow[]> {
  const client = await bundleOf(CLIENT, '');
  const whole = await bundleOf('*', '*');
  const recipes = [...(await eachBundled())].map(([name, bundle]): SizeRow => {
    const minified = bundle.minifiedBytes - client.minifiedBytes;
    return [`+ ${name}`, minified, bundle.gzippedBytes - client.gzippedBytes];
  });
  return [
    ['the client, rxjs included', client.minifiedBytes, client.gzippedBytes],
    ...recipes,
    ['all of both packages', whole.minifiedBytes, whole.gzippedBytes],
  ];
}

suite('what a page loads', (test) => {
  test(
    'is as large as the README says (UPDATE_BUNDLE_SIZES=1 says it anew)',
    async (t) => {
      t.cleanup(stop);
      const now = await measured();
      const { at, text } = findSizeTable(readme);
      if (process.env.UPDATE_BUNDLE_SIZES === '1') {
        const end = readme.slice(at + text.length);
        writeFileSync(file, readme.slice(0, at) + sizeTable(now) + end);
        return;
      }
      const told = readSizeTable(text);
      assert.equal(
        told.map(([what]) => what),
        now.map(([what]) => what),
      );
      const wrong = now.filter(([, minified, gzipped], row) => {
        const [, toldMinified, toldGzipped] = told[row]!;
        return !isNearly(toldMinified, minified) || !isNearly(toldGzipped, gzipped);
      });
      assert.equal(wrong, []);
    },
    LIMIT,
  );

  test(
    'with one recipe is that recipe, and no other that it does not use',
    async (t) => {
      t.cleanup(stop);
      const found: Record<string, readonly string[]> = {};
      for (const [name, { recipeFiles }] of await eachBundled()) {
        const parts = new Set(recipeFiles.map((path) => path.split('/')[0]!));
        for (const common of ['shared', 'errors.js', 'index.js']) parts.delete(common);
        found[name] = [...parts].sort();
      }
      assert.equal(found, pulledIn);
    },
    LIMIT,
  );

  test('is told for every function of the recipes', async () => {
    const recipes = (await import('@vivarium/recipes')) as Record<string, unknown>;
    const told = new Set(rows.flatMap(({ functions }) => functions));
    // These belong to all of them.
    for (const name of ['recipes', 'isRecipeError', 'pendingCleanups$']) told.add(name);
    const isPlain = (name: string) => !/^[A-Z]/.test(name);
    const missing = Object.keys(recipes).filter((name) => isPlain(name) && !told.has(name));
    assert.equal(missing, []);
  });

  test('is compared with some tolerance, but not with much', () => {
    assert.is(isNearly(25.1, 25_143), true);
    assert.is(isNearly(25.1, 25_600), true);
    assert.is(isNearly(25.1, 25_700), false);
    assert.is(isNearly(0.4, 512), false);
    const table = sizeTable([['x', 74_021, 25_143]]);
    assert.equal(readSizeTable(table), [['x', 74, 25.1]]);
    assert.is(findSizeTable(`# y\n\n${table}\nz\n`).text, table);
  });
});
