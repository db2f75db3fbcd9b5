import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import type { Notification } from '@vivarium/core/internal/wire/election';
import { Election } from '@vivarium/core/internal/zab/election';
import type { OwnHistory } from '@vivarium/core/internal/zab/standing';
import { says } from './election-links-rig.js';
import { type EnsembleOptions, ensembleOf, upTo } from './ensembles.js';

/** What a server has: no epoch yet, and nothing to be said against it. */
export const history = (zxid: bigint, parts: Partial<OwnHistory> = {}): OwnHistory => ({
  zxid,
  peerEpoch: 0,
  isTrusted: true,
  isEmpty: false,
  ...parts,
});

/** One server's election, with the others in the test's hands. */
export class ElectionRig {
  readonly election: Election;
  readonly unreachable = new Set<number>();
  readonly events: LogEvent[] = [];
  now = 1_000;
  #said: [number, Notification][] = [];

  constructor(serverId: number, options: Partial<EnsembleOptions> = {}) {
    this.election = new Election({
      serverId,
      membership: ensembleOf({ voters: upTo(3), ...options }),
      minNotificationMs: 200,
      maxNotificationMs: 60_000,
      finalizeWaitMs: 200,
      passOverMs: 5_000,
      send: (to, notification) => this.#said.push([to, notification]),
      isReachable: (id) => !this.unreachable.has(id),
      log: (event) => this.events.push(event),
    });
  }

  look(own: OwnHistory): void {
    this.election.look(own, this.now);
  }

  hear(from: number, parts: Partial<Notification>): void {
    this.election.heard(from, says(parts), this.now);
  }

  pass(ms: number): void {
    this.now += ms;
    this.election.step(this.now);
  }

  /** What was said since this was asked last, as `to: state leader round`. */
  get said(): string[] {
    return this.#said
      .splice(0)
      .map(([to, { state, leader, round }]) => `${to}: ${state} ${leader} ${round}`);
  }
}
