/** Any client host, with connections that break when a test says so. */
import type { ClientHost, Transport, TransportEvents } from '@vivarium/core';
import type { LocalSessionKey } from '@vivarium/core/internal/local/client-host';
import { endSession } from '@vivarium/core/internal/local/end-session';
import { readConnectResponse } from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { Reader } from '@vivarium/core/internal/wire/reader';

type ServerAddress = Parameters<ClientHost['open']>[0];

interface Line {
  readonly address: ServerAddress;
  readonly transport: Transport;
  readonly events: TransportEvents;
  isOver: boolean;
  /** Something was lost on it: what comes after a gap is not heard either. */
  isTorn: boolean;
  /** What came and is to be heard later. */
  readonly waiting: (() => void)[];
}

/** Between two attempts to end a session. */
const PAUSE_MS = 5;
const MAX_FRAME_BYTES = 1024 * 1024;

export class FaultyHost implements ClientHost {
  readonly #inner: ClientHost;
  #lines: Line[] = [];
  #key: Pick<LocalSessionKey, 'sessionId' | 'passwd'> | undefined;
  #address: ServerAddress | undefined;
  #ending: Promise<void> | undefined;
  /** New connections fail at once. */
  refusing = false;
  /** New connections never open, and nobody says why. */
  silent = false;
  /** Names of servers to which new connections fail at once. */
  readonly unreachable = new Set<string>();
  /** What servers send is lost, and with it all that follows on the same connection. */
  deaf = false;
  #isLate = false;
  /** Bytes received so far on all connections. */
  receivedBytes = 0;

  constructor(inner: ClientHost) {
    this.#inner = inner;
  }

  /** What servers send is on its way until this is over; nothing is lost. */
  set late(isLate: boolean) {
    this.#isLate = isLate;
    if (isLate) return;
    for (const { waiting } of this.#lines) for (const run of waiting.splice(0)) run();
  }

  now = () => this.#inner.now();
  wallNow = () => this.#inner.wallNow();
  setTimer = (delayMs: number, run: () => void) => this.#inner.setTimer(delayMs, run);
  soon = (run: () => void) => this.#inner.soon(run);
  randomBytes = (count: number) => this.#inner.randomBytes(count);

  open(address: ServerAddress, events: TransportEvents): Transport {
    if (this.refusing || this.unreachable.has(address.host)) {
      this.#inner.soon(() => events.closed('refused by the test'));
      return { send() {}, close() {} };
    }
    if (this.silent) return { send() {}, close() {} };
    let hasGreeted = false;
    const frames = new FrameSplitter(MAX_FRAME_BYTES);
    const transport = this.#inner.open(address, {
      opened: () => events.opened(),
      received: (bytes) => {
        line.isTorn ||= this.deaf;
        if (line.isOver || line.isTorn) return;
        this.receivedBytes += bytes.length;
        if (!hasGreeted) {
          frames.push(bytes.slice());
          const frame = frames.next();
          hasGreeted = frame !== undefined;
          if (frame !== undefined) this.#key = readConnectResponse(new Reader(frame));
        }
        this.#arrive(line, () => events.received(bytes));
      },
      closed: (reason) => {
        const close = () => {
          if (!line.isOver) events.closed(reason);
          line.isOver = true;
        };
        if (this.#ending === undefined) this.#arrive(line, close);
        else void this.#ending.then(close);
      },
    });
    const isFresh = { isOver: false, isTorn: false };
    const line: Line = { address, transport, events, waiting: [], ...isFresh };
    this.#lines.push(line);
    this.#address = address;
    return {
      send: (bytes) => transport.send(bytes),
      close() {
        line.isOver = true;
        transport.close();
      },
    };
  }

  #arrive(line: Line, run: () => void): void {
    const told = () => {
      if (!line.isOver) run();
    };
    if (this.#isLate) line.waiting.push(told);
    else told();
  }

  /** Breaks every connection, as a network does: neither side is asked. */
  cut(): void {
    const lines = this.#lines;
    this.#lines = [];
    for (const line of lines) {
      if (line.isOver) continue;
      line.isOver = true;
      line.transport.close();
      line.events.closed('cut by the test');
    }
  }

  /**
   * Ends the newest session behind its client's back, on a connection of its own. Whoever is
   * disturbed by that hears of it when the session has ended, and cannot save it.
   */
  async endSession(): Promise<void> {
    const key = { ...this.#key!, server: this.#address! };
    const ending = this.#end(key);
    this.#ending = ending;
    await ending;
    if (this.#ending === ending) this.#ending = undefined;
  }

  async #end(key: LocalSessionKey): Promise<void> {
    while (!(await endSession(this.#inner, key))) {
      await new Promise<void>((resolve) => this.#inner.setTimer(PAUSE_MS, resolve));
    }
  }
}
