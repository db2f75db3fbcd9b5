/**
 * A client's host that can die: from then on nothing of the client reaches the world. It can also
 * be stopped in its tracks, as SIGSTOP and long collections of garbage do: time passes meanwhile.
 */
import type {
  ClientHost,
  ServerAddress,
  Transport,
  TransportEvents,
} from '../client/client-host.js';

export class MortalHost implements ClientHost {
  readonly #inner: ClientHost;
  readonly #later: (run: () => void) => void;
  readonly #open = new Set<Transport>();
  isAlive = true;
  /** What it had to say while it was stopped: it says that first when it goes on. */
  #unsaid: (() => void)[] = [];
  #isPaused = false;
  #isWaking = false;
  /** Counts stops: who is stopped again while it wakes begins anew. */
  #stops = 0;
  /** Timers that are due and have not run, and what came in the meantime. */
  #timers: (() => void)[] = [];
  #arrived: (() => void)[] = [];

  /** @param later runs something as soon as all that waits in promises has had its turn */
  constructor(inner: ClientHost, later: (run: () => void) => void) {
    this.#inner = inner;
    this.#later = later;
  }

  now = () => this.#inner.now();
  wallNow = () => this.#inner.wallNow();
  soon = (run: () => void) =>
    this.#inner.soon(() => {
      if (this.isAlive) run();
    });
  randomBytes = (count: number) => this.#inner.randomBytes(count);
  setTimer = (delayMs: number, run: () => void) => {
    let isWanted = true;
    const cancel = this.#inner.setTimer(delayMs, () => {
      this.#happens(this.#timers, () => {
        if (isWanted) run();
      });
    });
    return () => {
      isWanted = false;
      cancel();
    };
  };

  open = (server: ServerAddress, events: TransportEvents): Transport => {
    const tell = (run: () => void) =>
      this.#happens(this.#arrived, () => {
        if (this.#open.has(transport)) run();
      });
    const transport = this.#inner.open(server, {
      opened: () => tell(() => events.opened()),
      received: (bytes) => tell(() => events.received(bytes)),
      closed: (reason) =>
        tell(() => {
          this.#open.delete(transport);
          events.closed(reason);
        }),
    });
    this.#open.add(transport);
    return {
      send: (bytes) => this.#says(() => transport.send(bytes)),
      close: () => {
        this.#open.delete(transport);
        this.#says(() => transport.close());
      },
    };
  };

  /** Dies. The system closes its connections, or keeps them open when the machine is gone too. */
  die(quietly: boolean): void {
    this.isAlive = false;
    if (quietly) return;
    for (const transport of this.#open) transport.close();
    this.#open.clear();
  }

  /** Stops it; what comes meanwhile waits. */
  pause(): void {
    this.#isPaused = true;
    this.#isWaking = false;
    this.#stops++;
  }

  /** Lets it go on: first with its timers, then with what waits in its sockets, as Node does. */
  resume(): void {
    if (!this.#isPaused || this.#isWaking) return;
    this.#isWaking = true;
    for (const say of this.#unsaid.splice(0)) this.#says(say);
    this.#wake(this.#stops);
  }

  #wake(stop: number): void {
    if (stop !== this.#stops) return;
    const next = this.#timers.shift() ?? this.#arrived.shift();
    if (next === undefined) {
      this.#isPaused = false;
      this.#isWaking = false;
      return;
    }
    if (this.isAlive) next();
    this.#later(() => this.#wake(stop));
  }

  #says(say: () => void): void {
    if (this.#isPaused && !this.#isWaking) this.#unsaid.push(say);
    else if (this.isAlive) say();
  }

  #happens(waiting: (() => void)[], run: () => void): void {
    if (this.#isPaused) waiting.push(run);
    else if (this.isAlive) run();
  }
}
