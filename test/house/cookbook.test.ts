import { examples } from '@vivarium/recipes/examples';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { pageName, pageProblems } from './cookbook.js';
import { filesBelow } from './repository.js';

const all = filesBelow('docs/cookbook', '.md');
const pages = all.filter(({ path }) => !path.endsWith('README.md'));
const index = all.find(({ path }) => path.endsWith('README.md'))!.text;
const readme = filesBelow('', 'README.md').find(({ path }) => path === 'README.md')!.text;
const names = pages.map(pageName).sort();

suite('the pages of the cookbook', (test) => {
  test('have the problem, a program, what happens, an example, the nodes and the costs', () => {
    assert.ok(pages.length > 20);
    const problems = pages.flatMap(pageProblems);
    if (problems.length > 0) assert.unreachable(`\n${problems.join('\n')}`);
  });

  test('have an example each, and each example has a page', () => {
    assert.equal(Object.keys(examples).sort(), names);
  });

  test('are in both lists, and their examples in the same order', () => {
    const listed = [...index.matchAll(/^\| .* \| \[.*\]\(([\w-]+)\.md\) \|$/gm)].map(
      ([, to]) => to!,
    );
    assert.equal([...new Set(listed)].filter((name) => names.includes(name)).sort(), names);
    const order = [...new Set(listed)].slice(0, names.length);
    assert.equal(Object.keys(examples), order);
    for (const name of names) assert.ok(readme.includes(`(docs/cookbook/${name}.md)`), name);
  });

  test('have examples whose lines of the list fit a narrow terminal', () => {
    for (const [name, { title, cast }] of Object.entries(examples)) {
      assert.ok(title.length <= 55, `${name}: ${title}`);
      assert.is(new Set(cast).size, cast.length);
    }
  });
});

suite('a page of the cookbook is found wanting', (test) => {
  const good = `# X: y

The problem.

\`\`\`ts
x();
\`\`\`

## Promises
## What happens when …

Connection, session, server and process are lost: connection, killed.

## See it happen

\`\`\`sh
npx vivarium example x
\`\`\`

## In the tree

\`\`\`
/x   a node
\`\`\`

## What it costs

Two writes.

## What it is not for
`;
  const problemsOf = (text: string) => pageProblems({ path: 'docs/cookbook/x.md', text });
  const wanting = (what: string, from: string, to: string, problem: RegExp) =>
    test(what, () => {
      assert.ok(good.includes(from));
      const problems = problemsOf(good.replace(from, to));
      assert.is(problems.length, 1, problems.join('\n'));
      assert.match(problems[0]!, problem);
    });

  test('unless it has all', () => assert.equal(problemsOf(good), []));
  wanting('without a section', '## Promises\n', '', /has the sections/);
  wanting('with a section twice', 'not for\n', 'not for\n\n## Promises\n', /has the sections/);
  wanting('without the problem', 'The problem.\n\n', '', /begin with the problem/);
  wanting('without a program', '```ts\nx();\n```\n', '', /no program/);
  wanting('without the session', ' session,', '', /what happens to the session/);
  wanting('without a drawing', '/x   a node', 'a node', /draws no nodes/);
  wanting('without the costs', 'Two writes.', 'Little.', /writes or reads/);
  wanting('with the example of another', 'example x', 'example y', /command of its example/);
  test('unless another page tells what happens', () => {
    const text = good.replace(/Connection, .*\./, 'All that is said of the [lock](lock.md) holds.');
    assert.equal(problemsOf(text), []);
  });
});
