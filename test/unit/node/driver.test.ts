import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import type { DialEvents } from '@vivarium/core/internal/node/dial';
import { Driver, type Machine, type ServerEnd } from '@vivarium/core/internal/node/driver';
import type { StepPerformer } from '@vivarium/core/internal/node/files';
import type { ClientStream, StreamEvents } from '@vivarium/core/internal/node/stream';
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
  const dials: { readonly where: string; readonly events: DialEvents; isOver: boolean }[] = [];
  const driver = new Driver({
    machine,
    files,
    log: (event) => events.push(event),
    connections: {
      sendQueueHighWaterBytes: 100,
      sendQueueMaxBytes: 1000,
      linkQueueMaxBytes: 2000,
      dial: (addresses, timeoutMs, told) => {
        const where = addresses.map(({ host, port }) => `${host}:${port}`).join();
        const made = { where: `${where} in ${timeoutMs} ms`, events: told, isOver: false };
        dials.push(made);
        return () => {
          made.isOver = true;
        };
      },
    },
    ended: (end) => ends.push(end),
    filesClosed: () => performed.push('closed'),
  });
  const attach = () => {
    const stream = new Recorder();
    driver.connections.attachClient({ address: '127.0.0.1', port: 1 }, (made) => {
      stream.events = made;
      return stream;
    });
    return stream;
  };
  return { machine, performed, events, ends, driver, attach, dials };
}

const toServer2 = {
  addresses: [{ host: 'b', port: 2888 }],
  timeoutMs: 500,
  link: 'quorum',
} as const;

/** A driver whose machine has asked for a link, and what else it does when told of one. */
async function dialing(effects: Readonly<Record<number, readonly Effect[]>> = {}) {
  const world = setUp();
  const { machine, attach, dials } = world;
  const client = attach();
  onBytes(machine, { ...effects, 9: [{ type: 'dial', connection: -1, ...toServer2 }] });
  client.events.received(byte(9));
  await turn();
  const dial = dials[0]!;
  const open = () => {
    const stream = new Recorder();
    dial.events.opened({ address: '10.0.0.2', port: 2888 }, (made) => {
      stream.events = made;
      return stream;
    });
    return stream;
  };
  machine.batches.length = 0;
  return { ...world, client, dial, open };
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

suite('links of the driver', (test) => {
  test('are told of when they come to be, and carry bytes as connections do', async () => {
    const send: Effect = { type: 'send', connection: -1, bytes: byte(7), after: 0 };
    const { machine, dial, open } = await dialing({ 1: [send, send] });
    assert.is(dial.where, 'b:2888 in 500 ms');
    const stream = open();
    stream.events.received(byte(1));
    await turn();
    const remote = { address: '10.0.0.2', port: 2888 };
    assert.equal(machine.batches, [
      [
        { type: 'link-opened', connection: -1, link: 'quorum', ...remote },
        { type: 'connection-bytes', connection: -1, bytes: byte(1) },
      ],
    ]);
    assert.equal(stream.said, ['send 7+7']);
    stream.events.closed('gone');
    await turn();
    assert.equal(machine.batches.at(-1), [
      { type: 'connection-closed', connection: -1, reason: 'gone' },
    ]);
  });

  test('are accepted with numbers like those of clients', async () => {
    const { machine, driver, attach } = setUp();
    const stream = new Recorder();
    attach();
    driver.connections.attachLink('election', { address: '10.0.0.3', port: 5 }, () => stream);
    await turn();
    const told = machine.batches.flat().map((input) => 'connection' in input && input.connection);
    assert.equal(told, [1, 2]);
    assert.is(machine.batches[0]![1]!.type, 'link-opened');
  });

  test('end once, whether nobody answers or the machine gives up', async () => {
    const failing = await dialing();
    failing.dial.events.failed('nobody answered');
    await turn();
    const closed = (reason: string) => ({ type: 'connection-closed', connection: -1, reason });
    assert.equal(failing.machine.batches, [[closed('nobody answered')]]);

    const close: Effect = { type: 'close', connection: -1, reason: 'no longer wanted' };
    const { machine, client, dial } = await dialing({ 2: [close, close] });
    client.events.received(byte(2));
    await turn();
    await turn();
    assert.ok(dial.isOver);
    assert.equal(machine.batches.slice(1), [[closed('no longer wanted')]]);
  });

  test('are read from though their other end is slow, and cut when it is much too slow', async () => {
    const send: Effect = { type: 'send', connection: -1, bytes: byte(7), after: 0 };
    const { machine, open, events } = await dialing({ 1: [send] });
    const stream = open();
    const round = async (unsentBytes: number) => {
      stream.unsentBytes = unsentBytes;
      stream.events.received(byte(1));
      await turn();
    };
    await round(101);
    await round(1_999);
    stream.events.drained();
    await turn();
    assert.equal(stream.said, ['send 7', 'send 7']);
    const slow = machine.batches.flat().filter(({ type }) => type === 'connection-slow');
    const told = { type: 'connection-slow', connection: -1 };
    assert.equal(slow, [
      { ...told, slow: true },
      { ...told, slow: false },
    ]);
    await round(2_001);
    assert.is(stream.said.at(-1), 'destroy');
    assert.is(events[0]?.event, 'link.slow-reader');
  });

  test('end with the driver, those that are not there yet too', async () => {
    const { driver, client, dial } = await dialing();
    driver.end({ code: 0, reason: 'done' });
    assert.ok(dial.isOver);
    assert.equal(client.said, [], 'a client hears what was said to it');

    const linked = await dialing();
    const stream = linked.open();
    linked.driver.end({ code: 0, reason: 'done' });
    assert.equal(stream.said, ['destroy']);
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
