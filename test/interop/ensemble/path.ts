/** The way that bytes of one server take to another, and what is wrong with it at the moment. */
import type { Socket } from 'node:net';

/** Whether bytes arrive, or wait where they are as behind a cable that is out. */
export type PathState = 'pass' | 'stop';

/** One direction between two servers: all their connections share it, whoever has dialed. */
export class Path {
  readonly #pipes = new Set<Pipe>();
  #state: PathState = 'pass';
  #delayMs = 0;

  get state(): PathState {
    return this.#state;
  }

  /** How much later than they were sent bytes arrive. */
  get delayMs(): number {
    return this.#delayMs;
  }

  set(state: PathState, delayMs = 0): void {
    this.#state = state;
    this.#delayMs = delayMs;
    for (const pipe of this.#pipes) pipe.look();
  }

  add(pipe: Pipe): void {
    this.#pipes.add(pipe);
  }

  delete(pipe: Pipe): void {
    this.#pipes.delete(pipe);
  }
}

/**
 * Closes a socket so that its other end hears of a reset. One whose end is being said already is
 * just closed: Node would leave it open for ever.
 */
export function resetSocket(socket: Socket): void {
  const isPlain = socket.connecting || socket.writableEnded || socket.writableLength > 0;
  if (isPlain) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
}

interface Parcel {
  readonly dueAt: number;
  deliver(): void;
}

/** Carries what comes out of one socket into another, as its path allows: bytes, end, reset. */
export class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #path: Path;
  /** On their way, in the order sent. */
  readonly #parcels: Parcel[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isFull = false;
  #isClosed = false;

  constructor(from: Socket, to: Socket, path: Path) {
    this.#from = from;
    this.#to = to;
    this.#path = path;
    from.on('data', this.#take);
    from.on('end', () => this.#send(() => to.end()));
    from.on('close', () => {
      // Closed without an end of its own: it was reset.
      if (from.readableEnded) this.#send(() => this.close());
      else this.#send(() => resetSocket(to));
    });
    to.on('drain', () => {
      this.#isFull = false;
      this.look();
    });
    path.add(this);
    this.look();
  }

  /** The path has changed, or a socket has room again: goes on, or stops. */
  look(): void {
    if (this.#isClosed) return;
    const passes = this.#path.state === 'pass';
    if (passes && !this.#isFull) this.#from.resume();
    else this.#from.pause();
    this.#deliver();
  }

  /** From now on what is sent is taken and goes nowhere, and of the end nobody hears. */
  swallow(): void {
    this.close();
    this.#from.on('data', () => {});
    this.#from.resume();
  }

  /** Carries nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#parcels.length = 0;
    clearTimeout(this.#timer);
    this.#from.off('data', this.#take);
    this.#path.delete(this);
  }

  readonly #take = (bytes: Uint8Array): void => {
    this.#send(() => {
      if (this.#to.destroyed || this.#to.write(bytes)) return;
      this.#isFull = true;
      this.look();
    });
  };

  #send(deliver: () => void): void {
    if (this.#isClosed) return;
    this.#parcels.push({ dueAt: performance.now() + this.#path.delayMs, deliver });
    this.#deliver();
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    while (this.#path.state === 'pass' && this.#parcels.length > 0) {
      const waitMs = this.#parcels[0]!.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#deliver(), Math.ceil(waitMs));
        return;
      }
      this.#parcels.shift()!.deliver();
    }
  }
}
