import { type WatchKind, WatchTable } from '@vivarium/core/internal/tree/watches';
import { eventTypes, watcherTypes } from '@vivarium/core/internal/wire/events';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from './random.js';

const { nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged } = eventTypes;
const kinds: readonly WatchKind[] = ['data', 'child', 'persistent', 'persistentRecursive'];

function told(table: WatchTable, event: number, path: string): number[] {
  const watchers: number[] = [];
  table.trigger(event, path, (watcher) => watchers.push(watcher));
  return watchers;
}

/** ZooKeeper's two tables, one mode at a time, as plainly as possible. */
class Model {
  readonly data = new Map<string, Map<number, Set<string>>>();
  readonly child = new Map<string, Map<number, Set<string>>>();

  add(watcher: number, path: string, kind: WatchKind): void {
    if (kind === 'data') this.#put(this.data, watcher, path, 'standard');
    if (kind === 'child') this.#put(this.child, watcher, path, 'standard');
    if (kind === 'persistent') this.#put(this.data, watcher, path, kind);
    if (kind === 'persistent') this.#put(this.child, watcher, path, kind);
    if (kind === 'persistentRecursive') this.#put(this.data, watcher, path, kind);
  }

  trigger(event: number, path: string): Set<number> {
    if (event === nodeChildrenChanged) return this.#fire(this.child, path);
    const first = this.#fire(this.data, path);
    if (event !== nodeDeleted) return first;
    return new Set([...first, ...this.#fire(this.child, path)]);
  }

  count(table: Map<string, Map<number, Set<string>>>): number {
    return [...table.values()].reduce((sum, watchers) => sum + watchers.size, 0);
  }

  removeAll(watcher: number): void {
    for (const table of [this.data, this.child]) {
      for (const watchers of table.values()) watchers.delete(watcher);
    }
  }

  #put(table: Map<string, Map<number, Set<string>>>, who: number, path: string, m: string): void {
    const watchers = table.get(path) ?? new Map<number, Set<string>>();
    table.set(path, watchers);
    watchers.set(who, (watchers.get(who) ?? new Set()).add(m));
  }

  #fire(table: Map<string, Map<number, Set<string>>>, path: string): Set<number> {
    const hit = new Set<number>();
    for (const [watcher, modes] of table.get(path) ?? []) {
      hit.add(watcher);
      modes.delete('standard');
      if (modes.size === 0) table.get(path)!.delete(watcher);
    }
    for (const [at, watchers] of table) {
      if (!path.startsWith(at === '/' ? '/' : `${at}/`) || path === at) continue;
      for (const [watcher, modes] of watchers) {
        if (modes.has('persistentRecursive')) hit.add(watcher);
      }
    }
    return hit;
  }
}

suite('watches', (test) => {
  const fires: Readonly<Record<WatchKind, readonly number[]>> = {
    data: [nodeCreated, nodeDeleted, nodeDataChanged],
    child: [nodeDeleted, nodeChildrenChanged],
    persistent: [nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged],
    persistentRecursive: [nodeCreated, nodeDeleted, nodeDataChanged],
  };
  for (const kind of kinds) {
    for (const event of [nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged]) {
      const hit = fires[kind].includes(event);
      test(`event ${event} ${hit ? 'reaches' : 'passes by'} a ${kind} watch on its path`, () => {
        const table = new WatchTable();
        table.add(5, '/a', kind);
        assert.equal(told(table, event, '/a'), hit ? [5] : []);
        const stays = !hit || kind.startsWith('persistent');
        assert.is(table.has(5, '/a', watcherTypes.any), stays);
        assert.equal(told(table, event, '/a'), hit && stays ? [5] : []);
        assert.equal(told(table, event, '/ab'), []);
      });
    }
  }

  test('only a recursive watch hears of nodes below, and never of their children', () => {
    const table = new WatchTable();
    kinds.forEach((kind, watcher) => {
      table.add(watcher, '/a', kind);
      table.add(10 + watcher, '/', kind);
    });
    assert.equal(told(table, nodeCreated, '/a/b/c'), [3, 13]);
    assert.equal(told(table, nodeDeleted, '/a/b/c'), [3, 13]);
    assert.equal(told(table, nodeDataChanged, '/b'), [13]);
    assert.equal(told(table, nodeChildrenChanged, '/a/b'), []);
    assert.equal(told(table, nodeDataChanged, '/'), [10, 12, 13]);
  });

  test('one event reaches a connection once, however many watches it meets', () => {
    const table = new WatchTable();
    for (const kind of kinds) table.add(1, '/a', kind);
    table.add(1, '/', 'persistentRecursive');
    assert.equal(told(table, nodeDeleted, '/a'), [1]);
    assert.not(table.has(1, '/a', watcherTypes.data));
    assert.not(table.has(1, '/a', watcherTypes.children));
    assert.ok(table.has(1, '/a', watcherTypes.persistent));
    assert.equal(told(table, nodeDataChanged, '/a'), [1]);
  });

  test('a watch is found and removed by its type', () => {
    const of: Readonly<Record<WatchKind, number>> = {
      data: watcherTypes.data,
      child: watcherTypes.children,
      persistent: watcherTypes.persistent,
      persistentRecursive: watcherTypes.persistentRecursive,
    };
    for (const kind of kinds) {
      const table = new WatchTable();
      table.add(1, '/a', kind);
      for (const other of kinds) assert.is(table.has(1, '/a', of[other]), other === kind);
      assert.ok(table.has(1, '/a', watcherTypes.any));
      assert.not(table.has(2, '/a', watcherTypes.any));
      assert.not(table.remove(2, '/a', watcherTypes.any));
      assert.not(table.remove(1, '/a', 99));
      assert.ok(table.remove(1, '/a', of[kind]));
      assert.not(table.remove(1, '/a', of[kind]));
      assert.is(table.size, 0);
    }
    const all = new WatchTable();
    for (const kind of kinds) all.add(1, '/a', kind);
    assert.ok(all.remove(1, '/a', watcherTypes.persistent));
    assert.ok(all.has(1, '/a', watcherTypes.data));
    assert.ok(all.remove(1, '/a', watcherTypes.any));
    assert.not(all.has(1, '/a', watcherTypes.any));
  });

  test('data watches are told by path and by connection', () => {
    const table = new WatchTable();
    table.add(1, '/a', 'data');
    table.add(1, '/b', 'persistent');
    table.add(2, '/a', 'persistentRecursive');
    table.add(2, '/c', 'child');
    table.add(3, '/a', 'child');
    assert.equal(table.summary(), { connections: 2, paths: 2, watches: 3 });
    assert.equal(
      [...table.byPath()],
      [
        ['/a', [1, 2]],
        ['/b', [1]],
      ],
    );
    assert.equal(
      [...table.byWatcher()],
      [
        [1, ['/a', '/b']],
        [2, ['/a']],
      ],
    );
    assert.is(table.size, 6);
    table.removeAll(1);
    assert.is(table.size, 3);
    assert.equal(told(table, nodeDeleted, '/a'), [2, 3]);
  });

  test('a connection may drop its watches while it is told', () => {
    const table = new WatchTable();
    for (let watcher = 1; watcher <= 3; watcher++) table.add(watcher, '/a', 'persistent');
    const watchers: number[] = [];
    table.trigger(nodeDataChanged, '/a', (watcher) => {
      watchers.push(watcher);
      table.removeAll(2);
    });
    assert.equal(watchers, [1, 3]);
  });

  test('paths that name object members are paths like others', () => {
    const table = new WatchTable();
    for (const path of ['/__proto__', '/constructor', '/1']) {
      table.add(1, path, 'data');
      assert.equal(told(table, nodeCreated, path), [1]);
    }
    assert.is(table.size, 0);
  });

  test('any sequence of calls does what two plain tables do', () => {
    const random = new Random(11);
    const paths = ['/', '/a', '/a/b', '/a/b/c', '/ab', '/d'];
    const table = new WatchTable();
    const model = new Model();
    for (let i = 0; i < 20_000; i++) {
      const path = random.pick(paths);
      const watcher = random.below(5);
      if (random.chance(50)) {
        const kind = random.pick(kinds);
        table.add(watcher, path, kind);
        model.add(watcher, path, kind);
      } else if (random.chance(5)) {
        table.removeAll(watcher);
        model.removeAll(watcher);
      } else {
        const event = 1 + random.below(4);
        const watchers = told(table, event, path);
        const expected = [...model.trigger(event, path)];
        assert.equal(watchers.sort(), expected.sort(), `event ${event} at ${path}, call ${i}`);
      }
      assert.is(table.size, model.count(model.data) + model.count(model.child));
    }
  });
});
