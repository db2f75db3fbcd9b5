import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tcpDial } from '@vivarium/core/internal/node/dial';
import type { Stream } from '@vivarium/core/internal/node/stream';
import type { LinkAddress } from '@vivarium/core/internal/seam/effects';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../../support/suite.js';

/** A port of this machine, and the connections that came to it. */
async function listener(t: TestContext, host = '127.0.0.1') {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => {})));
  t.cleanup(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return { port, sockets, server };
}

/** A port where nobody listens. */
async function closedPort(t: TestContext): Promise<number> {
  const { port, server } = await listener(t);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

interface Dialed {
  readonly heard: string[];
  stream: Stream | undefined;
  readonly cancel: () => void;
  /** The next thing that is heard. */
  next(): Promise<string>;
}

function dial(t: TestContext, addresses: readonly LinkAddress[], timeoutMs = 5_000): Dialed {
  const heard: string[] = [];
  let wake = () => {};
  let told = 0;
  const hear = (word: string) => {
    heard.push(word);
    wake();
  };
  const cancel = tcpDial(16_384)(addresses, timeoutMs, {
    opened: ({ address, port }, open) => {
      dialed.stream = open({
        received: (bytes) => hear(`bytes ${bytes.join('')}`),
        drained: () => {},
        closed: (reason) => hear(`closed: ${reason}`),
      });
      hear(`opened ${address}:${port}`);
    },
    failed: (reason) => hear(`failed: ${reason}`),
  });
  const dialed: Dialed = {
    heard,
    stream: undefined,
    cancel,
    async next() {
      while (heard.length === told) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return heard[told++]!;
    },
  };
  t.cleanup(() => dialed.stream?.destroy('the test is over'));
  return dialed;
}

suite('a dial', (test) => {
  test('opens a stream in both directions, and tells when the other side has gone', async (t) => {
    const { port, sockets } = await listener(t);
    const dialed = dial(t, [{ host: '127.0.0.1', port }]);
    assert.is(await dialed.next(), `opened 127.0.0.1:${port}`);
    while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const [socket] = sockets as [Socket];
    const said = new Promise<Uint8Array>((resolve) => socket.once('data', resolve));
    dialed.stream!.send([Uint8Array.of(1), Uint8Array.of(2)]);
    assert.equal([...(await said)], [1, 2]);
    socket.write(Uint8Array.of(3));
    assert.is(await dialed.next(), 'bytes 3');
    socket.end();
    assert.is(await dialed.next(), 'closed: the other server closed the connection');
  });

  test('looks up a name, and keeps the one of its addresses that answers', async (t) => {
    const { port } = await listener(t);
    const dialed = dial(t, [{ host: 'localhost', port }]);
    assert.is(await dialed.next(), `opened 127.0.0.1:${port}`);
  });

  test('keeps the first of several addresses that answers', async (t) => {
    const { port } = await listener(t);
    const closed = await closedPort(t);
    const addresses = [
      { host: '127.0.0.1', port: closed },
      { host: 'no-such-server.invalid', port },
      { host: '127.0.0.1', port },
    ];
    const dialed = dial(t, addresses);
    assert.is(await dialed.next(), `opened 127.0.0.1:${port}`);
    assert.equal(dialed.heard.length, 1);
  });

  test('says of every address why it is no use', async (t) => {
    const port = await closedPort(t);
    const dialed = dial(t, [
      { host: '127.0.0.1', port },
      { host: 'no-such-server.invalid', port },
    ]);
    const reason = await dialed.next();
    assert.match(reason, new RegExp(`127\\.0\\.0\\.1:${port}: connect ECONNREFUSED`));
    assert.match(reason, `no-such-server.invalid:${port}: getaddrinfo`);
  });

  test('gives up after a while of silence', async (t) => {
    // An address for documentation: nobody has it, and no packet to it is answered.
    const dialed = dial(t, [{ host: '192.0.2.1', port: 2888 }], 30);
    const reason = await dialed.next();
    const isUnreachable = /^failed: 192\.0\.2\.1:2888: connect E/.test(reason);
    if (isUnreachable) return;
    assert.is(reason, 'failed: nobody answered at 192.0.2.1:2888 within 30 ms');
  });

  test('tells nothing once it was given up', async (t) => {
    const { port } = await listener(t);
    const dialed = dial(t, [{ host: '127.0.0.1', port }]);
    const byName = dial(t, [{ host: 'localhost', port }]);
    dialed.cancel();
    byName.cancel();
    const later = dial(t, [{ host: '127.0.0.1', port }]);
    await later.next();
    assert.equal([dialed.heard, byName.heard], [[], []]);
  });
});
