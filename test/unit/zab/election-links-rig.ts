import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import { Turn } from '@vivarium/core/internal/seam/turn';
import {
  type Notification,
  readHandshake,
  readNotification,
  writeHandshake,
} from '@vivarium/core/internal/wire/election';
import { ElectionLinks } from '@vivarium/core/internal/zab/election-links';
import { ensembleOf, upTo } from './ensembles.js';

type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** A notification as tests need one. */
export function says(parts: Partial<Notification> = {}): Notification {
  return {
    state: 'looking',
    leader: 1,
    zxid: 7n,
    round: 1,
    peerEpoch: 0,
    version: 2,
    config: '',
    ...parts,
  };
}

/** The links of one server of an ensemble, and all that they do. */
export class LinksRig {
  readonly turn = new Turn(10_000, 0);
  readonly links: ElectionLinks;
  readonly heard: { from: number; notification: Notification }[] = [];
  readonly lost: number[] = [];
  readonly events: LogEvent[] = [];
  greeting: Notification | undefined = says();
  onHeard: () => void = () => {};
  #accepted = 0;
  #effects: Effect[] = [];

  constructor(serverId: number, servers = 3, observers: readonly number[] = []) {
    this.turn.durable = 42;
    this.links = new ElectionLinks({
      serverId,
      membership: ensembleOf({ voters: upTo(servers), observers }),
      turn: this.turn,
      timeoutMs: 5_000,
      greeting: () => this.greeting,
      heard: (from, notification) => {
        this.heard.push({ from, notification });
        this.onHeard();
      },
      lost: (from) => this.lost.push(from),
      log: (event) => this.events.push(event),
    });
    this.links.step();
  }

  /** What was asked of the world since this was asked last. */
  done<T extends Effect['type']>(type: T): EffectOf<T>[] {
    this.#effects.push(...this.turn.effects.splice(0));
    const found = this.#effects.filter((effect): effect is EffectOf<T> => effect.type === type);
    this.#effects = this.#effects.filter((effect) => effect.type !== type);
    return found;
  }

  /** Attempts to connect since this was asked last: `server:connection`. */
  get dials(): Map<number, number> {
    const dials = this.done('dial');
    return new Map(
      dials.map(({ addresses, connection }) => [Number(addresses[0]!.host.slice(4)), connection]),
    );
  }

  /** What was said since this was asked last, as words. */
  get said(): string[] {
    return this.done('send').map(({ connection, bytes }) => {
      const handshake = bytes[0] === 0xff ? readHandshake(bytes)?.handshake : undefined;
      if (handshake !== undefined) return `${connection}: I am ${handshake.serverId}`;
      const { state, leader, round } = readNotification(bytes.subarray(4));
      return `${connection}: ${state} ${leader} round ${round}`;
    });
  }

  get closed(): string[] {
    return this.done('close').map(({ connection, reason }) => `${connection}: ${reason}`);
  }

  pass(ms: number): void {
    const end = this.turn.now + ms;
    while (this.links.wakeAt <= end) {
      this.turn.now = Math.max(this.turn.now, this.links.wakeAt);
      this.links.step();
    }
    this.turn.now = end;
  }

  /** A connection is accepted, and says these bytes. */
  accept(...bytes: Uint8Array[]): number {
    const connection = ++this.#accepted;
    this.links.opened(connection, '10.0.0.9');
    for (const each of bytes) this.links.bytes(connection, each);
    return connection;
  }

  /** Another server connects. */
  acceptFrom(serverId: number): number {
    return this.accept(writeHandshake(serverId, [`host${serverId}:3888`]));
  }

  /** The attempt to connect to a server succeeds. */
  succeed(connection: number): number {
    this.links.opened(connection, '10.0.0.8');
    return connection;
  }

  warnings(event: string): number {
    return this.events.filter((one) => one.level === 'warn' && one.event === event).length;
  }
}
