import type {
  ClientHost,
  ServerAddress,
  Transport,
  TransportEvents,
} from '../client/client-host.js';
import { readConnectResponse } from '../wire/connect.js';
import { FrameSplitter } from '../wire/framing.js';
import { Reader } from '../wire/reader.js';
import type { Kernel } from './kernel.js';
import type { Network } from './network.js';

/** What somebody needs to attach to a session. */
export interface LocalSessionKey {
  readonly server: ServerAddress;
  readonly sessionId: bigint;
  readonly passwd: Uint8Array | null;
}

export interface LocalClientHostParts {
  readonly kernel: Kernel;
  readonly network: Network;
  /** The place of this client in the network, for cutting it off. */
  readonly name: string;
  /** For a kernel whose time is real; see `RealTime`. */
  readonly time?: LocalTime;
  /** Wall-clock milliseconds; virtual time since 2026 unless given. */
  readonly wall?: () => number;
}

/** Who keeps a kernel's time in step with the world outside. */
interface LocalTime {
  /** Brings the kernel's time up to date before somebody plans. */
  catchUp(): void;
  /** Sees to what may have been planned. */
  arm(): void;
}

/** Virtual wall clocks begin with 2026. */
const EPOCH_MS = 1_767_225_600_000;

/** A client's host in memory: streams of a local network, and the time and chance of its kernel. */
export class LocalClientHost implements ClientHost {
  readonly name: string;
  readonly #parts: LocalClientHostParts;
  readonly #random;
  /** What servers said of the newest session. */
  key: LocalSessionKey | undefined;

  constructor(parts: LocalClientHostParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.#random = parts.kernel.random(`client ${parts.name}`);
  }

  readonly now = (): number => {
    this.#parts.time?.catchUp();
    return this.#parts.kernel.now / 1_000;
  };

  readonly wallNow = (): number => this.#parts.wall?.() ?? EPOCH_MS + this.now();

  readonly setTimer = (delayMs: number, run: () => void): (() => void) => {
    // As timers of a real loop do, it may come up to a millisecond late.
    const { kernel, time } = this.#parts;
    const late = time === undefined ? this.#random.between(0, 1_000) : 0;
    const delay = Math.min(delayMs * 1_000, LONGEST_MICROS) + late;
    time?.catchUp();
    const cancel = kernel.after(delay, `${this.name} timer`, run);
    time?.arm();
    return cancel;
  };

  readonly soon = (run: () => void): void => queueMicrotask(run);

  readonly randomBytes = (count: number): Uint8Array => this.#random.bytes(count);

  readonly open = (server: ServerAddress, events: TransportEvents): Transport => {
    const { network, time, kernel } = this.#parts;
    const greeting = new FrameSplitter(GREETING_BYTES);
    let hasGreeted = false;
    let isOurs = true;
    time?.catchUp();
    const end = network.connect(this.name, `${server.host}:${server.port}`, {
      opened: () => {
        kernel.stir();
        if (isOurs) events.opened();
      },
      received: (bytes) => {
        if (!isOurs) return;
        kernel.stir();
        if (!hasGreeted) {
          greeting.push(bytes.slice());
          const frame = greeting.next();
          hasGreeted = frame !== undefined;
          if (frame !== undefined) {
            const { sessionId, passwd } = readConnectResponse(new Reader(frame));
            if (sessionId !== 0n) this.key = { server, sessionId, passwd };
          }
        }
        events.received(bytes);
      },
      closed: (reason) => {
        kernel.stir();
        if (isOurs) events.closed(reason);
        isOurs = false;
      },
    });
    time?.arm();
    return {
      send(bytes) {
        if (!isOurs) return;
        time?.catchUp();
        end.send(bytes);
        time?.arm();
      },
      close() {
        isOurs = false;
        time?.catchUp();
        end.close();
        time?.arm();
      },
    };
  };
}

/** Longest greeting that is looked into; more than a server sends in one turn. */
const GREETING_BYTES = 0x7fff_ffff;
/** Longest time that a timer can be set for: what a real one's 31 bits of milliseconds hold. */
const LONGEST_MICROS = (2 ** 31 - 1) * 1_000;
