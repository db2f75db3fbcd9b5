import type { Effect } from '@vivarium/core/internal/seam/effects';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { byte, onBytes, setUp, turn } from './driver-rig.js';

suite('the driver', (test) => {
  test('steps once for all that came together, and writes once to each', async () => {
    const { machine, attach } = setUp();
    const [a, b] = [attach(), attach()];
    await turn();
    const send = (connection: number, value: number): Effect => {
      return { type: 'send', connection, bytes: byte(value), after: 0 };
    };
    onBytes(machine, { 1: [send(1, 4), send(2, 5)], 2: [send(1, 6)] });
    a.events.received(byte(1));
    b.events.received(byte(2));
    await turn();
    assert.is(machine.batches.length, 2);
    assert.equal(
      machine.batches.map((batch) => batch.map(({ type }) => type)),
      [
        ['connection-opened', 'connection-opened'],
        ['connection-bytes', 'connection-bytes'],
      ],
    );
    assert.equal(a.said, ['send 4+6']);
    assert.equal(b.said, ['send 5']);
  });

  test('closes after what was sent before, and sends nothing after', async () => {
    const { machine, attach } = setUp();
    const stream = attach();
    await turn();
    const send: Effect = { type: 'send', connection: 1, bytes: byte(7), after: 0 };
    const close: Effect = { type: 'close', connection: 1, reason: 'enough' };
    onBytes(machine, { 1: [send, close, send] });
    stream.events.received(byte(1));
    await turn();
    assert.equal(stream.said, ['send 7', 'end enough']);
    stream.events.closed('enough');
    await turn();
    assert.equal(machine.batches.at(-1), [
      { type: 'connection-closed', connection: 1, reason: 'enough' },
    ]);
  });

  test('reads held connections for a poll, and holds them again before it answers', async () => {
    const { machine, attach } = setUp();
    const [held, free] = [attach(), attach()];
    await turn();
    onBytes(machine, {
      1: [{ type: 'hold', connection: 1, held: true }],
      2: [{ type: 'poll', id: 5 }],
    });
    held.events.received(byte(1));
    await turn();
    free.events.received(byte(2));
    await turn();
    assert.equal(held.said, ['hold', 'go on']);
    held.events.received(byte(9));
    while (machine.batches.at(-1)?.[0]?.type !== 'polled') await turn();
    assert.equal(held.said, ['hold', 'go on', 'hold']);
    assert.equal(free.said, []);
    assert.equal(
      machine.batches.slice(3).map(([first]) => first!.type),
      ['connection-bytes', 'polled'],
    );
  });

  test('flushes at once when little has come in, else in the pool', async () => {
    const { machine, attach, performed } = setUp();
    const stream = attach();
    await turn();
    const disk = (id: number): Effect => {
      const steps = [{ step: 'sync', file: 'logs/x' } as const];
      return { type: 'disk', id, generation: 0, lane: 'log', steps };
    };
    onBytes(machine, { 1: [disk(1)], 2: [disk(2)], 3: [], 4: [disk(4)] });
    const done = (id: number) => [{ type: 'disk-done', id, generation: 0 }];
    stream.events.received(byte(1));
    await turn();
    assert.equal(performed, ['at once 1']);
    assert.equal(machine.batches.at(-1), done(1));
    stream.events.received(byte(2));
    stream.events.received(byte(3));
    await turn();
    assert.equal(performed, ['at once 1', 'at once 1']);
    assert.equal(machine.batches.at(-1), done(2));
    const { length } = machine.batches;
    stream.events.received(new Uint8Array(16_384).fill(4, 0, 1));
    stream.events.received(byte(3));
    await turn();
    while (machine.batches.length < length + 2) await turn();
    assert.equal(performed, ['at once 1', 'at once 1', 'later']);
    assert.equal(machine.batches.at(-1), done(4));
  });

  test('stops reading a slow reader, goes on when it has read, cuts it when it never does', async () => {
    const { machine, attach, events } = setUp();
    const stream = attach();
    await turn();
    onBytes(machine, { 1: [{ type: 'send', connection: 1, bytes: byte(1), after: 0 }] });
    const round = async (unsentBytes: number) => {
      stream.unsentBytes = unsentBytes;
      stream.events.received(byte(1));
      await turn();
    };
    await round(100);
    await round(101);
    await round(102);
    assert.equal(stream.said, ['send 1', 'send 1', 'hold', 'send 1']);
    const told = () => machine.batches.flat().filter(({ type }) => type === 'connection-slow');
    assert.equal(told(), [{ type: 'connection-slow', connection: 1, slow: true }]);
    stream.events.drained();
    await turn();
    assert.equal(told().at(-1), { type: 'connection-slow', connection: 1, slow: false });
    stream.said.length = 0;
    await round(1001);
    assert.equal(stream.said, ['send 1', 'destroy']);
    assert.is(events[0]?.event, 'connection.slow-reader');
  });

  test('performs nothing of a step that broke, nor anything after', async () => {
    const { machine, attach, ends, performed } = setUp();
    const stream = attach();
    await turn();
    machine.answer = (_input, out) => {
      out.push({ type: 'send', connection: 1, bytes: byte(1), after: 0 });
      throw new Error('a rule');
    };
    stream.events.received(byte(1));
    await turn();
    assert.equal(stream.said, ['destroy']);
    assert.equal(ends, [{ code: 1, reason: 'a rule' }]);
    stream.events.received(byte(1));
    await turn();
    assert.is(machine.batches.length, 2);
    assert.equal(performed, ['close', 'closed']);
  });

  test('stops when the machine has, and lets streams say their last words', async () => {
    const { machine, attach, ends, driver } = setUp();
    const stream = attach();
    await turn();
    driver.stop();
    await turn();
    assert.equal(machine.batches.at(-1), [{ type: 'command', command: { name: 'shut-down' } }]);
    assert.equal(ends, []);
    machine.stopped = true;
    stream.events.received(byte(1));
    await turn();
    assert.is(ends[0]?.code, 0);
    assert.equal(stream.said, []);
  });
});
