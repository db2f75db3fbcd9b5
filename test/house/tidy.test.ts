import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { checkImports, findCircles } from './import-rules.js';
import { filesBelow } from './repository.js';
import { importsOf } from './source-text.js';
import { checkDocument, checkSource, checkText } from './tidy.js';

const none = (problems: readonly string[]) => {
  if (problems.length > 0) assert.unreachable(`\n${problems.join('\n')}`);
};

const sources = filesBelow('', '.ts', '.js', '.mjs', '.tsx');
const core = sources.filter(({ path }) => /^core\/(?:src|console)\//.test(path));
const documents = filesBelow('', '.md');

suite('the house', (test) => {
  test('there is a house to look at', () => {
    assert.ok(core.length > 30, 'finds the sources of core');
    assert.ok(documents.length > 0, 'finds the documents');
  });
  test('every folder imports only what it may', () => {
    none(sources.flatMap(checkImports));
  });
  test('no imports go round in a circle', () => {
    none(findCircles(core));
  });
  test('every source keeps the rules of the house', () => {
    none(sources.flatMap(checkSource));
  });
  test('every document has one title', () => {
    none(documents.flatMap(checkDocument));
  });
});

const said = (path: string, text: string) => [
  ...checkImports({ path, text }),
  ...checkSource({ path, text }),
];

suite('the rules of the house find', (test) => {
  const finds = (name: string, path: string, text: string, problem: RegExp) =>
    test(name, () => {
      const problems = said(path, text);
      assert.is(problems.length, 1, problems.join('\n'));
      assert.match(problems[0]!, problem);
    });
  const pure = 'core/src/tree/x.ts';
  finds('a way upward', pure, `import { x } from '../peer/x.js';`, /tree\/ may not import peer\//);
  finds('a package', pure, `import { x } from 'rxjs';`, /may not import 'rxjs'/);
  finds("one of Node's own", 'core/src/client/x.ts', `import 'node:fs';`, /'node:fs'/);
  finds('an import in the middle', pure, `const x = await_(import('ws'));`, /may not import 'ws'/);
  finds('a re-export', pure, `export * from '../storage/x.js';`, /may not import storage\//);
  finds('a way out', pure, `import { x } from '../../../test/x.js';`, /leads out/);
  finds('an unknown folder', 'core/src/new/x.ts', `import { x } from './y.js';`, /has no row/);
  finds(
    'values of peer in admin',
    'core/src/admin/x.ts',
    `import { x } from '../peer/x.js';`,
    /only types/,
  );
  finds(
    'uvu outside support',
    'test/unit/x.ts',
    `import { test } from 'uvu';`,
    /only test\/support/,
  );
  finds(
    'the server in a recipe',
    'recipes/src/x.ts',
    `import { x } from '@vivarium/core/server';`,
    /recipes may/,
  );
  finds(
    'an example in a recipe',
    'recipes/src/lock/x.ts',
    `import { x } from '../examples/lock.js';`,
    /may not import their examples/,
  );
  finds(
    'the server in an example',
    'recipes/src/examples/x.ts',
    `import { x } from '@vivarium/core/server';`,
    /recipes may/,
  );
  finds('the server in the console', 'core/console/x.tsx', `import 'ws';`, /the console may/);
  finds(
    'an inner door in the console',
    'core/console/x.tsx',
    `import '@vivarium/core/internal/wire/framing';`,
    /the console may/,
  );
  finds(
    'a way out of the console',
    'core/console/tree/x.ts',
    `import { x } from '../../src/wire/x.js';`,
    /leads out of core\/console/,
  );
  finds('the clock', pure, 'const now = Date.now();', /x\.ts:1: 'Date\.now'/);
  finds('a date of now', pure, 'const now = new Date();', /'new Date\(\)'/);
  finds('a date of now without brackets', pure, 'const now = new Date;', /'new Date'/);
  finds('now as a text', 'recipes/src/x.ts', 'const now = Date();', /'Date\('/);
  finds('a timer of signals', 'recipes/src/x.ts', 'f(AbortSignal.timeout(1));', /only hosts/);
  finds('randomness of the web', 'recipes/src/x.ts', 'x = crypto.randomUUID();', /from the host/);
  finds('a word on the console', 'core/src/client/x.ts', 'console.log(1);', /are silent/);
  finds('randomness', 'core/src/client/x.ts', 'const x = Math.random();', /Math\.random/);
  finds(
    'the locale',
    'recipes/src/x.ts',
    'names.sort((a, b) => a.localeCompare(b));',
    /code units/,
  );
  finds('a timer', 'core/src/client/x.ts', 'setTimeout(f, 1);', /only hosts/);
  finds('waiting in a machine', pure, 'async function f() {}', /awaits nothing/);
  finds('a default export', 'test/x.ts', 'export default 1;', /by name/);
  finds('a long line', 'test/x.ts', `const x = ${'1 + '.repeat(30)}1;`, /100 columns/);
  finds('a long comment', 'test/x.ts', `f(); // ${'x '.repeat(50)}`, /100 columns/);
  finds('a long file', pure, 'x();\n'.repeat(401), /401 lines/);
  finds('work left to do', 'test/x.ts', `// ${'TO'}${'DO'}: more`, /belongs in an issue/);
  finds("somebody's path", 'test/x.ts', `const x = '${'/ho'}me/ann/x/y';`, /somebody's machine/);
  test('a circle', () => {
    const file = (name: string, to: string) => ({
      path: `core/src/base/${name}.ts`,
      text: `import { x } from './${to}.js';`,
    });
    const circles = findCircles([file('a', 'b'), file('b', 'c'), file('c', 'a'), file('d', 'a')]);
    assert.equal(circles.length, 1);
    assert.match(circles[0]!, /a\.ts → .*b\.ts → .*c\.ts → .*a\.ts/);
  });
  test('two titles, or none', () => {
    assert.is(checkDocument({ path: 'x.md', text: '# One\n\n# Two\n' }).length, 1);
    assert.is(checkDocument({ path: 'x.md', text: 'none\n' }).length, 1);
  });
});

suite('the rules of the house let pass', (test) => {
  const passes = (name: string, path: string, text: string) =>
    test(name, () => assert.equal(said(path, text), []));
  const pure = 'core/src/tree/x.ts';
  passes('what the table allows', pure, `import type { X } from '../wire/x.js';`);
  passes(
    'types of peer in admin',
    'core/src/admin/x.ts',
    `import type {\n  X,\n} from '../peer/x.js';`,
  );
  passes(
    'a banned word in a comment',
    pure,
    '/** Not Date.now, not\n * await. */ // Promise\nf();',
  );
  passes('a banned word in a text', pure, `const x = 'Date.now' + "await" + \`Promise\`;`);
  passes('a quote inside a regex', pure, `const x = /['"\`]/.test(y); // it's "fine"\nf();`);
  passes('a date made of a number', pure, 'const x = new Date(0);');
  passes('the clock in a host', 'core/src/node/x.ts', 'const x = Date.now();');
  passes('processes in an example', 'recipes/src/examples/x.ts', `import 'node:child_process';`);
  passes('the client in the console', 'core/console/x.tsx', `import '@vivarium/core';`);
  passes(
    'layouts in the console',
    'core/console/x.tsx',
    `import '@vivarium/core/internal/layouts/recognise';`,
  );
  passes('a recipe in an example', 'recipes/src/examples/x.ts', `import { x } from '../index.js';`);
  passes('the clock in an example', 'recipes/src/examples/x.ts', 'setTimeout(f, 1);');
  passes('assertions of uvu', 'test/unit/x.ts', `import * as assert from 'uvu/assert';`);
  passes('a long text', 'test/x.ts', `const x = '${'x'.repeat(100)}';`);
  passes('a long template', 'test/x.ts', `const x = \`${`\${a.b} `.repeat(30)}\`;`);
  passes('a znode path of two parts', 'test/x.ts', `create('/${'work'}/x');`);
  test('code inside a template is code', () => {
    const text = `const x = \`\${Date.now()} and \${\`\${Math.random()}\`}\`;`;
    assert.is(said(pure, text).length, 2);
  });
  test('a title sign inside a fence', () => {
    assert.equal(checkDocument({ path: 'x.md', text: '# One\n```sh\n# no\n```\n' }), []);
  });
  test('a circle of types', () => {
    const file = (name: string, to: string) => ({
      path: `core/src/base/${name}.ts`,
      text: `import type { X } from './${to}.js';`,
    });
    assert.equal(findCircles([file('a', 'b'), file('b', 'a')]), []);
  });
  test('every kind of import is seen, with its line', () => {
    const text = `import 'a';\nimport type { B } from 'b';\nexport { c } from "c";\nimport('d');`;
    const seen = importsOf(text).map(({ specifier, line }) => `${specifier}${line}`);
    assert.equal(seen, ['a1', 'b2', 'c3', 'd4']);
    assert.equal(
      importsOf(text).map((site) => site.typeOnly),
      [false, true, false, false],
    );
    assert.equal(checkText({ path: 'x', text }), []);
  });
});
