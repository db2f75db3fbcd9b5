import { WatchRegistry } from '@vivarium/core/internal/session/watch-registry';
import { eventTypes } from '@vivarium/core/internal/wire/events';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { SetWatches, SetWatches2 } from '@vivarium/core/internal/wire/records';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('the registry of watches', (test) => {
  test('asks by the older operation unless a persistent watch is among them', () => {
    const registry = new WatchRegistry();
    registry.add('data', '/a');
    registry.add('child', '/a');
    const [plain] = registry.rearmRequests(5n);
    assert.is(plain!.opcode, opcodes.setWatches);
    assert.equal(SetWatches.read(new Reader(plain!.payload)), {
      relativeZxid: 5n,
      dataWatches: ['/a'],
      existWatches: [],
      childWatches: ['/a'],
    });
    registry.add('recursive', '/b');
    const [mixed] = registry.rearmRequests(5n);
    assert.is(mixed!.opcode, opcodes.setWatches2);
    const read = SetWatches2.read(new Reader(mixed!.payload));
    assert.equal(read.persistentRecursiveWatches, ['/b']);
  });

  test('keeps each request below 128 KiB, and leaves none out', () => {
    const registry = new WatchRegistry();
    const paths = Array.from({ length: 5_000 }, (_, i) => `/${'ü'.repeat(60)}${i}`);
    for (const path of paths) registry.add('data', path);
    const requests = registry.rearmRequests(1n);
    assert.ok(requests.length > 1);
    for (const { payload } of requests) assert.ok(payload.length <= 128 * 1024 + 64);
    assert.equal(
      requests.flatMap(({ watches }) => watches.map(([, path]) => path)),
      paths,
    );
  });

  test('loses with an event what the server has used up, and nothing else', () => {
    const kinds = ['data', 'exist', 'child', 'persistent', 'recursive'] as const;
    const left = (event: number) => {
      const registry = new WatchRegistry();
      for (const kind of kinds) registry.add(kind, '/a');
      registry.fired(event, '/a');
      return kinds.filter((kind) => registry.has(kind, '/a')).join(' ');
    };
    assert.is(left(eventTypes.nodeCreated), 'child persistent recursive');
    assert.is(left(eventTypes.nodeDataChanged), 'child persistent recursive');
    assert.is(left(eventTypes.nodeDeleted), 'persistent recursive');
    assert.is(left(eventTypes.nodeChildrenChanged), 'data exist persistent recursive');
  });
});
