/** A client's host that can die: from then on nothing of the client reaches the world. */
import type { ClientHost, ServerAddress, Transport, TransportEvents } from '@vivarium/core';

export class MortalHost implements ClientHost {
  readonly #inner: ClientHost;
  readonly #open = new Set<Transport>();
  isAlive = true;

  constructor(inner: ClientHost) {
    this.#inner = inner;
  }

  now = () => this.#inner.now();
  wallNow = () => this.#inner.wallNow();
  soon = (run: () => void) =>
    this.#inner.soon(() => {
      if (this.isAlive) run();
    });
  randomBytes = (count: number) => this.#inner.randomBytes(count);
  setTimer = (delayMs: number, run: () => void) =>
    this.#inner.setTimer(delayMs, () => {
      if (this.isAlive) run();
    });

  open = (server: ServerAddress, events: TransportEvents): Transport => {
    const transport = this.#inner.open(server, {
      opened: () => {
        if (this.isAlive) events.opened();
      },
      received: (bytes) => {
        if (this.isAlive) events.received(bytes);
      },
      closed: (reason) => {
        this.#open.delete(transport);
        if (this.isAlive) events.closed(reason);
      },
    });
    this.#open.add(transport);
    return {
      send: (bytes) => {
        if (this.isAlive) transport.send(bytes);
      },
      close: () => {
        this.#open.delete(transport);
        if (this.isAlive) transport.close();
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
}
