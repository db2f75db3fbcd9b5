import { type ConfigOverrides, defaultConfig } from '@vivarium/core/internal/config/config';
import { Kernel } from '@vivarium/core/internal/local/kernel';
import { Network } from '@vivarium/core/internal/local/network';
import { LocalServer } from '@vivarium/core/internal/local/server';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import * as assert from 'uvu/assert';
import { ensembleAt } from '../../support/ensemble-spec.js';
import { heard, ScriptedMachine } from '../../support/scripted-machine.js';
import { suite } from '../../support/suite.js';

const ensemble = ensembleAt(['a:2888:3888'], ['b:2888:3888', 'bb:2888:3888']);

/** A server of the ensemble whose machines do as they are told. */
class Member {
  readonly server: LocalServer;
  readonly lives: ScriptedMachine[] = [];
  #lastDial = 0;

  constructor(kernel: Kernel, network: Network, serverId: number, overrides: ConfigOverrides) {
    this.server = new LocalServer({
      kernel,
      network,
      address: `${'ab'[serverId - 1]}:2181`,
      config: { ...defaultConfig({ serverId, ...overrides }), ensemble },
      boot: () => {
        const machine = new ScriptedMachine(1);
        this.lives.push(machine);
        return machine;
      },
    });
    this.server.start();
  }

  get machine(): ScriptedMachine {
    return this.lives.at(-1)!;
  }

  ask(...effects: readonly Effect[]): void {
    this.machine.ask(...effects);
  }

  /** Dials addresses such as `b:2888`; returns the number of the link. */
  dial(addresses: readonly string[], timeoutMs = 1_000): number {
    const connection = --this.#lastDial;
    const places = addresses.map((address) => {
      const [host, port] = address.split(':');
      return { host: host!, port: Number(port) };
    });
    this.ask({ type: 'dial', connection, link: 'quorum', addresses: places, timeoutMs });
    return connection;
  }

  send(connection: number, ...bytes: readonly number[]): void {
    this.ask({ type: 'send', connection, bytes: Uint8Array.from(bytes), after: 0 });
  }

  heard(connection?: number): string[] {
    return heard(this.machine, connection);
  }
}

function rig(seed = 1, overrides: ConfigOverrides = {}) {
  const kernel = new Kernel(seed);
  const network = new Network(kernel, { latencyMicros: [50, 400], fragments: false });
  const a = new Member(kernel, network, 1, overrides);
  const b = new Member(kernel, network, 2, overrides);
  const pass = (ms: number) => kernel.runUntil(kernel.now + ms * 1_000);
  pass(5);
  return { kernel, network, a, b, pass };
}

/** Two servers with a link that the first has dialed. */
function linked(seed = 1, overrides: ConfigOverrides = {}) {
  const world = rig(seed, overrides);
  world.a.dial(['b:2888']);
  world.pass(10);
  assert.equal([world.a.heard(), world.b.heard()], [['quorum opened'], ['quorum opened']]);
  return world;
}

suite('a link in memory', (test) => {
  test('carries bytes both ways, and its end', () => {
    const { a, b, pass } = linked();
    a.send(-1, 1, 2);
    b.send(1, 3);
    pass(10);
    b.send(1, 4);
    b.ask({ type: 'close', connection: 1, reason: 'enough' });
    pass(10);
    const over = 'closed: the other end closed the connection';
    assert.equal(a.heard(-1), ['quorum opened', 'bytes 3', 'bytes 4', over]);
    assert.equal(b.heard(1), ['quorum opened', 'bytes 12', 'closed: enough']);
  });

  test('is one, whichever of the addresses answers first, and names them all if none does', () => {
    const { a, b, pass } = rig();
    a.dial(['c:2888', 'b:3888', 'bb:3888']);
    a.dial(['c:1', 'b:1']);
    pass(20);
    assert.equal(a.heard(-1), ['quorum opened']);
    const refused = (where: string) => `${where}: connection refused by ${where}`;
    const both = [refused('b:1'), refused('c:1')];
    assert.equal(a.heard(-2)[0]!.replace('closed: ', '').split('; ').sort(), both);
    const kinds = b.heard().filter((word) => word === 'election opened');
    assert.ok(kinds.length >= 1, 'the port says what the link is for');
    a.send(-1, 7);
    pass(10);
    assert.is(b.heard().filter((word) => word === 'bytes 7').length, 1);
    const left = [1, 2].filter((id) => !b.heard(id).some((word) => word.startsWith('closed')));
    assert.is(left.length, 1);
  });

  test('is not there after a while of silence, or when it is no longer wanted', () => {
    const cut: readonly ((world: ReturnType<typeof rig>) => void)[] = [
      ({ network }) => network.isolate('b:2181', true),
      ({ network }) => network.sever('a:2181', 'b:2181', true),
      ({ network }) => network.sever('b:2181', 'a:2181', true),
      ({ b }) => b.server.cutPower(),
    ];
    for (const make of cut) {
      const world = rig();
      make(world);
      world.a.dial(['b:2888', 'bb:2888'], 500);
      world.pass(499);
      assert.equal(world.a.heard(), []);
      world.pass(5);
      const late = 'closed: nobody answered at b:2888, bb:2888 within 500 ms';
      assert.equal(world.a.heard(), [late]);
    }
    const { a, b, network, pass } = rig();
    network.isolate('b:2181', true);
    const connection = a.dial(['b:2888']);
    pass(5);
    a.ask({ type: 'close', connection, reason: 'no longer wanted' });
    pass(5);
    network.isolate('b:2181', false);
    pass(2_000);
    assert.equal([a.heard(), b.heard()], [['closed: no longer wanted'], []]);
  });

  test('carries bytes in one direction when the other is cut, and loses none', () => {
    const { a, b, network, pass } = linked();
    network.sever('b:2181', 'a:2181', true);
    a.send(-1, 1);
    b.send(1, 2);
    pass(1_000);
    assert.equal([a.heard(-1), b.heard(1)], [['quorum opened'], ['quorum opened', 'bytes 1']]);
    network.mend();
    pass(10);
    assert.equal(a.heard(-1), ['quorum opened', 'bytes 2']);
  });

  test('is reset by a kill', () => {
    const { a, b, pass } = linked();
    b.server.kill();
    pass(10);
    assert.equal(a.heard(-1), ['quorum opened', 'closed: connection reset']);
  });

  test('is half open after a power cut, until the server that is back hears something', () => {
    const { a, b, pass } = linked();
    b.server.cutPower();
    a.send(-1, 1);
    pass(5_000);
    assert.equal(a.heard(-1), ['quorum opened']);
    b.server.start();
    pass(1_000);
    assert.equal(a.heard(-1), ['quorum opened']);
    a.send(-1, 2);
    pass(10);
    assert.equal(a.heard(-1), ['quorum opened', 'closed: connection reset']);
    assert.equal(b.heard(), []);
  });

  test('is half open when the news of a kill cannot come through', () => {
    const { a, b, network, pass } = linked();
    network.isolate('b:2181', true);
    b.send(1, 9);
    pass(10);
    b.server.kill();
    pass(10);
    network.isolate('b:2181', false);
    pass(1_000);
    assert.equal(a.heard(-1), ['quorum opened'], 'nor come the last words of the dead');
    a.send(-1, 1);
    pass(10);
    assert.equal(a.heard(-1), ['quorum opened', 'closed: connection reset']);
    assert.is(network.connections.size, 0);
  });

  test('is told of late by a server that was paused; a dial meanwhile has timed out', () => {
    const { a, b, network, pass } = rig();
    a.server.pause();
    b.dial(['a:2888']);
    pass(100);
    b.send(-1, 5);
    pass(100);
    assert.equal([b.heard(-1), a.heard()], [['quorum opened'], []]);
    a.server.resume();
    pass(10);
    assert.equal(a.heard(), ['quorum opened', 'bytes 5']);

    network.isolate('b:2181', true);
    const [slow, quick] = [a.dial(['b:2888'], 500), a.dial(['c:2888'], 5_000)];
    pass(1);
    a.server.pause();
    network.isolate('b:2181', false);
    pass(1_000);
    a.server.resume();
    assert.equal(a.heard(slow), ['closed: nobody answered at b:2888 within 500 ms']);
    pass(10);
    assert.equal(a.heard(quick), ['closed: c:2888: connection refused by c:2888']);
  });

  test('that is not read is slow and still read from; with too much unsent it is closed', () => {
    const limits = { sendQueueHighWaterBytes: 100, sendQueueMaxBytes: 200, linkQueueMaxBytes: 400 };
    const { a, b, pass } = linked(1, limits);
    b.ask({ type: 'hold', connection: 1, held: true });
    pass(5);
    a.ask({ type: 'send', connection: -1, bytes: new Uint8Array(300), after: 0 });
    b.send(1, 1);
    pass(10);
    assert.equal(a.heard(-1), ['quorum opened', 'slow', 'bytes 1']);
    b.ask({ type: 'hold', connection: 1, held: false });
    pass(10);
    assert.is(a.heard(-1).at(-1), 'no longer slow');
    a.ask({ type: 'send', connection: -1, bytes: new Uint8Array(401), after: 0 });
    pass(10);
    assert.match(a.heard(-1).at(-1)!, 'closed: slow reader: 401 bytes wait');
    assert.match(b.heard(1).at(-1)!, 'closed: slow reader');
  });

  test('gives the same trace for the same seed', () => {
    const trace = (seed: number) => {
      const { kernel, a, b, network, pass } = linked(seed);
      a.dial(['b:3888', 'bb:3888']);
      b.dial(['a:2888']);
      network.sever('a:2181', 'b:2181', true);
      for (let n = 0; n < 9; n++) a.send(-1, n);
      pass(5);
      b.server.cutPower();
      network.mend();
      b.server.start();
      pass(5_000);
      return kernel.traceHash;
    };
    assert.is(trace(3), trace(3));
    assert.is.not(trace(3), trace(4));
  });
});
