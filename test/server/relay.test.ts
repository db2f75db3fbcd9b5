import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { startRelay } from '@vivarium/core/internal/node/relay';
import * as assert from 'uvu/assert';
import WebSocket from 'ws';
import { ints, orders } from '../support/echo-machine.js';
import { echoServer } from '../support/echo-server.js';
import { freePorts } from '../support/free-ports.js';
import { httpAsk } from '../support/http-ask.js';
import { CONNECT_REQUEST, frame, Inbox } from '../support/raw-client.js';
import { suite, type TestContext } from '../support/suite.js';
import { vivarium } from '../support/vivarium.js';

const HOST = '127.0.0.1';

async function relayTo(t: TestContext, ...ports: readonly number[]) {
  const servers = ports.map((port) => ({ host: HOST, port }));
  const relay = await startRelay({ servers, port: 0 });
  t.cleanup(() => relay.close());
  return relay.port;
}

function open(t: TestContext, port: number, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://${HOST}:${port}/`, { headers });
  const inbox = new Inbox();
  t.cleanup(() => socket.terminate());
  socket.on('message', (data: Buffer) => inbox.push(data));
  socket.on('close', () => inbox.end());
  socket.on('error', () => {});
  return { socket, inbox };
}

suite('a relay', (test) => {
  test('serves the console and says that it is one', async (t) => {
    const port = await relayTo(t, 1);
    const { status: found, body: html } = await httpAsk(port, '/');
    assert.is(found, 200);
    assert.match(html, '<div id="app">');
    const about = JSON.parse((await httpAsk(port, '/console/about')).body);
    assert.is(about.kind, 'relay');
    assert.equal(about.servers, [`${HOST}:1`]);
    const { status: missing, body: words } = await httpAsk(port, '/commands/mntr');
    assert.is(missing, 404);
    assert.match(words, 'This is a relay');
  });

  test('carries the bytes of a WebSocket to a server and back, large ones too', async (t) => {
    const server = await echoServer(t);
    const port = await relayTo(t, server.port);
    const { socket, inbox } = open(t, port, { Origin: `http://${HOST}:${port}` });
    await once(socket, 'open');
    socket.send(CONNECT_REQUEST);
    assert.is((await inbox.frame()).length, 36);
    for (let round = 0; round < 20; round++) {
      socket.send(frame(ints(orders.bytes, 900_000)));
      assert.is((await inbox.frame()).length, 900_000);
    }
  });

  test('goes to the next server when one does not answer', async (t) => {
    const server = await echoServer(t);
    const [none] = await freePorts(1);
    const { socket, inbox } = open(t, await relayTo(t, none!, server.port));
    await once(socket, 'open');
    socket.send(CONNECT_REQUEST);
    assert.is((await inbox.frame()).length, 36);
  });

  test('ends a WebSocket with the reason when no server answers', async (t) => {
    const [none] = await freePorts(1);
    const { socket } = open(t, await relayTo(t, none!));
    const [code, reason] = await once(socket, 'close');
    assert.is(code, 1013);
    assert.match(String(reason), `${HOST}:${none} cannot be reached`);
  });

  test('ends each side when the other ends', async (t) => {
    const net = createServer();
    t.cleanup(() => net.close());
    net.listen(0, HOST);
    await once(net, 'listening');
    const port = await relayTo(t, (net.address() as AddressInfo).port);
    const first = open(t, port);
    const [accepted] = await once(net, 'connection');
    accepted.end();
    await once(first.socket, 'close');
    const second = open(t, port);
    const opened = once(second.socket, 'open');
    const [other] = await once(net, 'connection');
    await opened;
    second.socket.close();
    other.resume();
    await once(other, 'close');
  });

  test('refuses pages and names of others', async (t) => {
    const server = await echoServer(t);
    const port = await relayTo(t, server.port);
    assert.is((await httpAsk(port, '/', { headers: { Host: 'evil.example' } })).status, 403);
    for (const headers of [{ Origin: 'http://evil.example' }, { Host: 'evil.example' }]) {
      const { socket } = open(t, port, headers);
      const [, response] = await once(socket, 'unexpected-response');
      assert.is(response.statusCode, 403);
      response.resume();
      socket.terminate();
    }
  });
});

suite('vivarium console', (test) => {
  test(
    'prints where the page is, and ends when it is told to',
    async (t) => {
      const child = vivarium(t, ['console', '-server', `${HOST}:1`, '--port', '0']);
      const [, port] = await child.says(/http:\/\/127\.0\.0\.1:(\d+)\//);
      assert.is((await httpAsk(Number(port), '/')).status, 200);
      child.kill('SIGINT');
      assert.is(await child.ended, 0);
    },
    { timeoutMs: 60_000 },
  );

  const wrong: readonly (readonly [readonly string[], string])[] = [
    [[], 'Name the servers'],
    [['-server', 'a:b'], 'not host:port'],
    [['-server', 'ws://a:1'], 'by TCP'],
    [['-server', 'a:1/app'], 'leave /app out'],
    [['-server', 'a:1', '--port', 'x'], '--port x is not allowed'],
  ];
  for (const [words, told] of wrong) {
    test(
      `refuses ${words.join(' ') || 'to guess the servers'}`,
      async (t) => {
        const child = vivarium(t, ['console', ...words]);
        assert.is(await child.ended, 2);
        assert.match(child.output.err, told);
      },
      { timeoutMs: 60_000 },
    );
  }
});
