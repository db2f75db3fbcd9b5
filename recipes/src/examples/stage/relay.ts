import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';

/** The way from one participant to the servers, which can be cut. */
export class Relay {
  readonly #doors: readonly Server[];
  readonly #ports: readonly number[];
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(targets: readonly number[], doors: readonly Server[]) {
    this.#doors = doors;
    this.#ports = doors.map((door) => (door.address() as AddressInfo).port);
    for (const [at, door] of doors.entries()) {
      door.on('connection', (socket) => this.#join(socket, targets[at]!));
    }
  }

  /** @param targets the ports of the servers */
  static async open(targets: readonly number[]): Promise<Relay> {
    const doors = await Promise.all(targets.map(listen));
    return new Relay(targets, doors);
  }

  /** What a client connects to, in place of the servers. */
  get connectString(): string {
    return this.#ports.map((port) => `${HOST}:${port}`).join(',');
  }

  /** The number of the server behind one of our ports. */
  serverBehind(port: number): number {
    return this.#ports.indexOf(port) + 1;
  }

  /** Lets nothing through any more, as when a cable is pulled: neither end is told. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  mend(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Breaks what goes through it now; what comes after it is let through. */
  break(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    for (const door of this.#doors) door.close();
    this.break();
  }

  #join(here: Socket, target: number): void {
    const there = connect(target, HOST);
    for (const [from, to] of [
      [here, there],
      [there, here],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (bytes) => void to.write(bytes));
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#isCut) from.pause();
    }
  }
}

function listen(): Promise<Server> {
  const door = createServer();
  return new Promise((resolve, reject) => {
    door.once('error', reject);
    door.listen(0, HOST, () => resolve(door));
  });
}
