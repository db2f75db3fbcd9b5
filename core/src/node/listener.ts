import { createServer, type Server, type Socket } from 'node:net';
import { answerWord } from '../admin/four-letter.js';
import { unreachable } from '../base/assert.js';
import type { Config } from '../config/config.js';
import type { AdminDesk } from './admin-desk.js';
import { ConnectionLimits } from './connection-limits.js';
import type { Driver } from './driver.js';
import { type Greeting, readFirstBytes } from './first-bytes.js';
import { HttpConsole } from './http-console.js';
import type { Log } from './logger.js';
import { clientPlaceOf, listenAt } from './ports.js';
import type { ClientStream, StreamEvents } from './stream.js';
import { endGently, highWaterMarkFor, remoteOf, TcpStream } from './tcp-stream.js';
import { plainBytes } from './tcp-transport.js';

export interface ListenerParts {
  readonly config: Config;
  readonly driver: Driver;
  readonly desk: AdminDesk;
  readonly log: Log;
}

/**
 * The one port of a server. What a connection speaks is decided once, by its first bytes, and
 * within a deadline: the client protocol goes to the driver, a four-letter word is answered, HTTP
 * and with it WebSocket go to the console.
 */
export class Listener {
  readonly #parts: ListenerParts;
  readonly #log: Log;
  readonly #net: Server;
  readonly #console: HttpConsole;
  readonly #limits: ConnectionLimits;
  readonly #sockets = new Set<Socket>();
  /** Those of which it is not known yet what they speak. */
  readonly #strangers = new Set<Socket>();

  constructor(parts: ListenerParts) {
    const { config, desk, log } = parts;
    this.#parts = parts;
    this.#log = log;
    this.#limits = new ConnectionLimits({
      perAddress: config.maxClientCnxns,
      all: config.maxCnxns,
      openFiles: desk.facts.maxFileDescriptors,
    });
    this.#console = new HttpConsole({
      config,
      desk,
      log: this.#log,
      attach: (socket, open) => this.#attach(socket, open),
    });
    this.#net = createServer({
      // A client that has said all may still want its answer.
      allowHalfOpen: true,
      noDelay: true,
      highWaterMark: highWaterMarkFor(config),
    });
    this.#net.on('connection', (socket) => this.#greet(socket));
  }

  /**
   * Begins to listen.
   *
   * @returns the port, which the system chose when 0 was asked for
   * @throws the system's error, `EADDRINUSE` when the port is taken
   */
  async listen(port: number): Promise<number> {
    const { config } = this.#parts;
    const { clientPortListenBacklog: backlog } = config;
    const place = { ...clientPlaceOf(config), port };
    const taken = await listenAt(this.#net, place, backlog === -1 ? {} : { backlog });
    this.#net.on('error', (error) => this.#acceptFailed(error));
    return taken;
  }

  /** Takes no more connections, and ends those that have not asked for anything yet. */
  stopAccepting(): void {
    this.#net.close();
    for (const socket of this.#strangers) socket.destroy();
    this.#console.close();
  }

  /** Resolves when every connection has ended. */
  async drained(): Promise<void> {
    const closed = [...this.#sockets].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    await Promise.all(closed);
  }

  /** Cuts what is left. */
  destroy(): void {
    this.#net.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #greet(socket: Socket): void {
    const address = remoteOf(socket)?.address;
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const refusal = this.#limits.enter(address);
    if (refusal !== undefined) {
      this.#parts.driver.view.metrics.connectionRejected.add();
      this.#warn('connection.refused', `a connection was refused: ${refusal}`);
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    this.#strangers.add(socket);
    const { handshakeTimeoutMs } = this.#parts.config;
    let deadline: NodeJS.Timeout | undefined = setTimeout(() => {
      const silence = `said nothing that could be understood for ${handshakeTimeoutMs} ms`;
      this.#warn('connection.silent', `a connection from ${address} ${silence}`);
      socket.destroy();
    }, handshakeTimeoutMs);
    // Errors are followed by `close`; whoever takes the socket over listens for more.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(deadline);
      this.#sockets.delete(socket);
      this.#strangers.delete(socket);
      this.#limits.leave(address);
    });
    readFirstBytes(socket, (greeting) => {
      clearTimeout(deadline);
      deadline = undefined;
      this.#strangers.delete(socket);
      this.#welcome(socket, address, greeting);
    });
  }

  #welcome(socket: Socket, address: string, { protocol, bytes }: Greeting): void {
    switch (protocol.type) {
      case 'jute':
        this.#attach(
          socket,
          (events) => {
            const stream = new TcpStream(socket, events);
            socket.resume();
            return stream;
          },
          bytes,
        );
        break;
      case 'http':
        this.#console.take(socket, bytes);
        break;
      case 'four-letter-word':
        this.#answerWord(socket, address, protocol.word, bytes.subarray(4));
        break;
      case 'telnet-interrupt':
        socket.destroy();
        break;
      case 'tls':
        this.#warn(
          'connection.tls',
          `a connection from ${address} speaks TLS, which this server does not yet`,
        );
        socket.destroy();
        break;
      default:
        unreachable(protocol, 'protocol');
    }
  }

  #attach(socket: Socket, open: (events: StreamEvents) => ClientStream, first?: Uint8Array): void {
    const remote = remoteOf(socket);
    if (remote === undefined) {
      socket.destroy();
      return;
    }
    const { connections } = this.#parts.driver;
    connections.attachClient(remote, open, first === undefined ? undefined : plainBytes(first));
  }

  #answerWord(socket: Socket, address: string, word: string, argument: Uint8Array): void {
    const asker = { address, port: socket.remotePort ?? 0 };
    const { text } = this.#parts.desk.perform((context) =>
      answerWord(word, argument, context, asker),
    );
    endGently(socket, text);
  }

  #acceptFailed(error: Error): void {
    this.#warn('listener.failed', `a connection could not be accepted: ${error.message}`);
  }

  #warn(event: string, message: string): void {
    this.#log({ level: 'warn', event, message });
  }
}
