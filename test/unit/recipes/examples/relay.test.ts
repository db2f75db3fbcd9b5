import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Relay } from '@vivarium/recipes/internal/examples/stage/relay';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../../../support/suite.js';

/** A server that sends back what it is sent, and a relay before it. */
async function relayed(t: TestContext) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.cleanup(() => server.close());
  const relay = await Relay.open([(server.address() as AddressInfo).port]);
  t.cleanup(() => relay.close());
  const port = Number(relay.connectString.split(':')[1]);
  const dial = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    t.cleanup(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  return { relay, port, dial };
}

async function echo(socket: Socket, text: string): Promise<void> {
  socket.write(text);
  const [answer] = await once(socket, 'data');
  assert.is(String(answer), text);
}

suite('the way to the servers', (test) => {
  test('lets through what is sent, both ways, and knows the server behind a port', async (t) => {
    const { relay, port, dial } = await relayed(t);
    await echo(await dial(), 'hello');
    assert.is(relay.serverBehind(port), 1);
    assert.is(relay.serverBehind(port + 1), 0);
  });

  test('lets nothing through while it is cut, without a word, and all of it later', async (t) => {
    const { relay, dial } = await relayed(t);
    const before = await dial();
    await echo(before, 'one');
    relay.cut();
    const heard: string[] = [];
    before.on('data', (bytes) => heard.push(String(bytes)));
    before.write('two');
    const late = await dial(); // Somebody answers the call; nobody is behind it.
    late.on('data', (bytes) => heard.push(String(bytes)));
    late.write('three');
    await echo(await (await relayed(t)).dial(), 'another way');
    assert.equal(heard, []);
    assert.not.ok(before.destroyed);
    relay.mend();
    while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(heard.sort(), ['three', 'two']);
  });

  test('breaks what is there, and takes what comes', async (t) => {
    const { relay, dial } = await relayed(t);
    const socket = await dial();
    await echo(socket, 'one');
    const closed = once(socket, 'close');
    relay.break();
    await closed;
    await echo(await dial(), 'two');
  });
});
