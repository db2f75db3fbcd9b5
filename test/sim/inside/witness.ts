/** What is known of a whole run to those who watch its servers from inside. */
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import { demand } from '../violation.js';
import { Canon } from './canon.js';
import { zxidText } from './entry.js';
import { Meanings } from './meanings.js';
import type { Subject } from './subject.js';

export class Witness {
  readonly canon = new Canon();
  readonly meanings = new Meanings();
  /** Sessions of which somebody has asked for the end. */
  readonly closing = new Set<bigint>();
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Microseconds of the world, which no server sees. */
  get now(): number {
    return this.#kernel.now;
  }

  /** A server that stands alone has applied everything up to a zxid: nobody else is to be asked. */
  shows({ log, name }: Subject, upTo: bigint): void {
    if (upTo <= this.canon.lastZxid) return;
    demand(upTo <= log.durableZxid, 'R4', () => {
      return `${name} shows ${zxidText(upTo)}; durable is ${zxidText(log.durableZxid)}`;
    });
    this.canon.commit(log, upTo, this.now, name, () => {});
  }
}
