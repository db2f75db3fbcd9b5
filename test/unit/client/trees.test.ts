import { isZkError, type MirroredNode } from '@vivarium/core';
import { eventTypes } from '@vivarium/core/internal/wire/events';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { type Told, TreesRig } from './trees-rig.js';

const UNIMPLEMENTED = -6;
const MARSHALLING = -5;
const NO_WATCHER = -121;
const THROTTLED = -127;

const shapes = ({ snapshots }: Told) =>
  snapshots.map(({ state, nodes }) => `${state} ${[...nodes.keys()].join(' ')}`.trim());
const mzxid = (node: MirroredNode<Uint8Array> | undefined) =>
  node?.kind === 'present' ? node.stat.mzxid : undefined;

suite('mirrors of subtrees', (test) => {
  test('set the watch first, then read each node once, and list those with children', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 2n]).set('/r/a', [2n, 2n, 2n]);
    const told = rig.watch('/r');
    assert.equal(rig.questions(), ['addWatch /r']);
    const asked: string[] = [];
    while (rig.asked.length > 0) {
      asked.push(...rig.questions());
      rig.answer();
    }
    assert.equal(asked, ['addWatch /r', 'getData /r', 'getChildren2 /r', 'getData /r/a']);
    assert.equal(shapes(told), ['loading', 'live /r /r/a']);
  });

  test('end with a sentence about a server that knows no such watches', () => {
    const rig = new TreesRig();
    const told = rig.watch('/r');
    rig.refuse(UNIMPLEMENTED);
    assert.ok(isZkError(told.errors[0], 'UNIMPLEMENTED'));
    assert.match(String(told.errors[0]), /addWatch \/r: .*ZooKeeper has them from 3\.6/);
    assert.is(rig.trees.stats().trees, 0);
    const again = rig.watch('/r');
    assert.equal(rig.questions(), ['addWatch /r']);
    rig.answerAll();
    assert.equal(again.errors, []);
  });

  test('ask again what a server was too busy for', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 1n]);
    const told = rig.watch('/r');
    rig.refuse(THROTTLED);
    assert.equal(rig.questions(), []);
    rig.pass(200);
    rig.answer();
    rig.refuse(THROTTLED);
    assert.equal(rig.questions(), []);
    rig.pass(200);
    rig.answerAll();
    assert.equal(shapes(told), ['loading', 'live /r']);
  });

  test('have no more reads on their way than they may', () => {
    const rig = new TreesRig({ maxConcurrentReads: 5 });
    rig.nodes.set('/r', [1n, 1n, 2n]);
    for (let i = 0; i < 50; i++) rig.nodes.set(`/r/${i}`, [2n, 2n, 2n]);
    const told = rig.watch('/r');
    let most = 0;
    while (rig.asked.length > 0) {
      most = Math.max(most, rig.asked.length);
      rig.answer();
    }
    assert.is(most, 5);
    assert.is(told.snapshots.at(-1)!.nodes.size, 51);
  });

  test('read once more after any number of events during a read', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 1n]);
    const told = rig.watch('/r');
    rig.answerAll();
    for (let i = 0; i < 5; i++) rig.trees.fired(eventTypes.nodeDataChanged, '/r');
    assert.equal(rig.questions(), ['getData /r']);
    rig.trees.fired(eventTypes.nodeDataChanged, '/r');
    rig.nodes.set('/r', [1n, 7n, 1n]);
    rig.answer();
    assert.equal(rig.questions(), ['getData /r']);
    rig.answerAll();
    assert.is(mzxid(told.snapshots.at(-1)!.nodes.get('/r')), 7n);
  });

  test('list no children again because of events, and look once at their parent', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 2n]).set('/r/a', [2n, 2n, 2n]);
    rig.watch('/r');
    rig.answerAll();
    rig.nodes.set('/r/b', [3n, 3n, 3n]).set('/r/c', [4n, 4n, 4n]).set('/r', [1n, 1n, 4n]);
    rig.trees.fired(eventTypes.nodeCreated, '/r/b');
    rig.trees.fired(eventTypes.nodeCreated, '/r/c');
    rig.trees.fired(eventTypes.nodeDeleted, '/r/unknown');
    const asked: string[] = [];
    while (rig.asked.length > 0) {
      asked.push(...rig.questions().slice(0, 1));
      rig.answer();
    }
    // The second look is for what came while the first was on its way.
    assert.equal(asked, ['exists /r', 'getData /r/b', 'getData /r/c', 'exists /r']);
  });

  test('look at every node after a reconnect, and read and list only what differs', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 3n]).set('/r/a', [2n, 2n, 2n]).set('/r/b', [3n, 3n, 3n]);
    const told = rig.watch('/r');
    rig.answerAll();
    rig.trees.disconnected();
    rig.nodes.set('/r/a', [2n, 9n, 2n]);
    rig.nodes.set('/r/b/new', [10n, 10n, 10n]).set('/r/b', [3n, 3n, 10n]);
    rig.connect();
    // Not all clients of a server that went away come back at the same moment.
    assert.equal(rig.questions(), []);
    rig.pass(1_000);
    const asked: string[] = [];
    while (rig.asked.length > 0) {
      asked.push(...rig.questions().slice(0, 1));
      rig.answer();
    }
    assert.equal(asked, [
      'exists /r',
      'exists /r/a',
      'exists /r/b',
      'getData /r/a',
      'getChildren2 /r/b',
      'getData /r/b/new',
    ]);
    assert.equal(shapes(told), [
      'loading',
      'live /r /r/a /r/b',
      'stale /r /r/a /r/b',
      'live /r /r/a /r/b /r/b/new',
    ]);
  });

  test('find what came while there was no watch, whatever was answered meanwhile', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 2n]).set('/r/a', [2n, 2n, 2n]);
    const told = rig.watch('/r');
    rig.answerAll();
    rig.trees.fired(eventTypes.nodeDataChanged, '/r');
    const [late] = rig.asked.splice(0);
    rig.trees.removedByHand('/r');
    rig.watches.clear();
    rig.nodes.set('/r/b', [3n, 3n, 3n]).set('/r', [1n, 1n, 3n]);
    // It shows a child of which no event has told.
    rig.asked.unshift(late!);
    rig.answer();
    rig.answer();
    rig.pass(1_000);
    rig.answerAll();
    assert.equal(shapes(told).slice(-2), ['stale /r /r/a', 'live /r /r/a /r/b']);
  });

  test('take what was below a node that was made again as gone with it', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 2n]).set('/r/a', [2n, 2n, 3n]).set('/r/a/b', [3n, 3n, 3n]);
    const told = rig.watch('/r');
    rig.answerAll();
    // Nobody is told that a node went which may not be read any more.
    rig.nodes.delete('/r/a/b');
    rig.nodes.set('/r/a', [5n, 5n, 5n]).set('/r', [1n, 1n, 5n]);
    rig.trees.fired(eventTypes.nodeCreated, '/r/a');
    rig.answerAll();
    assert.equal(shapes(told).slice(1), ['live /r /r/a /r/a/b', 'live /r /r/a']);
  });

  test('say nothing of an audit that finds nothing', () => {
    const rig = new TreesRig({ auditMs: 1_000 });
    rig.nodes.set('/r', [1n, 1n, 2n]).set('/r/a', [2n, 2n, 2n]);
    const told = rig.watch('/r');
    rig.answerAll();
    const before = told.snapshots.length;
    for (let i = 0; i < 3; i++) {
      rig.pass(1_000);
      assert.equal(rig.questions(), ['exists /r', 'exists /r/a']);
      rig.answerAll();
    }
    assert.is(told.snapshots.length, before);
    rig.nodes.set('/r/b', [3n, 3n, 3n]).set('/r', [1n, 1n, 3n]);
    rig.pass(1_000);
    rig.answerAll();
    assert.equal(shapes(told).slice(before), ['live /r /r/a /r/b']);
  });

  test('tell who comes late what was known to have changed by then, and wait for no more', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 4n]);
    for (const [i, name] of ['a', 'b', 'c'].entries()) {
      const zxid = BigInt(i + 2);
      rig.nodes.set(`/r/${name}`, [zxid, zxid, zxid]);
    }
    rig.watch('/r');
    rig.answerAll();
    rig.nodes.set('/r/b', [3n, 9n, 3n]);
    rig.trees.fired(eventTypes.nodeDataChanged, '/r/a');
    rig.trees.fired(eventTypes.nodeDataChanged, '/r/b');
    const late = rig.watch('/r');
    rig.trees.fired(eventTypes.nodeDataChanged, '/r/c');
    assert.equal(rig.questions(), ['getData /r/a', 'getData /r/b', 'getData /r/c']);
    rig.now += 20;
    rig.answer();
    assert.equal(shapes(late), []);
    rig.now += 20;
    rig.answer();
    assert.equal(shapes(late), ['live /r /r/a /r/b /r/c']);
    assert.is(mzxid(late.snapshots[0]!.nodes.get('/r/b')), 9n);
    assert.not(late.snapshots[0]!.synced);
    rig.answer();
    assert.ok(late.snapshots.at(-1)!.synced);
  });

  test('set a watch again that a server refused to restore', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 1n]);
    const told = rig.watch('/r');
    rig.answerAll();
    rig.trees.disconnected();
    rig.watches.clear();
    rig.connect();
    assert.equal(rig.questions(), ['addWatch /r']);
    rig.answerAll();
    rig.pass(1_000);
    rig.answerAll();
    assert.equal(shapes(told), ['loading', 'live /r', 'stale /r', 'live /r']);
  });

  test('are stale, with all nodes, while the server is cut off from its ensemble', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 1n]);
    rig.trees.disconnected();
    rig.connect(true);
    const told = rig.watch('/r');
    rig.answerAll();
    assert.equal(shapes(told), ['loading', 'stale /r']);
    assert.not(told.snapshots.at(-1)!.synced);
    rig.trees.disconnected();
    rig.connect(false);
    rig.pass(1_000);
    rig.answerAll();
    assert.equal(shapes(told), ['loading', 'stale /r', 'live /r']);
  });

  test('remove the watch singly, and from older servers with all others of the path', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 1n]);
    const leave = () => {
      const told = rig.watch('/r');
      rig.answerAll();
      told.leave();
      assert.equal(rig.questions(), ['removeWatches /r']);
    };
    leave();
    rig.refuse(NO_WATCHER);
    assert.equal(rig.questions(), []);
    leave();
    rig.refuse(MARSHALLING);
    assert.equal(rig.questions(), ['removeWatches /r']);
    assert.equal(rig.disturbed, ['/r']);
    rig.answerAll();
    rig.isListenedAt = true;
    leave();
    rig.refuse(MARSHALLING);
    assert.equal(rig.questions(), []);
  });

  test('that nobody waited for leave no watch, however early they were left', () => {
    const rig = new TreesRig();
    const told = rig.watch('/r');
    told.leave();
    rig.answer();
    assert.equal(rig.questions(), ['removeWatches /r']);
    rig.answerAll();
    rig.trees.disconnected();
    rig.watch('/r').leave();
    rig.connect();
    assert.equal(rig.questions(), []);
  });

  test('of a path that is left and asked for again at once have their watch', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 1n]);
    const first = rig.watch('/r');
    rig.answerAll();
    first.leave();
    const second = rig.watch('/r');
    assert.equal(rig.questions(), ['removeWatches /r', 'addWatch /r']);
    rig.answerAll();
    assert.equal(shapes(second), ['loading', 'live /r']);
    assert.ok(rig.watches.has('recursive/r'));
  });

  test('ask once whether the server keeps other watches of the path beside theirs', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 1n]);
    rig.watch('/r');
    rig.answerAll();
    rig.driver.touchedWatches('/r/below');
    assert.equal(rig.questions(), []);
    rig.driver.touchedWatches('/r');
    assert.equal(rig.questions(), ['checkWatches /r']);
    rig.refuse(THROTTLED);
    rig.pass(200);
    assert.equal(rig.questions(), ['checkWatches /r']);
    rig.answerAll();
    rig.driver.touchedWatches('/r');
    assert.equal(rig.questions(), []);
    rig.trees.fired(eventTypes.nodeCreated, '/r/new');
    assert.equal(rig.disturbed, []);
    rig.answerAll();
    rig.trees.disconnected();
    rig.watches.add('child/r');
    rig.connect();
    assert.equal(rig.questions(), ['exists /r', 'checkWatches /r']);
    rig.answerAll();
    rig.watches.add('data/s');
    rig.trees.disconnected();
    rig.watch('/s');
    rig.connect();
    rig.answerAll();
    rig.trees.disconnected();
    rig.watches.clear();
    // Read while away, and asked with the others that waited.
    rig.driver.touchedWatches('/r');
    rig.connect();
    assert.equal(rig.questions(), ['addWatch /r', 'addWatch /s']);
    rig.answer();
    assert.ok(rig.questions().includes('checkWatches /r'));
  });

  test('set theirs again where a server keeps one, which then stands for the others', () => {
    const rig = new TreesRig();
    rig.nodes.set('/r', [1n, 1n, 1n]);
    const told = rig.watch('/r');
    rig.answerAll();
    rig.driver.touchedWatches('/r');
    // Meanwhile nobody tells of a child.
    rig.nodes.set('/r/a', [2n, 2n, 2n]).set('/r', [1n, 1n, 2n]);
    rig.refuse(MARSHALLING);
    assert.equal(rig.questions(), ['addWatch /r']);
    rig.answerAll();
    assert.equal(shapes(told).slice(-2), ['stale /r', 'live /r /r/a']);
    // Once for whatever was lost until then, and once for what the look has found.
    assert.equal(rig.disturbed.splice(0), ['children of /r', 'children of /r']);
    rig.trees.fired(eventTypes.nodeCreated, '/r/b');
    rig.trees.fired(eventTypes.nodeDataChanged, '/r/b');
    rig.trees.fired(eventTypes.nodeCreated, '/r/a/c');
    assert.equal(rig.disturbed, ['children of /r']);
  });
});
