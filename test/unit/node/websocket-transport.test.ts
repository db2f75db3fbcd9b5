import { createHash } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { clientHost } from '@vivarium/core/internal/node/client-host';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

/** What every WebSocket server appends to the key of a client. */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

suite('a connection over WebSocket', (test) => {
  test('is not held open by a server that never answers its end', async (t) => {
    const accepted = new Promise<Socket>((resolve) => {
      const server = createServer((socket) => {
        socket.once('data', (head) => {
          const key = /sec-websocket-key: (.*)\r\n/i.exec(head.toString())![1]!;
          const accept = createHash('sha1')
            .update(key + MAGIC)
            .digest('base64');
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
              `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
          );
          socket.on('data', () => {});
          resolve(socket);
        });
      });
      t.cleanup(() => server.close());
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        const address = { protocol: 'ws', host: '127.0.0.1', port, resource: '/' } as const;
        const transport = clientHost.open(address, {
          opened: () => transport.close(),
          received: () => assert.unreachable(),
          closed: () => assert.unreachable(),
        });
      });
    });
    const socket = await accepted;
    const began = performance.now();
    await new Promise((resolve) => socket.on('close', resolve));
    assert.ok(performance.now() - began < 5_000);
  });
});
