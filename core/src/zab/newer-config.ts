import type { LogEvent } from '../base/log-event.js';
import type { Notification } from '../wire/election.js';

/** Notices that others have a newer configuration than this server, and says so once for each. */
export class NewerConfig {
  readonly #log: (event: LogEvent) => void;
  #newest: bigint;

  constructor(version: bigint, log: (event: LogEvent) => void) {
    this.#newest = version;
    this.#log = log;
  }

  heard(from: number, { config, ...heard }: Notification): void {
    const digits = /^version=([0-9a-f]{1,16})$/m.exec(config)?.[1];
    if (digits === undefined || BigInt(`0x${digits}`) <= this.#newest) return;
    this.#newest = BigInt(`0x${digits}`);
    const message =
      `Server ${from} has version ${digits} of the configuration, newer than ours: give this ` +
      'server the newer list of servers and start it again';
    const { leader, zxid, peerEpoch, round } = heard;
    const fields = { leader, zxid, peerEpoch, round };
    this.#log({ level: 'warn', event: 'election.newer-config', message, fields });
  }
}
