import { get } from 'node:http';
import * as assert from 'uvu/assert';
import { ints, orders } from '../support/echo-machine.js';
import { echoServer } from '../support/echo-server.js';
import { CONNECT_REQUEST, frame, rawClient } from '../support/raw-client.js';
import { suite, type TestContext } from '../support/suite.js';

/** A client that has shaken hands. */
async function greeted(t: TestContext, port: number) {
  const client = await rawClient(t, port);
  client.send(CONNECT_REQUEST);
  assert.is((await client.frame()).length, 36);
  return client;
}

function order(...values: readonly number[]): Uint8Array {
  return frame(ints(...values));
}

suite('one port', (test) => {
  test('takes the client protocol in pieces of one byte', async (t) => {
    const { port } = await echoServer(t);
    const client = await rawClient(t, port);
    for (const byte of [...CONNECT_REQUEST, ...order(orders.count)]) {
      client.socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.is((await client.frame()).length, 36);
    assert.equal(await client.frame(), ints(0));
  });

  test('takes the handshake and the requests after it in one piece', async (t) => {
    const { port } = await echoServer(t);
    const client = await rawClient(t, port);
    client.send(Buffer.concat([CONNECT_REQUEST, order(orders.count), order(orders.bytes, 3)]));
    assert.is((await client.frame()).length, 36);
    assert.equal(await client.frame(), ints(0));
    assert.is((await client.frame()).length, 3);
  });

  test('answers four-letter words, also from one that has said all', async (t) => {
    const { port } = await echoServer(t, { fourLetterWords: ['ruok'] });
    const split = await rawClient(t, port);
    split.send('ru');
    await new Promise((resolve) => setTimeout(resolve, 1));
    split.send('ok\n');
    assert.is(await split.rest(), 'imok');
    const halfClosed = await rawClient(t, port);
    halfClosed.socket.end('srvr\r\n');
    assert.match(await halfClosed.rest(), /^Zookeeper version: .*\nLatency/);
    const forbidden = await rawClient(t, port);
    forbidden.send('mntr');
    assert.is(await forbidden.rest(), 'mntr is not executed because it is not in the whitelist.\n');
  });

  test('waits for the argument of a word, and keeps what it sets', async (t) => {
    const { port } = await echoServer(t, { fourLetterWords: ['*'] });
    const client = await rawClient(t, port);
    client.send('stmk');
    client.send(Uint8Array.of(0, 0, 0, 0, 0, 0, 0));
    await new Promise((resolve) => setImmediate(resolve));
    client.send(Uint8Array.of(9));
    assert.is(await client.rest(), '9');
    const asking = await rawClient(t, port);
    asking.send('gtmk');
    assert.is(await asking.rest(), '9');
  });

  test('answers HTTP whose first packet is split', async (t) => {
    const { port } = await echoServer(t);
    const client = await rawClient(t, port);
    client.send('GE');
    await new Promise((resolve) => setImmediate(resolve));
    client.send('T /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const answer = await client.rest();
    assert.match(answer, /^HTTP\/1.1 200 OK\r\n/);
    assert.match(answer, '\r\nConnection: close\r\n');
    assert.match(answer, '{\n  "status" : "ok"\n}');
  });

  test('closes telnet, TLS and nonsense, and says why', async (t) => {
    const { port, events } = await echoServer(t);
    for (const bytes of ['fff4fffd', '160301020001000000', 'ffffffff', 'deadbeefdeadbeef']) {
      const client = await rawClient(t, port);
      client.send(Buffer.from(bytes, 'hex'));
      assert.is(await client.rest(), '');
    }
    assert.ok(events.some(({ event }) => event === 'connection.tls'));
  });

  test('closes what does not say in time what it speaks, however slowly it talks', async (t) => {
    const { port, events } = await echoServer(t, { handshakeTimeoutMs: 60 });
    const silent = await rawClient(t, port);
    const one = await rawClient(t, port);
    one.send('s');
    const slowHttp = await rawClient(t, port);
    slowHttp.send('GET /health HTTP/1.1\r\n');
    const trickle = setInterval(() => slowHttp.send('x'), 10);
    t.cleanup(() => clearInterval(trickle));
    await Promise.all([silent.closed, one.closed, slowHttp.closed]);
    assert.ok(events.some(({ event }) => event === 'connection.silent'));
  });

  test('refuses connections above the limit of an address, and lets others in after', async (t) => {
    const { port, events } = await echoServer(t, { maxClientCnxns: 2 });
    const first = await greeted(t, port);
    await greeted(t, port);
    const third = await rawClient(t, port);
    await third.closed;
    assert.match(events.map(({ message }) => message).join(), 'maxClientCnxns');
    first.socket.destroy();
    for (;;) {
      const again = await rawClient(t, port);
      again.send(CONNECT_REQUEST);
      const isIn = await again.frame().then(
        () => true,
        () => false,
      );
      if (isIn) break;
    }
  });

  test('is not held by one that has its answer and goes on to speak', async (t) => {
    const { port } = await echoServer(t, { fourLetterWords: ['ruok'] });
    const client = await rawClient(t, port);
    client.socket.removeAllListeners('end');
    client.send('ruok');
    const timer = setInterval(() => client.send('x'), 100);
    t.cleanup(() => clearInterval(timer));
    await client.closed;
  });

  test('refuses connections above the limit of all', async (t) => {
    const { port, events } = await echoServer(t, { maxClientCnxns: 0, maxCnxns: 1 });
    await greeted(t, port);
    await (await rawClient(t, port)).closed;
    assert.match(events.map(({ message }) => message).join(), 'maxCnxns');
  });
});

suite('a client of one port', (test) => {
  test('is closed for a frame of a bad length before anything is allocated', async (t) => {
    const { port } = await echoServer(t, { juteMaxBuffer: 1_000_000 });
    const good = await greeted(t, port);
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 20; round++) {
      for (const length of [-1, 1_000_001, 2 ** 31 - 1]) {
        const client = await greeted(t, port);
        client.send(ints(length));
        await client.closed;
      }
    }
    good.send(order(orders.count));
    assert.equal(await good.frame(), ints(0));
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 30e6, `grew by ${grown} bytes for 60 frames that never came`);
  });

  test('gets its last answer before it is closed', async (t) => {
    const { port } = await echoServer(t);
    const client = await greeted(t, port);
    client.send(Buffer.concat([order(orders.bytes, 900_000), order(orders.close)]));
    assert.is((await client.frame()).length, 900_000);
    assert.is(await client.rest(), '');
  });

  test('is not read from while it does not read, and is served when it does', async (t) => {
    const { port, events } = await echoServer(t, { sendQueueHighWaterBytes: 100_000 });
    const client = await greeted(t, port);
    client.socket.pause();
    const request = order(orders.bytes, 900_000);
    for (let i = 0; i < 40; i++) client.send(request);
    const other = await greeted(t, port);
    other.send(order(orders.count));
    assert.equal(await other.frame(), ints(0));
    client.socket.resume();
    for (let i = 0; i < 40; i++) assert.is((await client.frame()).length, 900_000);
    assert.equal(events, []);
  });

  test('is closed when too much waits for it, and nobody else is', async (t) => {
    const { port, events } = await echoServer(t, {
      sendQueueHighWaterBytes: 1_000_000,
      sendQueueMaxBytes: 5_000_000,
    });
    const other = await greeted(t, port);
    const client = await greeted(t, port);
    client.socket.pause();
    const greedy = Buffer.concat(Array.from({ length: 40 }, () => order(orders.bytes, 900_000)));
    client.send(greedy);
    while (!events.some(({ event }) => event === 'connection.slow-reader')) {
      other.send(order(orders.count));
      assert.equal(await other.frame(), ints(0));
    }
    client.socket.resume();
    await client.closed;
  });

  test('may go at any time', async (t) => {
    const { port } = await echoServer(t);
    const other = await greeted(t, port);
    for (let i = 0; i < 20; i++) {
      const client = await greeted(t, port);
      client.send(order(orders.bytes, 500_000));
      if (i % 2 === 0) client.socket.resetAndDestroy();
      else client.socket.end();
    }
    other.send(order(orders.count));
    assert.equal(await other.frame(), ints(0));
  });

  test('that was held is read again when the machine says so', async (t) => {
    const { port } = await echoServer(t);
    const client = await greeted(t, port);
    client.send(order(orders.hold));
    assert.equal(await client.frame(), ints(1));
    client.send(order(orders.count));
    assert.equal(await client.frame(), ints(0));
  });

  test('is answered when the machine has asked to be woken', async (t) => {
    const { port } = await echoServer(t);
    const client = await greeted(t, port);
    client.send(Buffer.concat([order(orders.wake, 30), order(orders.wake, 5)]));
    assert.equal(await client.frame(), ints(0));
    assert.equal(await client.frame(), ints(0));
  });
});

suite('a server', (test) => {
  test('ends with the code the machine gives, and cuts its clients', async (t) => {
    const server = await echoServer(t);
    const client = await greeted(t, server.port);
    client.send(Buffer.concat([order(orders.halt, 10), order(orders.count)]));
    assert.equal(await server.ended, { code: 10, reason: 'as ordered' });
    assert.is(await client.rest(), '');
  });

  test('ends when a rule was broken, and frees port and folder', async (t) => {
    const server = await echoServer(t);
    const client = await greeted(t, server.port);
    client.send(Buffer.concat([order(orders.count), order(orders.break)]));
    assert.is((await server.ended).code, 1);
    assert.is(await client.rest(), '');
    assert.match(server.events.map(({ message }) => message).join(), 'as ordered');
    await echoServer(t, { dataDir: server.dataDir, clientPort: server.port });
  });

  test('keeps what it has acknowledged when it is started again', async (t) => {
    const first = await echoServer(t);
    const client = await greeted(t, first.port);
    for (let i = 1; i <= 5; i++) client.send(order(orders.keep, i));
    for (let i = 1; i <= 5; i++) assert.equal(await client.frame(), ints(i));
    assert.is((await first.close()).code, 0);
    assert.is(await client.rest(), '');
    const second = await echoServer(t, { dataDir: first.dataDir });
    const later = await greeted(t, second.port);
    later.send(order(orders.count));
    assert.equal(await later.frame(), ints(5));
  });

  test('is not started on a folder in use, nor on a port that is taken', async (t) => {
    const { port, dataDir } = await echoServer(t);
    const messageOf = async (work: Promise<unknown>) =>
      work.then(
        () => 'it was started',
        (error: Error) => error.message,
      );
    assert.match(await messageOf(echoServer(t, { dataDir })), `pid ${process.pid}`);
    assert.match(await messageOf(echoServer(t, { clientPort: port })), `port ${port}, is taken`);
  });

  test('closes connections that only wait for a page', async (t) => {
    const server = await echoServer(t);
    const client = await rawClient(t, server.port);
    client.send('GET /health');
    await new Promise<void>((resolve, reject) => {
      get(`http://127.0.0.1:${server.port}/ready`, (response) => {
        response.resume();
        response.on('end', resolve);
      }).on('error', reject);
    });
    await server.close();
    await client.closed;
  });
});
