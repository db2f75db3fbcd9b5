import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { WebSocketServer } from 'ws';
import { startChild } from '../../support/child.js';
import { suite } from '../../support/suite.js';
import { REPOSITORY } from '../../support/vivarium.js';

/** A program whose only doing is to open a WebSocket and to close it. */
const PROGRAM = `
  import { openWebSocket } from '@vivarium/core/internal/node/websocket-transport';
  const port = Number(process.argv[1]);
  const address = { protocol: 'ws', host: '127.0.0.1', port, resource: '/' };
  const transport = openWebSocket(address, {
    opened: () => transport.close(), received: () => {}, closed: () => {},
  });
`;

suite('a WebSocket of a client', (test) => {
  test('that its server does not let go holds its process no longer than TCP would', async (t) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    t.cleanup(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    server.on('connection', (webSocket) => webSocket.pause());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const words = ['--input-type=module', '-e', PROGRAM, String(port)];
    const child = startChild(t, words, { cwd: REPOSITORY });
    assert.is(await child.ended, 0);
  });
});
