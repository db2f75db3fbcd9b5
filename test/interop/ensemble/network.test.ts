import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../../support/suite.js';
import { Addresses, ports } from './addresses.js';
import { Network } from './network.js';

interface Ends {
  readonly network: Network;
  /** What server 1 has dialed to server 2. */
  readonly dialing: Socket;
  readonly dialed: Socket;
  /** Dials once more. */
  dial(): Socket;
}

/** Servers 1 and 2, and a connection that 1 has made to 2. */
async function twoServers(t: TestContext): Promise<Ends> {
  const addresses = await Addresses.pick();
  const network = await Network.open(addresses, [1, 2]);
  t.cleanup(() => network.close());
  const taken: Socket[] = [];
  const server = createServer((socket) => {
    taken.push(socket.on('error', () => {}));
  });
  t.cleanup(() => {
    for (const socket of taken) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve) => {
    server.listen(ports.election, addresses.of(2), () => resolve());
  });
  const dial = () => {
    const socket = connect(ports.election, addresses.between(1, 2));
    t.cleanup(() => socket.destroy());
    socket.on('error', () => {});
    return socket;
  };
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const dialing = dial();
  const [dialed] = await accepted;
  dialed.on('error', () => {});
  return { network, dialing, dialed, dial };
}

async function heard(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, 'data')) as [Uint8Array];
  return new TextDecoder().decode(bytes);
}

/** Resolves when it is closed, in whichever way. Who does not read hears of nothing. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once('close', () => resolve()));
}

/** Whether something is heard before what has begun meanwhile has had its time. */
function hears(socket: Socket, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), withinMs);
    for (const event of ['data', 'end', 'close']) {
      socket.once(event, () => {
        clearTimeout(timer);
        resolve(true);
      });
    }
  });
}

suite('the network between servers', (test) => {
  test('carries what is said, both ways, and the end of it', async (t) => {
    const { dialing, dialed } = await twoServers(t);
    dialing.write('vote');
    assert.is(await heard(dialed), 'vote');
    dialed.write('other vote');
    assert.is(await heard(dialing), 'other vote');
    dialed.end();
    await once(dialing, 'end');
  });

  test('holds back one direction, and brings all of it when it is healed', async (t) => {
    const { network, dialing, dialed } = await twoServers(t);
    network.set(1, 2, 'stop');
    dialing.write('late');
    dialed.write('in time');
    assert.is(await heard(dialing), 'in time');
    assert.not(await hears(dialed, 50));
    network.heal();
    assert.is(await heard(dialed), 'late');
  });

  test('keeps the news of a reset back as well', async (t) => {
    const { network, dialing, dialed } = await twoServers(t);
    network.partition([1], [2]);
    dialing.resetAndDestroy();
    assert.not(await hears(dialed, 50));
    network.heal();
    await closed(dialed);
  });

  test('brings everything later, in its order', async (t) => {
    const { network, dialing, dialed } = await twoServers(t);
    network.set(1, 2, 'pass', 60);
    const began = performance.now();
    dialing.write('a');
    assert.not(await hears(dialed, 20));
    network.set(1, 2, 'pass', 0);
    dialing.write('b');
    let all = '';
    while (all.length < 2) all += await heard(dialed);
    assert.is(all, 'ab');
    assert.ok(performance.now() - began >= 59);
  });

  test('resets what there is, and takes new connections', async (t) => {
    const { network, dialing, dialed, dial } = await twoServers(t);
    const both = Promise.all([closed(dialing), closed(dialed)]);
    network.reset(1, 2);
    await both;
    const again = dial();
    await once(again, 'connect');
  });

  test('leaves a connection half open, and lets nobody through until it is healed', async (t) => {
    const { network, dialing, dialed, dial } = await twoServers(t);
    dialing.write('hello');
    await heard(dialed);
    network.halfOpen(2, 1);
    await closed(dialed);
    dialing.write('into the void');
    assert.not(await hears(dialing, 50));
    const again = dial();
    again.write('hello?');
    assert.not(await hears(again, 50));
    network.heal();
    network.reset(1, 2);
    await closed(dialing);
  });

  test('resets at once when nobody listens', async (t) => {
    const addresses = await Addresses.pick();
    const network = await Network.open(addresses, [1, 2]);
    t.cleanup(() => network.close());
    const socket = connect(ports.election, addresses.between(2, 1));
    socket.on('error', () => {});
    await closed(socket);
  });
});
