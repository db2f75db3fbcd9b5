/** A proxy for what one server dials to one port of another. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Path, Pipe, resetSocket } from './path.js';

export interface LinkOptions {
  /** Where the dialing server finds the proxy. */
  readonly host: string;
  readonly port: number;
  /** Where the other server itself listens, on the same port. */
  readonly target: string;
  /** From the one that dials, and back to it. */
  readonly there: Path;
  readonly back: Path;
  /**
   * How long a target that refuses is tried again. Who dials believes itself connected meanwhile:
   * a server that would try again when refused takes a reset for an answer.
   */
  readonly patienceMs: number;
}

const RETRY_MS = 20;

export class Link {
  readonly #server: Server;
  readonly #connections = new Set<Connection>();

  private constructor(options: LinkOptions) {
    const how = { pauseOnConnect: true, allowHalfOpen: true, noDelay: true };
    this.#server = createServer(how, (socket) => {
      const forget = () => this.#connections.delete(connection);
      const connection = new Connection(socket, options, forget);
      this.#connections.add(connection);
    });
  }

  static open(options: LinkOptions): Promise<Link> {
    const link = new Link(options);
    return new Promise((resolve, reject) => {
      link.#server.once('error', reject);
      link.#server.listen(options.port, options.host, () => resolve(link));
    });
  }

  /** Paths may pass again: connections that could not be made are made now. */
  look(): void {
    for (const connection of this.#connections) connection.look();
  }

  /** Resets every connection there is. */
  reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /** Resets every connection at one of its ends; the other hears nothing until {@link reset}. */
  vanish(end: 'dialing' | 'dialed'): void {
    for (const connection of this.#connections) connection.vanish(end);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.reset();
    });
  }
}

class Connection {
  readonly #options: LinkOptions;
  readonly #forget: () => void;
  readonly #began = performance.now();
  readonly #dialing: Socket;
  #dialed: Socket | undefined;
  #there: Pipe | undefined;
  #back: Pipe | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(dialing: Socket, options: LinkOptions, forget: () => void) {
    this.#dialing = dialing;
    this.#options = options;
    this.#forget = forget;
    this.#watch(dialing);
    this.look();
  }

  /** Shakes hands with the target as soon as both ways are open. */
  look(): void {
    const { there, back, target, port } = this.#options;
    if (this.#isOver || this.#dialed !== undefined) return;
    if (there.state !== 'pass' || back.state !== 'pass') return;
    const dialed = connect({ host: target, port, noDelay: true, allowHalfOpen: true });
    this.#dialed = dialed;
    const refused = () => this.#refused();
    dialed.once('error', refused);
    dialed.once('connect', () => {
      dialed.off('error', refused);
      this.#watch(dialed);
      this.#there = new Pipe(this.#dialing, dialed, there);
      this.#back = new Pipe(dialed, this.#dialing, back);
    });
  }

  reset(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#there?.close();
    this.#back?.close();
    resetSocket(this.#dialing);
    if (this.#dialed !== undefined) resetSocket(this.#dialed);
    this.#forget();
  }

  vanish(end: 'dialing' | 'dialed'): void {
    if (this.#there === undefined || this.#back === undefined) {
      this.reset(); // still being made: nobody believes in it yet
      return;
    }
    this.#there.swallow();
    this.#back.swallow();
    resetSocket(end === 'dialing' ? this.#dialing : this.#dialed!);
  }

  #refused(): void {
    this.#dialed = undefined;
    if (this.#isOver) return;
    if (performance.now() - this.#began > this.#options.patienceMs) this.reset();
    else this.#timer = setTimeout(() => this.look(), RETRY_MS);
  }

  /** A connection is over when both of its sockets are closed, or one before it was made. */
  #watch(socket: Socket): void {
    socket.on('error', () => {});
    socket.on('close', () => {
      const isMade = this.#there !== undefined;
      if (!isMade || (this.#dialing.closed && this.#dialed!.closed)) this.reset();
    });
  }
}
