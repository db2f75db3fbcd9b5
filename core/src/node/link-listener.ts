import { createServer, type Server, type Socket } from 'node:net';
import type { Config } from '../config/config.js';
import type { LinkKind } from '../seam/inputs.js';
import type { Connections } from './connections.js';
import { LinkStream } from './link-stream.js';
import type { Log } from './logger.js';
import { linkPlacesOf, listenPatiently } from './ports.js';
import { highWaterMarkFor, remoteOf } from './tcp-stream.js';

/** A stranger must not use up the files of the process; an ensemble has a few links each. */
const LINKS_MAX = 512;

export interface LinkListenerParts {
  readonly config: Config;
  readonly connections: Pick<Connections, 'attachLink'>;
  readonly log: Log;
}

/** The ports at which the other servers of the ensemble connect. */
export class LinkListener {
  readonly #parts: LinkListenerParts;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(parts: LinkListenerParts) {
    this.#parts = parts;
  }

  /** Begins to listen at all of them. @throws StartError when one cannot be used */
  async listen(): Promise<void> {
    const { config, log } = this.#parts;
    for (const place of linkPlacesOf(config)) {
      const { purpose } = place;
      if (purpose === 'clients') continue;
      const server = createServer({ noDelay: true, highWaterMark: highWaterMarkFor(config) });
      server.maxConnections = LINKS_MAX;
      server.on('connection', (socket) => this.#accept(purpose, socket));
      this.#servers.push(server);
      await listenPatiently(server, place, config, log);
      server.on('error', (error) => {
        const message = `another server could not be let in: ${error.message}`;
        log({ level: 'warn', event: 'link-listener.failed', message });
      });
    }
  }

  /** Takes no more connections. */
  stopAccepting(): void {
    for (const server of this.#servers) server.close();
  }

  /** Cuts what is left. */
  destroy(): void {
    this.stopAccepting();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(link: LinkKind, socket: Socket): void {
    const remote = remoteOf(socket);
    if (remote === undefined) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#parts.connections.attachLink(link, remote, (events) => new LinkStream(socket, events));
  }
}
