import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { ServerAddress } from '../client/client-host.js';
import { ConsoleFiles } from './console-files.js';
import { sendConsole } from './http-console.js';
import { originProblem } from './origin-policy.js';
import { endGently } from './tcp-stream.js';
import { version } from './version.js';

export interface RelayOptions {
  /** Servers of one ensemble, of any kind; each connection goes to the first that answers. */
  readonly servers: readonly Pick<ServerAddress, 'host' | 'port'>[];
  /** Port on 127.0.0.1; any free one when 0. */
  readonly port: number;
  /** Longest that a server may take to accept a connection, milliseconds; 5000 unless given. */
  readonly dialTimeoutMs?: number;
}

/** The console for an ensemble that does not serve it. */
export interface Relay {
  readonly port: number;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Longest WebSocket message; a browser's client sends less at a time. */
const MESSAGE_MAX_BYTES = 4 * 1_048_576;
/** With more than this waiting for the page, nothing is read from the server. */
const HIGH_WATER_BYTES = 1_048_576;
const TRY_AGAIN_LATER = 1013;
const NORMAL = 1000;

/** Names under which a relay may be addressed: only those that are this machine's own. */
const ownNames = { allowedHosts: [], allowedOrigins: [], allowLoopbackOrigins: false };

/**
 * Serves the console on loopback and carries the bytes of its WebSockets to a server and back,
 * unread. Whoever can reach the port can reach the server as this machine does, so pages of others
 * are refused by Host and Origin as a server refuses them.
 *
 * @throws the system's error, `EADDRINUSE` when the port is taken
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const names = options.servers.map(nameOf);
  const files = new ConsoleFiles(() => ({ kind: 'relay', servers: names, version }));
  const http = createServer({ maxHeaderSize: 16_384 });
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MESSAGE_MAX_BYTES,
  });
  const lines = new Set<Line>();
  http.on('request', (request, response) => answer(request, response, files));
  http.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const socket = duplex as Socket;
    socket.on('error', () => socket.destroy());
    const problem = problemOf(request);
    if (problem !== undefined) {
      const body = `${problem}\n`;
      endGently(
        socket,
        'HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\n' +
          `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const line = new Line(webSocket);
      lines.add(line);
      webSocket.once('close', () => lines.delete(line));
      void line.join(options);
    });
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port, '127.0.0.1', resolve);
  });
  const address = http.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        for (const line of lines) line.end('the relay is stopping');
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

/** One WebSocket and the connection that it is joined to. */
class Line {
  readonly #webSocket: WebSocket;
  #socket: Socket | undefined;

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    // Nothing is taken before there is somebody to give it to.
    webSocket.pause();
    webSocket.on('error', () => webSocket.terminate());
  }

  /** Reaches a server and carries bytes from then on. */
  async join({ servers, dialTimeoutMs = 5_000 }: RelayOptions): Promise<void> {
    const webSocket = this.#webSocket;
    let trouble = '';
    for (const server of servers) {
      const socket = await dial(server, dialTimeoutMs).catch((error: Error) => {
        trouble = `${nameOf(server)} cannot be reached: ${error.message}`;
        return undefined;
      });
      if (socket === undefined) continue;
      if (webSocket.readyState !== WebSocket.OPEN) {
        socket.destroy();
        return;
      }
      this.#carry(socket, nameOf(server));
      return;
    }
    webSocket.resume();
    webSocket.close(TRY_AGAIN_LATER, trouble.slice(0, 120));
  }

  end(reason: string): void {
    this.#socket?.destroy();
    this.#webSocket.close(NORMAL, reason);
  }

  #carry(socket: Socket, name: string): void {
    const webSocket = this.#webSocket;
    this.#socket = socket;
    let reason = `${name} closed the connection`;
    webSocket.on('message', (data, isBinary) => {
      if (!isBinary) webSocket.close(1003, 'binary messages only');
      else if (!socket.write(data as Buffer)) webSocket.pause();
    });
    socket.on('drain', () => webSocket.resume());
    socket.on('data', (bytes) => {
      webSocket.send(bytes, () => {
        if (webSocket.bufferedAmount < HIGH_WATER_BYTES) socket.resume();
      });
      if (webSocket.bufferedAmount >= HIGH_WATER_BYTES) socket.pause();
    });
    socket.on('error', (error) => {
      reason = `${name}: ${error.message}`;
    });
    socket.on('close', () => {
      webSocket.resume();
      webSocket.close(NORMAL, reason.slice(0, 120));
    });
    webSocket.on('close', () => {
      socket.end();
      socket.resume();
      socket.setTimeout(1_000, () => socket.destroy());
    });
    webSocket.resume();
  }
}

function dial({ host, port }: RelayOptions['servers'][number], limitMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const late = setTimeout(() => {
      socket.destroy(new Error(`no answer within ${limitMs} ms`));
    }, limitMs);
    socket.once('error', reject);
    socket.once('close', () => clearTimeout(late));
    socket.once('connect', () => {
      clearTimeout(late);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function answer(request: IncomingMessage, response: ServerResponse, files: ConsoleFiles): void {
  const text = { 'Content-Type': 'text/plain; charset=utf-8' };
  const problem = problemOf(request);
  if (problem !== undefined) {
    sendConsole(response, { status: 403, headers: text, body: `${problem}\n` });
    return;
  }
  const { method = 'GET', url = '/' } = request;
  if (ConsoleFiles.isAt(url)) {
    sendConsole(response, files.answer(method, url, request.headers));
    return;
  }
  const body = 'This is a relay: it serves the console at / and knows nothing of the servers.\n';
  sendConsole(response, { status: 404, headers: text, body });
}

function problemOf({ headers: { host, origin } }: IncomingMessage): string | undefined {
  return originProblem({ host, origin }, ownNames);
}

function nameOf({ host, port }: RelayOptions['servers'][number]): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
