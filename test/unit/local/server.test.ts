import { defaultConfig } from '@vivarium/core/internal/config/config';
import { Kernel } from '@vivarium/core/internal/local/kernel';
import type { BootLocal } from '@vivarium/core/internal/local/machine';
import { type End, Network } from '@vivarium/core/internal/local/network';
import { LocalServer } from '@vivarium/core/internal/local/server';
import { writeConnectRequest } from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { Writer } from '@vivarium/core/internal/wire/writer';
import * as assert from 'uvu/assert';
import { bootEcho, ints, orders } from '../../support/echo-machine.js';
import { suite } from '../../support/suite.js';

/** A server around the echo machine, and clients that speak its language. */
function rig(seed: number, boot: BootLocal = bootEcho) {
  const kernel = new Kernel(seed);
  const network = new Network(kernel, { latencyMicros: [50, 400], fragments: true });
  const ends: string[] = [];
  const server = new LocalServer({
    kernel,
    network,
    address: 'a:1',
    config: defaultConfig(),
    boot,
    ended: ({ code, reason }) => ends.push(`${code} ${reason}`),
  });
  server.start();
  const pass = (ms: number) => kernel.runUntil(kernel.now + ms * 1_000);
  const dial = () => {
    const said: string[] = [];
    const frames = new FrameSplitter(1_000_000);
    let greeted = false;
    const end: End = network.connect('c', 'a:1', {
      opened: () => end.send(greeting()),
      received(bytes) {
        frames.push(bytes);
        for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
          if (greeted) said.push(frame.length === 4 ? String(new Reader(frame).int()) : 'bytes');
          greeted = true;
        }
      },
      closed: (reason) => said.push(reason),
    });
    const order = (...numbers: readonly number[]) => end.send(framed(ints(...numbers)));
    return { said, end, order };
  };
  const client = dial();
  pass(10);
  return { kernel, network, server, ends, pass, dial, client };
}

function framed(body: Uint8Array): Uint8Array {
  return Uint8Array.from([...ints(body.length), ...body]);
}

function greeting(): Uint8Array {
  const writer = new Writer();
  const passwd = new Uint8Array(16);
  const asked = { protocolVersion: 0, lastZxidSeen: 0n, timeOut: 5_000, sessionId: 0n, passwd };
  writeConnectRequest(writer, { ...asked, readOnly: false });
  return framed(writer.copy());
}

suite('a server in memory', (test) => {
  test('answers in order, and only after what it asked of its disk is durable', () => {
    const { client, pass, server } = rig(1);
    for (const number of [1, 2, 3]) client.order(orders.keep, number);
    client.order(orders.count);
    pass(100);
    assert.equal([...client.said].sort(), ['1', '2', '3', '3']);
    assert.is(server.disk.durableImage().list('logs/')[0]!.size, 12);
  });

  test('keeps through a kill what it wrote, and through a power cut what it synced', () => {
    for (let seed = 0; seed < 30; seed++) {
      const { client, pass, server, dial } = rig(seed);
      client.order(orders.keep, 1);
      pass(100);
      server.kill();
      pass(10);
      assert.equal(client.said, ['1', 'connection reset']);
      server.start();
      const second = dial();
      pass(10);
      second.order(orders.keep, 2);
      pass(100);
      server.cutPower();
      pass(10);
      assert.equal(second.said, ['2']);
      server.start();
      second.order(orders.count);
      const third = dial();
      pass(10);
      assert.equal(second.said, ['2', 'connection reset']);
      third.order(orders.count);
      pass(10);
      assert.equal(third.said, ['2']);
    }
  });

  test('that is paused says nothing; it goes on with its timers, then reads what waited', () => {
    const { client, pass, server, dial } = rig(3);
    client.order(orders.wake, 20);
    pass(5);
    server.pause();
    client.order(orders.count);
    client.order(orders.keep, 7);
    const late = dial();
    pass(1_000);
    assert.equal([client.said, late.said, server.state], [[], [], 'paused']);
    assert.ok(server.backlogBytes > 0);
    server.resume();
    pass(100);
    // The wake-up was answered first, in a step without any input.
    assert.equal(client.said, ['0', '0', '1']);
    late.order(orders.count);
    pass(10);
    assert.equal(late.said, ['1']);
  });

  test('that was stopped while it read goes on reading, and then looks at its timers', () => {
    const { client, pass, server } = rig(3);
    client.order(orders.wake, 20);
    pass(5);
    server.pause();
    client.order(orders.count);
    pass(1_000);
    server.resume('sockets');
    pass(100);
    const [count, inputs, ...more] = client.said;
    assert.equal([count, more], ['0', []]);
    // The wake-up was answered in the step that took what had waited.
    assert.ok(Number(inputs) > 0);
  });

  test('answers a poll after it has read every socket, a held one too', () => {
    const { client, pass } = rig(4);
    client.order(orders.hold);
    pass(0.3);
    client.order(orders.count);
    pass(100);
    assert.equal([...client.said].sort(), ['0', '1']);
  });

  test('ends when it is asked to, when it halts, and says with which code', () => {
    const { client, pass, server, ends, dial } = rig(5);
    client.order(orders.keep, 1);
    pass(0.5);
    server.stop();
    pass(100);
    assert.equal([server.state, ends], ['down', ['0 the server was asked to stop']]);
    const refused = dial();
    pass(10);
    assert.equal(refused.said, ['connection refused by a:1']);
    server.start();
    const second = dial();
    pass(10);
    second.order(orders.halt, 10);
    pass(100);
    assert.equal([server.state, ends.at(-1)], ['down', '10 as ordered']);
    assert.equal(second.said, ['as ordered']);
  });

  test('hides nothing that its machine throws', () => {
    const { client, pass } = rig(6);
    client.order(orders.break);
    assert.throws(() => pass(100), /a rule was broken/);
  });

  test('lives the same life twice, and another with another seed', () => {
    const hash = (seed: number) => {
      const { kernel, client, pass, server } = rig(seed);
      for (let n = 0; n < 20; n++) client.order(orders.keep, n);
      pass(3);
      server.cutPower();
      server.start();
      pass(100);
      return kernel.traceHash;
    };
    assert.is(hash(7), hash(7));
    assert.is.not(hash(7), hash(8));
  });
});
