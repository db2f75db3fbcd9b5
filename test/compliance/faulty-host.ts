/** Any client host, with connections that break when a test says so. */
import type { ClientHost, Transport, TransportEvents } from '@vivarium/core';
import { readConnectResponse, writeConnectRequest } from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { Writer } from '@vivarium/core/internal/wire/writer';

type ServerAddress = Parameters<ClientHost['open']>[0];

interface Line {
  readonly address: ServerAddress;
  readonly transport: Transport;
  readonly events: TransportEvents;
  isOver: boolean;
}

/** What a server said of the newest session. */
interface SessionKey {
  readonly sessionId: bigint;
  readonly passwd: Uint8Array | null;
}

const MAX_FRAME_BYTES = 1024 * 1024;

export class FaultyHost implements ClientHost {
  readonly #inner: ClientHost;
  #lines: Line[] = [];
  #key: SessionKey | undefined;
  #address: ServerAddress | undefined;
  /** New connections fail at once. */
  refusing = false;
  /** New connections never open, and nobody says why. */
  silent = false;
  /** What servers send is lost. */
  deaf = false;
  /** Bytes received so far on all connections. */
  receivedBytes = 0;

  constructor(inner: ClientHost) {
    this.#inner = inner;
  }

  now = () => this.#inner.now();
  wallNow = () => this.#inner.wallNow();
  setTimer = (delayMs: number, run: () => void) => this.#inner.setTimer(delayMs, run);
  soon = (run: () => void) => this.#inner.soon(run);
  randomBytes = (count: number) => this.#inner.randomBytes(count);

  open(address: ServerAddress, events: TransportEvents): Transport {
    if (this.refusing) {
      this.#inner.soon(() => events.closed('refused by the test'));
      return { send() {}, close() {} };
    }
    if (this.silent) return { send() {}, close() {} };
    let hasGreeted = false;
    const frames = new FrameSplitter(MAX_FRAME_BYTES);
    const transport = this.#inner.open(address, {
      opened: () => events.opened(),
      received: (bytes) => {
        if (line.isOver || this.deaf) return;
        this.receivedBytes += bytes.length;
        if (!hasGreeted) {
          frames.push(bytes.slice());
          const frame = frames.next();
          hasGreeted = frame !== undefined;
          if (frame !== undefined) this.#key = readConnectResponse(new Reader(frame));
        }
        events.received(bytes);
      },
      closed: (reason) => {
        if (!line.isOver) events.closed(reason);
        line.isOver = true;
      },
    });
    const line: Line = { address, transport, events, isOver: false };
    this.#lines.push(line);
    this.#address = address;
    return transport;
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

  /** Ends the newest session behind its client's back, on a connection of its own. */
  endSession(): Promise<void> {
    const key = this.#key!;
    return new Promise((resolve) => {
      const transport: Transport = this.#inner.open(this.#address!, {
        opened: () => {
          const writer = new Writer();
          frame(writer, () =>
            writeConnectRequest(writer, {
              protocolVersion: 0,
              lastZxidSeen: 0n,
              timeOut: 10_000,
              sessionId: key.sessionId,
              passwd: key.passwd,
              readOnly: false,
            }),
          );
          transport.send(writer.copy());
          writer.clear();
          frame(writer, () => {
            writer.int(1);
            writer.int(opcodes.closeSession);
          });
          transport.send(writer.copy());
        },
        received() {},
        closed: () => resolve(),
      });
    });
  }
}

function frame(writer: Writer, body: () => void): void {
  const start = writer.position;
  writer.int(0);
  body();
  writer.intAt(start, writer.position - start - 4);
}
