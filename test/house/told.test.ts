import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@vivarium/core';
import { recipes } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { filesBelow, top } from './repository.js';
import { untoldByHeader, untoldByStreams } from './told.js';

/** Where a recipe is exported from, by its name. */
function fileOf(name: string): string {
  const index = readFileSync(join(top, 'recipes/src/index.ts'), 'utf8');
  for (const [, names, file] of index.matchAll(/^export \{([^}]*)\} from '\.\/(.*)\.js';/gm)) {
    if (names!.split(',').some((each) => each.trim() === name)) return `recipes/src/${file}.ts`;
  }
  throw new Error(`index.ts exports no ${name}`);
}

const recipeFiles = new Set(Object.keys(recipes({} as Client)).map(fileOf));

suite('the sources tell', (test) => {
  test('of each recipe what it is, its nodes, and what holds when', () => {
    assert.ok(recipeFiles.size >= 20);
    const silent = [...recipeFiles]
      .map((path) => [path, untoldByHeader(readFileSync(join(top, path), 'utf8'))] as const)
      .filter(([, lacks]) => lacks.length > 0);
    assert.equal(silent, []);
  });

  test('of each observable its five facts', () => {
    const files = [...filesBelow('recipes/src', '.ts'), ...filesBelow('core/src/client', '.ts')]
      // What is only bound there is told where it is made.
      .filter(({ path }) => !/(?:recipes|streams)\.ts$/.test(path) || /subtree/.test(path));
    const silent = files.flatMap(({ path, text }) =>
      untoldByStreams(text).map((lacks) => `${path} ${lacks}`),
    );
    assert.equal(silent, []);
  });

  test('and a source that does not is found', () => {
    const header = '/** A lock. Nodes: one. Connected it holds. Suspended it is suspect. */\n';
    assert.equal(untoldByHeader(header), ['what holds when the session is lost']);
    assert.is(untoldByHeader('import type { Client } from "x";\n/** Nodes. */').length, 4);
    const stream = (comment: string) => `${comment}\nexport function x$(zk: Client) {}`;
    const all =
      '/**\n * Hot; begins with the present one;\n * silent while disconnected; errors never;\n' +
      ' * completes with its client.\n */';
    assert.equal(untoldByStreams(stream(all)), []);
    assert.equal(untoldByStreams(stream(all.replace('completes', 'ends'))), [
      'x$: when it completes',
    ]);
    assert.is(untoldByStreams('const a = 1;\nexport function x$() {}').length, 1);
    const member = `interface A {\n${all}\n  readonly x$: Observable<number>;\n}`;
    assert.equal(untoldByStreams(member), []);
    assert.is(untoldByStreams(member.replace(all, '')).length, 1);
    assert.is(untoldByStreams(member.replace('Hot', 'Warm')).length, 1);
  });
});
