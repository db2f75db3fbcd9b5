import { Kernel } from '@vivarium/core/internal/local/kernel';
import { type End, Network } from '@vivarium/core/internal/local/network';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

function link(seed: number) {
  const kernel = new Kernel(seed);
  const network = new Network(kernel, { latencyMicros: [100, 2_000], fragments: true });
  const told: string[] = [];
  const bytes: number[] = [];
  const pieces: number[] = [];
  const ends: End[] = [];
  network.listen('a:1', (end) => {
    ends.push(end);
    return {
      opened: () => {},
      received: (some) => {
        bytes.push(...some);
        pieces.push(some.length);
      },
      closed: (reason) => told.push(`server ${reason}`),
    };
  });
  const client = network.connect('c', 'a:1', {
    opened: () => told.push('opened'),
    received: () => {},
    closed: (reason) => told.push(`client ${reason}`),
  });
  kernel.runUntil(10_000);
  const server = ends[0] as End;
  return { kernel, network, told, bytes, pieces, client, server };
}

const sent = Array.from({ length: 100 }, (_, at) => at);

suite('the network in memory', (test) => {
  test('delivers all bytes in order, in any pieces, and then the end', () => {
    const cuts = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const { kernel, network, told, bytes, pieces, client } = link(seed);
      for (let at = 0; at < 100; at += 10) client.send(Uint8Array.from(sent.slice(at, at + 10)));
      client.close();
      kernel.runUntil(1_000_000);
      assert.equal(bytes, sent);
      assert.equal(told, ['opened', 'server the other end closed the connection']);
      assert.is(network.connections.size, 0);
      cuts.add(pieces.join());
    }
    assert.ok(cuts.size > 40);
  });

  test('breaks at any byte', () => {
    for (let cut = 0; cut <= 100; cut += 9) {
      const { kernel, told, bytes, client, server } = link(cut);
      server.incoming.breakAfter(cut);
      client.send(Uint8Array.from(sent));
      kernel.runUntil(1_000_000);
      assert.equal(bytes, sent.slice(0, cut));
      assert.equal(told.sort(), ['client connection reset', 'opened', 'server connection reset']);
    }
  });

  test('keeps bytes waiting for an end that is held, and delays them in a stall', () => {
    const { kernel, bytes, client, server } = link(3);
    server.hold(true);
    client.send(Uint8Array.from(sent));
    kernel.runUntil(1_000_000);
    assert.equal([bytes.length, server.backlogBytes], [0, 100]);
    server.hold(false);
    kernel.runUntil(1_000_001);
    assert.equal(bytes, sent);
    server.incoming.stall(5_000_000);
    client.send(Uint8Array.of(1));
    kernel.runUntil(5_000_000);
    assert.is(bytes.length, 100);
    kernel.runUntil(7_000_000);
    assert.is(bytes.length, 101);
  });

  test('lets bytes wait while a place is cut off, in order, and tells nobody', () => {
    const { kernel, network, told, bytes, client } = link(5);
    network.isolate('c', true);
    for (const each of sent) client.send(Uint8Array.of(each));
    const late: string[] = [];
    const dialed = { opened: () => late.push('opened'), received() {}, closed: () => {} };
    network.connect('c', 'a:1', dialed);
    kernel.runUntil(1_000_000);
    assert.equal([bytes.length, told, late], [0, ['opened'], []]);
    network.isolate('c', false);
    client.send(Uint8Array.of(100));
    network.isolate('c', true);
    network.isolate('c', false);
    kernel.runUntil(2_000_000);
    assert.equal(bytes, [...sent, 100]);
  });

  test('reads what waits at a held end in one round when told to', () => {
    const { kernel, bytes, client, server } = link(6);
    server.hold(true);
    client.send(Uint8Array.of(1, 2));
    kernel.runUntil(1_000_000);
    server.flush();
    assert.equal([bytes, server.backlogBytes], [[1, 2], 0]);
    client.send(Uint8Array.of(3));
    kernel.runUntil(2_000_000);
    assert.is(server.backlogBytes, 1);
  });

  test('ends for both when one end resets it', () => {
    const { kernel, told, server } = link(7);
    server.reset('gone');
    kernel.runUntil(1_000_000);
    assert.equal(told.sort(), ['client gone', 'opened', 'server gone']);
  });

  test('refuses a connection to where nobody listens', () => {
    const { kernel, network } = link(4);
    const told: string[] = [];
    const closed = (reason: string) => told.push(reason);
    network.connect('c', 'b:1', { opened: () => {}, received: () => {}, closed });
    kernel.runUntil(1_000_000);
    assert.equal(told, ['connection refused by b:1']);
  });
});
