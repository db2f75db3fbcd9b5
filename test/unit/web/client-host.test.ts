import { clientHost } from '@vivarium/core/internal/web/client-host';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

/** A browser's WebSocket, as far as the host uses it, in a test's hands. */
class FakeWebSocket {
  static newest: FakeWebSocket;
  readonly url: string;
  binaryType = 'blob';
  readyState = 1;
  onopen = () => {};
  onmessage = (_: { data: ArrayBuffer }) => {};
  onclose = (_: { code: number; reason: string }) => {};
  readonly sent: Uint8Array[] = [];
  isClosed = false;

  constructor(url: string) {
    this.url = url;
    if (url.startsWith('ws://no')) throw new SyntaxError('not a URL');
    FakeWebSocket.newest = this;
  }
  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }
  close(): void {
    this.isClosed = true;
  }
}

suite("a client's host in a page", (test) => {
  const address = (host: string) => ({ protocol: 'ws', host, port: 1, resource: '/' }) as const;

  /** Opens a connection, with the fake in the place of the page's own. */
  function open(host: string) {
    const said: string[] = [];
    const page = globalThis as { WebSocket?: unknown };
    const before = page.WebSocket;
    page.WebSocket = FakeWebSocket;
    const transport = clientHost.open(address(host), {
      opened: () => said.push('opened'),
      received: (bytes) => said.push(`received ${bytes.join()}`),
      closed: (reason) => said.push(`closed: ${reason}`),
    });
    page.WebSocket = before;
    return { said, transport };
  }

  test('carries bytes over a WebSocket, and tells its end once', () => {
    const { said, transport } = open('a');
    const socket = FakeWebSocket.newest;
    assert.equal([socket.url, socket.binaryType], ['ws://a:1', 'arraybuffer']);
    socket.onopen();
    transport.send(Uint8Array.of(1, 2));
    assert.equal(socket.sent, [Uint8Array.of(1, 2)]);
    socket.onmessage({ data: Uint8Array.of(3).buffer });
    socket.onclose({ code: 1006, reason: '' });
    socket.onclose({ code: 1006, reason: '' });
    const end = 'closed: the WebSocket was closed with code 1006';
    assert.equal(said, ['opened', 'received 3', end]);
  });

  test('sends nothing on a WebSocket that the server is closing', () => {
    const { said, transport } = open('a');
    const socket = FakeWebSocket.newest;
    socket.onopen();
    socket.readyState = 2;
    transport.send(Uint8Array.of(1));
    assert.equal(socket.sent, []);
    socket.onclose({ code: 1000, reason: 'stopping' });
    assert.equal(said, ['opened', 'closed: stopping']);
  });

  test('tells nothing more once it was closed from this side', () => {
    const { said, transport } = open('a');
    transport.close();
    const socket = FakeWebSocket.newest;
    assert.ok(socket.isClosed);
    socket.onopen();
    socket.onmessage({ data: Uint8Array.of(3).buffer });
    socket.onclose({ code: 1000, reason: '' });
    assert.equal(said, []);
  });

  test('tells of what cannot be opened as of any end, and not before it has returned', async () => {
    const { said } = open('no');
    const closed = open('no');
    closed.transport.close();
    assert.equal(said, []);
    await Promise.resolve();
    assert.equal([said, closed.said], [['closed: SyntaxError: not a URL'], []]);
  });

  test('reaches WebSocket servers only', () => {
    assert.equal(clientHost.protocols, ['ws', 'wss']);
  });
});
