/** A host between a client and the real one, which hears and can lose what the client sends. */
import type { ClientHost } from '@vivarium/core';

export class Tap implements ClientHost {
  protected readonly inner: ClientHost;
  /** Called before each piece that the client sends. */
  sending: (piece: Uint8Array) => void = () => {};
  /** What the client sends is lost. */
  isMute = false;

  constructor(inner: ClientHost) {
    this.inner = inner;
  }

  now = () => this.inner.now();
  wallNow = () => this.inner.wallNow();
  setTimer = (delayMs: number, run: () => void) => this.inner.setTimer(delayMs, run);
  soon = (run: () => void) => this.inner.soon(run);
  randomBytes = (count: number) => this.inner.randomBytes(count);

  open(...[address, events]: Parameters<ClientHost['open']>): ReturnType<ClientHost['open']> {
    const transport = this.inner.open(address, events);
    const send = (bytes: Uint8Array) => {
      this.sending(bytes);
      if (!this.isMute) transport.send(bytes);
    };
    return { send, close: () => transport.close() };
  }
}
