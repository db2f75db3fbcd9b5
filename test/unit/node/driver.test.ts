import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import type { ClientStream, StreamEvents } from '@vivarium/core/internal/node/client-stream';
import { Driver, type Machine, type ServerEnd } from '@vivarium/core/internal/node/driver';
import type { StepPerformer } from '@vivarium/core/internal/node/files';
import { WakeTimer } from '@vivarium/core/internal/node/wake-timer';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Batch, Input } from '@vivarium/core/internal/seam/inputs';
import * as assert from 'uvu/assert';
import { peerView } from '../../support/admin-context.js';
import { suite } from '../../support/suite.js';

/** A machine whose answers to each batch are written by the test. */
class Scripted implements Machine {
  readonly batches: (readonly Input[])[] = [];
  readonly view = peerView();
  wakeAt = Number.POSITIVE_INFINITY;
  stopped = false;
  answer: (input: Input, out: Effect[]) => void = () => {};

  step({ inputs }: Batch, out: Effect[]): void {
    this.batches.push(inputs);
    for (const input of inputs) this.answer(input, out);
  }
}

/** A stream that writes down what it was told. */
class Recorder implements ClientStream {
  readonly transport = 'tcp';
  readonly said: string[] = [];
  unsentBytes = 0;
  events!: StreamEvents;

  send(parts: readonly Uint8Array[]): void {
    this.said.push(`send ${parts.map((part) => part.join('')).join('+')}`);
  }
  hold(held: boolean): void {
    this.said.push(held ? 'hold' : 'go on');
  }
  end(reason: string): void {
    this.said.push(`end ${reason}`);
  }
  destroy(): void {
    this.said.push('destroy');
  }
}

function setUp() {
  const machine = new Scripted();
  const performed: string[] = [];
  const files = {
    perform: (steps: readonly unknown[]) => performed.push(`at once ${steps.length}`),
    later: async () => {
      performed.push('later');
    },
    close: () => performed.push('close'),
  } as unknown as StepPerformer;
  const events: LogEvent[] = [];
  const ends: ServerEnd[] = [];
  const driver = new Driver({
    machine,
    files,
    log: (event) => events.push(event),
    sendQueueHighWaterBytes: 100,
    sendQueueMaxBytes: 1000,
    ended: (end) => ends.push(end),
    filesClosed: () => performed.push('closed'),
  });
  const attach = () => {
    const stream = new Recorder();
    driver.attach({ address: '127.0.0.1', port: 1 }, (made) => {
      stream.events = made;
      return stream;
    });
    return stream;
  };
  return { machine, performed, events, ends, driver, attach };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const byte = (value: number) => Uint8Array.of(value);

/** Answers each chunk with the effects given for its first byte. */
function onBytes(machine: Scripted, effects: Readonly<Record<number, readonly Effect[]>>): void {
  machine.answer = (input, out) => {
    if (input.type === 'connection-bytes') out.push(...(effects[input.bytes[0]!] ?? []));
  };
}

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

  test('flushes a lone small write at once, and one among others in the pool', async () => {
    const { machine, attach, performed } = setUp();
    const stream = attach();
    await turn();
    const disk = (id: number): Effect => {
      const steps = [{ step: 'sync', file: 'logs/x' } as const];
      return { type: 'disk', id, generation: 0, lane: 'log', steps };
    };
    onBytes(machine, { 1: [disk(1)], 2: [disk(2)], 3: [] });
    stream.events.received(byte(1));
    await turn();
    assert.equal(performed, ['at once 1']);
    assert.equal(machine.batches.at(-1), [{ type: 'disk-done', id: 1, generation: 0 }]);
    stream.events.received(byte(2));
    stream.events.received(byte(3));
    await turn();
    while (machine.batches.length < 5) await turn();
    assert.equal(performed, ['at once 1', 'later']);
    assert.equal(machine.batches.at(-1), [{ type: 'disk-done', id: 2, generation: 0 }]);
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

suite('the wake timer', (test) => {
  test('wakes no earlier than wanted, though the time moved on meanwhile', async () => {
    const began = performance.now();
    let wakeAt = began + 5;
    await new Promise<void>((resolve) => {
      const timer = new WakeTimer(() => wakeAt, resolve);
      timer.arm();
      wakeAt = began + 25;
      timer.arm();
    });
    assert.ok(performance.now() >= wakeAt);
  });

  test('is brought forward, and takes any delay', async () => {
    let wakeAt = Number.POSITIVE_INFINITY;
    await new Promise<void>((resolve) => {
      const timer = new WakeTimer(() => wakeAt, resolve);
      timer.arm();
      wakeAt = performance.now() + 2 ** 40;
      timer.arm();
      wakeAt = performance.now() + 3;
      timer.arm();
    });
  });

  test('wakes nobody once it was cleared', async () => {
    let woken = 0;
    const wakeAt = performance.now() + 3;
    const timer = new WakeTimer(
      () => wakeAt,
      () => woken++,
    );
    timer.arm();
    timer.clear();
    await new Promise((resolve) => setTimeout(resolve, 8));
    assert.is(woken, 0);
  });

  test('wakes at once for what is due before a timer could fire', () => {
    let woken = 0;
    let now = 1_000;
    const timer = new WakeTimer(
      () => 1_000.5,
      () => woken++,
      () => now,
    );
    timer.arm();
    assert.is(woken, 1, 'the loop goes around until the time has come');
    now = 1_001;
    timer.arm();
    assert.is(woken, 2);
  });
});
