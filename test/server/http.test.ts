import type { ConfigOverrides } from '@vivarium/core/internal/config/config';
import * as assert from 'uvu/assert';
import WebSocket from 'ws';
import { ints, orders } from '../support/echo-machine.js';
import { echoServer } from '../support/echo-server.js';
import { httpAsk } from '../support/http-ask.js';
import { CONNECT_REQUEST, frame, Inbox, rawClient } from '../support/raw-client.js';
import { suite, type TestContext } from '../support/suite.js';

/** A WebSocket with an inbox, or the status with which it was refused. */
function openWebSocket(t: TestContext, port: number, headers: Record<string, string> = {}) {
  return new Promise<{ socket: WebSocket; inbox: Inbox } | { status: number; body: string }>(
    (resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers });
      const inbox = new Inbox();
      t.cleanup(() => socket.terminate());
      socket.on('message', (data: Buffer) => inbox.push(data));
      socket.on('close', () => inbox.end());
      socket.on('open', () => resolve({ socket, inbox }));
      socket.on('unexpected-response', (_request, response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      socket.on('error', reject);
    },
  );
}

async function opened(t: TestContext, port: number, headers: Record<string, string> = {}) {
  const result = await openWebSocket(t, port, headers);
  if ('status' in result) throw new Error(`refused with ${result.status}: ${result.body}`);
  return result;
}

async function refusal(t: TestContext, port: number, headers: Record<string, string> = {}) {
  const result = await openWebSocket(t, port, headers);
  if ('status' in result) return result;
  throw new Error('it was not refused');
}

suite('HTTP on the port of the clients', (test) => {
  test('has pages for health, readiness, commands and metrics', async (t) => {
    const { port } = await echoServer(t);
    for (const path of ['/health', '/ready', '/metrics', '/commands', '/commands/ruok']) {
      const { status, headers } = await httpAsk(port, path);
      assert.is(status, 200, path);
      assert.is(headers['cache-control'], 'no-store');
      assert.is(headers['x-content-type-options'], 'nosniff');
    }
    assert.is((await httpAsk(port, '/nothing')).status, 404);
    const { body } = await httpAsk(port, '/commands/configuration');
    assert.is(JSON.parse(body).client_port, port);
  });

  test('answers HEAD without a body', async (t) => {
    const { port } = await echoServer(t);
    const { status, body, headers } = await httpAsk(port, '/health', { method: 'HEAD' });
    assert.is(status, 200);
    assert.is(body, '');
    assert.ok(Number(headers['content-length']) > 0);
  });

  test('changes nothing for GET, and something for POST', async (t) => {
    const { port } = await echoServer(t);
    const read = await httpAsk(port, '/commands/stat_reset');
    assert.is(read.status, 405);
    assert.is(read.headers.allow, 'POST');
    assert.is((await httpAsk(port, '/commands/stat_reset', { method: 'POST' })).status, 200);
    const mask = async () => {
      return JSON.parse((await httpAsk(port, '/commands/get_trace_mask')).body).tracemask;
    };
    const before = await mask();
    assert.is((await httpAsk(port, '/commands/set_trace_mask?traceMask=7')).status, 405);
    assert.is(await mask(), before);
    await httpAsk(port, '/commands/set_trace_mask?traceMask=7', { method: 'POST' });
    assert.is(await mask(), 7);
  });

  test('takes one request of a connection, and does nothing of what is sent behind it', async (t) => {
    const { port } = await echoServer(t);
    const mask = async () => (await httpAsk(port, '/commands/get_trace_mask')).body;
    const before = await mask();
    const client = await rawClient(t, port);
    const order = 'POST /commands/set_trace_mask?traceMask=7 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
    client.send(`GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n${order}`);
    assert.is((await client.rest()).match(/HTTP\/1\.1 200/g)?.length, 1);
    assert.is(await mask(), before);
  });

  test('refuses foreign hosts and origins with 403, naming the option', async (t) => {
    const { port, events } = await echoServer(t);
    const rebound = await httpAsk(port, '/health', { headers: { Host: `evil.example:${port}` } });
    assert.is(rebound.status, 403);
    assert.match(rebound.body, 'vivarium.allowedHosts=evil.example');
    const headers = { Origin: 'http://evil.example' };
    const foreign = await httpAsk(port, '/commands/stat_reset', { method: 'POST', headers });
    assert.is(foreign.status, 403);
    assert.match(foreign.body, 'vivarium.allowedOrigins=http://evil.example');
    assert.ok(events.some(({ event }) => event === 'http.refused'));
  });

  test('keeps no socket of a refused WebSocket, whatever it does afterwards', async (t) => {
    const { port } = await echoServer(t, { maxClientCnxns: 2, fourLetterWords: ['ruok'] });
    const upgrade =
      'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\nConnection: Upgrade\r\n' +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
    const goesOn = await rawClient(t, port);
    const isSilent = await rawClient(t, port);
    for (const client of [goesOn, isSilent]) {
      client.socket.removeAllListeners('end');
      client.send(upgrade);
      const head = await client.take(12);
      assert.is(Buffer.from(head).toString(), 'HTTP/1.1 403');
    }
    goesOn.send('and something else');
    for (;;) {
      const again = await rawClient(t, port);
      again.send('ruok');
      if ((await again.rest()) === 'imok') break;
    }
  });

  test('is reduced to health and readiness where the config says so', async (t) => {
    const { port } = await echoServer(t, {
      commandsEnabled: false,
      metricsEnabled: false,
      webSocketEnabled: false,
    });
    assert.is((await httpAsk(port, '/health')).status, 200);
    assert.is((await httpAsk(port, '/ready')).status, 200);
    assert.match((await httpAsk(port, '/metrics')).body, 'vivarium.metrics=true');
    assert.match((await httpAsk(port, '/commands/ruok')).body, 'vivarium.commands=true');
    const { status, body } = await refusal(t, port);
    assert.is(status, 403);
    assert.match(body, 'vivarium.webSocket=true');
  });
});

suite('WebSocket on the port of the clients', (test) => {
  test('carries the same bytes in messages of any size', async (t) => {
    const { port } = await echoServer(t);
    const stream = Buffer.concat([
      CONNECT_REQUEST,
      frame(ints(orders.count)),
      frame(ints(orders.bytes, 70_000)),
      frame(ints(orders.keep, 1)),
    ]);
    for (const size of [1, 7, stream.length]) {
      const { socket, inbox } = await opened(t, port);
      for (let at = 0; at < stream.length; at += size) socket.send(stream.subarray(at, at + size));
      assert.is((await inbox.frame()).length, 36);
      assert.is((await inbox.frame()).length, 4);
      assert.is((await inbox.frame()).length, 70_000);
      assert.is((await inbox.frame()).length, 4);
    }
  });

  test('ends with its server, and with a frame of a bad length', async (t) => {
    const server = await echoServer(t);
    const bad = await opened(t, server.port);
    bad.socket.send(Buffer.concat([CONNECT_REQUEST, ints(-1)]));
    assert.is((await bad.inbox.frame()).length, 36);
    assert.is(await bad.inbox.rest(), '');
    const good = await opened(t, server.port);
    good.socket.send(CONNECT_REQUEST);
    await good.inbox.frame();
    await server.close();
    assert.is(await good.inbox.rest(), '');
  });

  test('takes no text and no messages beyond the limit', async (t) => {
    const { port, events } = await echoServer(t);
    const text = await opened(t, port);
    text.socket.send('hello');
    await text.inbox.rest();
    const large = await opened(t, port);
    large.socket.send(Buffer.alloc(4 * 1_048_576 + 1));
    await large.inbox.rest();
    const told = events.filter(({ event }) => event === 'connection.malformed');
    assert.match(told[0]?.message ?? '', 'from 127.0.0.1 is closed: Max payload size exceeded');
    const fine = await opened(t, port);
    fine.socket.send(CONNECT_REQUEST);
    assert.is((await fine.inbox.frame()).length, 36);
  });

  test('answers pings', async (t) => {
    const { port } = await echoServer(t);
    const { socket } = await opened(t, port);
    await new Promise<void>((resolve) => {
      socket.on('pong', () => resolve());
      socket.ping();
    });
  });

  const origins: readonly (readonly [string, ConfigOverrides, string])[] = [
    ['of another port of this machine', {}, 'http://127.0.0.1:1'],
    ['of anybody', { allowLoopbackOrigins: true }, 'https://evil.example'],
    ['without a name', { allowLoopbackOrigins: true }, 'null'],
  ];
  for (const [whose, overrides, origin] of origins) {
    test(`refuses a page ${whose}`, async (t) => {
      const { port } = await echoServer(t, overrides);
      const { status, body } = await refusal(t, port, { Origin: origin });
      assert.is(status, 403);
      assert.match(body, 'vivarium.allowedOrigins=');
    });
  }

  test('takes pages of its own, of listed origins, and of loopback where allowed', async (t) => {
    const own = await echoServer(t);
    await opened(t, own.port, { Origin: `http://127.0.0.1:${own.port}` });
    const listed = await echoServer(t, { allowedOrigins: ['https://app.example'] });
    await opened(t, listed.port, { Origin: 'https://app.example' });
    const dev = await echoServer(t, { allowLoopbackOrigins: true });
    await opened(t, dev.port, { Origin: 'http://localhost:5173' });
  });

  test('counts with the connections of its address', async (t) => {
    const { port } = await echoServer(t, { maxClientCnxns: 1 });
    const { socket } = await opened(t, port);
    await openWebSocket(t, port).then(
      () => assert.unreachable('the second was let in'),
      () => {},
    );
    assert.is(socket.readyState, WebSocket.OPEN);
  });
});
