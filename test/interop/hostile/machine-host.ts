/**
 * The least that a server's machine needs around it: a clock that is told, a disk that forgets
 * everything, and connections whose bytes are handed over. Fast enough for millions of frames.
 */
import { createHash, createHmac } from 'node:crypto';
import type { ConnectionId } from '@vivarium/core/internal/base/ids';
import { type ConfigOverrides, defaultConfig } from '@vivarium/core/internal/config/config';
import { bootPeer } from '@vivarium/core/internal/peer/boot';
import type { PeerView } from '@vivarium/core/internal/peer/view';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Input } from '@vivarium/core/internal/seam/inputs';
import type { BootDisk } from '@vivarium/core/internal/storage/disk';
import type { Random } from '../back-to-back/random.js';

const NOTHING: BootDisk = {
  list: () => [],
  read: () => new Uint8Array(0),
  perform: () => {},
};

export class MachineHost {
  /** Virtual milliseconds. */
  now = 1000;
  /** The longest that one step has taken, in real milliseconds. */
  longestStepMs = 0;
  /** Why the machine gave up, if it did. */
  halted: string | undefined;
  readonly #peer;
  readonly #sinks = new Map<ConnectionId, (bytes: Uint8Array) => void>();
  #inputs: Input[] = [];
  #lastId: ConnectionId = 0;

  constructor(random: Random, overrides: ConfigOverrides) {
    this.#peer = bootPeer({
      config: defaultConfig(overrides),
      host: {
        randomBytes: (count) => random.bytes(count),
        sha1: (bytes) => new Uint8Array(createHash('sha1').update(bytes).digest()),
        hmacSha256: (key, bytes) => {
          return new Uint8Array(createHmac('sha256', key).update(bytes).digest());
        },
        log: () => {},
      },
      disk: NOTHING,
      secret: new Uint8Array(32),
      now: this.now,
      wall: WALL + this.now,
    });
  }

  get view(): PeerView {
    return this.#peer.view;
  }

  open(sink: (bytes: Uint8Array) => void = () => {}): ConnectionId {
    const connection = ++this.#lastId;
    this.#sinks.set(connection, sink);
    const address = '127.0.0.1';
    this.#inputs.push({
      type: 'connection-opened',
      connection,
      address,
      port: 1,
      transport: 'tcp',
    });
    return connection;
  }

  isOpen(connection: ConnectionId): boolean {
    return this.#sinks.has(connection);
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    if (this.isOpen(connection)) this.#inputs.push({ type: 'connection-bytes', connection, bytes });
  }

  close(connection: ConnectionId): void {
    if (!this.#sinks.delete(connection)) return;
    this.#inputs.push({ type: 'connection-closed', connection, reason: 'it went away' });
  }

  /** Lets the machine take in what there is, and all that follows from it. */
  settle(): void {
    do this.#step();
    while (this.#inputs.length > 0 && this.halted === undefined);
  }

  /** Lets virtual time pass, waking the machine whenever it wants to be woken. */
  pass(ms: number): void {
    const until = this.now + ms;
    while (this.now < until && this.halted === undefined) {
      this.now = Math.max(this.now + 1, Math.min(until, this.#peer.wakeAt));
      this.settle();
    }
  }

  #step(): void {
    const inputs = this.#inputs;
    this.#inputs = [];
    const effects: Effect[] = [];
    const began = performance.now();
    this.#peer.step({ now: this.now, wall: WALL + this.now, inputs }, effects);
    this.longestStepMs = Math.max(this.longestStepMs, performance.now() - began);
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'send':
        this.#sinks.get(effect.connection)?.(effect.bytes);
        break;
      case 'close':
        this.close(effect.connection);
        break;
      case 'disk': {
        const { id, generation } = effect;
        this.#inputs.push({ type: 'disk-done', id, generation });
        break;
      }
      case 'poll':
        this.#inputs.push({ type: 'polled', id: effect.id });
        break;
      case 'halt':
        this.halted = effect.reason;
        break;
      case 'dial':
      case 'hold':
        break;
    }
  }
}

const WALL = 1_767_225_600_000;
