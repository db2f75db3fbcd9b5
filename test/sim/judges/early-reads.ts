/**
 * Reads whose answer may show an earlier state than its zxid says: any of those from what their
 * client had seen before up to it.
 */

import { Violation } from '../violation.js';
import type { HeardReply } from '../world/history.js';
import type { Model } from './model.js';
import { judgeRead } from './reads.js';

export class EarlyReads {
  #open: { readonly reply: HeardReply; readonly session: bigint }[] = [];

  /** The model has reached the earliest state that the answer may show. */
  begin(model: Model, reply: HeardReply, session: bigint): void {
    if (!fits(model, reply, session)) this.#open.push({ reply, session });
  }

  /** The model has gone on by one transaction. */
  look(model: Model): void {
    if (this.#open.length === 0) return;
    this.#open = this.#open.filter(({ reply, session }) => !fits(model, reply, session));
  }

  /** The model has reached the state of the answer's zxid. @throws Violation unless one did fit */
  end(model: Model, reply: HeardReply, session: bigint): void {
    const left = this.#open.filter((each) => each.reply !== reply);
    if (left.length === this.#open.length) return;
    this.#open = left;
    judgeRead(model, reply, session);
  }
}

function fits(model: Model, reply: HeardReply, session: bigint): boolean {
  try {
    judgeRead(model, reply, session);
    return true;
  } catch (error) {
    if (error instanceof Violation) return false;
    throw error;
  }
}
