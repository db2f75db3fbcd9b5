import * as assert from 'uvu/assert';
import type * as Module from '../../../core/console/tree/tree-model.js';
import { consoleModule } from '../../support/console-module.js';
import { suite } from '../../support/suite.js';

const load = () => consoleModule<typeof Module>('tree/tree-model.ts');

async function model(lists: Readonly<Record<string, readonly string[]>>) {
  const { TreeModel } = await load();
  const made = new TreeModel();
  for (const [path, names] of Object.entries(lists)) {
    made.open(path);
    made.fill(path, names);
  }
  return made;
}

type Model = Awaited<ReturnType<typeof model>>;

const lines = (from: Model, begin = 0, end = from.size) =>
  from.rows(begin, end).map(({ kind, path, level }) => {
    return `${' '.repeat(level - 1)}${kind === 'note' ? '-' : path}`;
  });

suite('the model of the tree', (test) => {
  test('shows open nodes with what is below them, in the order of the names', async () => {
    const tree = await model({
      '/': ['a', 'b', 'c'],
      '/a': ['x', 'y'],
      '/c': ['z'],
      '/a/y': ['q'],
    });
    const all = ['/', ' /a', '  /a/x', '  /a/y', '   /a/y/q', ' /b', ' /c', '  /c/z'];
    assert.equal(lines(tree), all);
    assert.is(tree.size, all.length);
  });

  test('gives any stretch of lines as it is in the whole', async () => {
    const tree = await model({ '/': ['a', 'b', 'c'], '/a': ['x', 'y'], '/c': [], '/a/y': ['q'] });
    const all = lines(tree);
    for (let from = 0; from <= all.length; from++) {
      for (let to = from; to <= all.length; to++) {
        assert.equal(lines(tree, from, to), all.slice(from, to), `${from} to ${to}`);
      }
    }
  });

  test('knows the line of each node that is to be seen', async () => {
    const tree = await model({ '/': ['a', 'b'], '/a': ['x', 'y'], '/a/y': [], '/b': ['z'] });
    for (const [index, row] of tree.rows(0, tree.size).entries()) {
      if (row.kind === 'node') assert.is(tree.indexOf(row.path), index, row.path);
    }
    assert.is(tree.indexOf('/a/x/none'), undefined);
    assert.is(tree.indexOf('/none'), undefined);
  });

  test('says where a node stands among its siblings', async () => {
    const tree = await model({ '/': ['a', 'b', 'c'], '/b': ['x'] });
    const row = tree.rows(0, tree.size).find(({ path }) => path === '/c');
    assert.equal([row?.position, row?.siblings, row?.level], [3, 3, 2]);
  });

  test('has a note where a list is empty, loads, or cannot be read', async () => {
    const tree = await model({ '/': ['a', 'b', 'c'], '/a': [] });
    tree.open('/b');
    tree.open('/c');
    tree.fail('/c', new Error('no'));
    const notes = tree.rows(0, tree.size).filter(({ kind }) => kind === 'note');
    assert.equal(
      notes.map(({ folder }) => `${folder?.path} ${folder?.state}`),
      ['/a ready', '/b loading', '/c failed'],
    );
  });

  test('takes few changes and many, in any order, and closes what goes', async () => {
    for (const count of [3, 500]) {
      const names = Array.from({ length: count }, (_, at) => `n${String(at).padStart(4, '0')}`);
      const tree = await model({ '/': names, '/n0001': ['deep'] });
      const changes = new Map<string, boolean>(names.map((name) => [name, false]));
      for (const [at, name] of names.entries()) if (at % 2 === 0) changes.set(`${name}b`, true);
      changes.set('n0000', true);
      tree.change('/', changes);
      const expected = names.filter((_, at) => at % 2 === 0).map((name) => `${name}b`);
      assert.equal(tree.folder('/')?.names, ['n0000', ...expected]);
      assert.is(tree.folder('/n0001'), undefined);
      assert.is(tree.size, 2 + expected.length);
    }
  });

  test('closes what is not in a new list, and keeps the rest open', async () => {
    const tree = await model({ '/': ['a', 'b'], '/a': ['x'], '/b': ['y'] });
    tree.fill('/', ['b', 'c']);
    assert.equal(lines(tree), ['/', ' /b', '  /b/y', ' /c']);
    tree.close('/b');
    assert.equal(lines(tree), ['/', ' /b', ' /c']);
  });

  test('finds the last of 200,000 lines without making the others', async () => {
    const names = Array.from({ length: 200_000 }, (_, at) => `n${String(at).padStart(6, '0')}`);
    const tree = await model({ '/': ['big', 'z'], '/big': names });
    assert.is(tree.size, 200_003);
    assert.equal(lines(tree, 200_001, 200_003), ['  /big/n199999', ' /z']);
    assert.is(tree.indexOf('/z'), 200_002);
  });
});
