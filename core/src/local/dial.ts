import type { Effect, LinkAddress } from '../seam/effects.js';
import type { End, EndEvents } from './connection.js';
import type { Micros } from './kernel.js';

/** What a dial needs of its server, and what it tells it; one of `opened` and `failed`, once. */
export interface LocalDialParts {
  readonly connect: (address: string, events: EndEvents) => End;
  readonly plan: (delay: Micros, what: string, run: () => void) => () => void;
  /** Returns who is told of what the connection says from now on. */
  readonly opened: (end: End, address: LinkAddress) => EndEvents;
  readonly failed: (reason: string) => void;
  /** The other end speaks to a life of the server that is over. */
  readonly stray: (end: End) => void;
}

/** An attempt to connect to another server, at all its addresses side by side. */
export class LocalDial {
  readonly #effect: Effect & { readonly type: 'dial' };
  readonly #parts: LocalDialParts;
  readonly #ends: End[] = [];
  readonly #refusals: string[] = [];
  #forgetTimeout: () => void = () => {};
  #isPaused = false;
  #isOver = false;
  #isLate = false;
  /** What a pause put off. */
  #waiting: (() => void)[] = [];

  constructor(effect: Effect & { readonly type: 'dial' }, parts: LocalDialParts) {
    this.#effect = effect;
    this.#parts = parts;
  }

  begin(): void {
    const { addresses, timeoutMs, connection } = this.#effect;
    for (const address of addresses) this.#try(address);
    const what = `dial ${connection} is late`;
    this.#forgetTimeout = this.#parts.plan(timeoutMs * 1_000, what, () => {
      this.#isLate = true;
      if (!this.#isPaused) this.resumeTimer();
    });
  }

  pause(): void {
    this.#isPaused = true;
    for (const end of this.#ends) end.hold(true);
  }

  /** A process that goes on looks at its timers first. */
  resumeTimer(): void {
    if (!this.#isLate || this.#isOver) return;
    const where = this.#effect.addresses.map(({ host, port }) => `${host}:${port}`).join(', ');
    this.cancel(`nobody answered at ${where} within ${this.#effect.timeoutMs} ms`);
  }

  /** And then at what its sockets have to say. */
  resume(): void {
    this.#isPaused = false;
    for (const run of this.#waiting.splice(0)) run();
    if (!this.#isOver) for (const end of this.#ends) end.hold(false);
  }

  /** Gives it up. */
  cancel(reason: string): void {
    if (this.#isOver) return;
    this.#end();
    for (const end of this.#ends) end.close();
    this.#parts.failed(reason);
  }

  /**
   * The server's life is over.
   *
   * @param reason what the other end is told; undefined when it hears nothing
   */
  abandon(reason: string | undefined): void {
    this.#end();
    if (reason !== undefined) for (const end of this.#ends) end.reset(reason);
  }

  #end(): void {
    this.#isOver = true;
    this.#forgetTimeout();
  }

  #try(address: LinkAddress): void {
    let heir: EndEvents | undefined;
    const name = `${address.host}:${address.port}`;
    const end = this.#parts.connect(name, {
      opened: () => {
        this.#happens(() => {
          if (this.#isOver) return this.#parts.stray(end);
          this.#end();
          for (const other of this.#ends) if (other !== end) other.close();
          heir = this.#parts.opened(end, address);
        });
      },
      received: (bytes) => {
        if (heir === undefined) this.#parts.stray(end);
        else heir.received(bytes);
      },
      drained: () => heir?.drained?.(),
      closed: (reason) => {
        this.#happens(() => {
          if (heir !== undefined) heir.closed(reason);
          else this.#refused(`${name}: ${reason}`);
        });
      },
    });
    this.#ends.push(end);
  }

  #happens(run: () => void): void {
    if (this.#isPaused && !this.#isOver) this.#waiting.push(run);
    else run();
  }

  #refused(reason: string): void {
    this.#refusals.push(reason);
    if (this.#isOver || this.#refusals.length < this.#ends.length) return;
    this.#end();
    this.#parts.failed(this.#refusals.join('; '));
  }
}
