/** What is different for sessions that only one server knows. */
import { codes, OK } from '../base/errors.js';
import type { Millis } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import { createModeOf } from '../wire/create-modes.js';
import { readMultiRequest } from '../wire/multi.js';
import { type OperationName, operations } from '../wire/operations.js';
import { MalformedError, type Reader } from '../wire/reader.js';
import { type TxnBody, txnTypes } from '../wire/txns.js';
import type { Core } from './core.js';
import { Expiry } from './expiry.js';
import type { Serving } from './serving.js';
import type { Session } from './sessions.js';

/** Ends local sessions that are silent, on a server that decides of no others. */
export class LocalExpiry {
  readonly #core: Core;
  readonly #serving: Serving;
  readonly #expiry: Expiry;

  constructor(core: Core, serving: Serving) {
    this.#core = core;
    this.#serving = serving;
    this.#expiry = new Expiry(serving.sessions, core.config.tickTime);
  }

  get wakeAt(): Millis {
    return this.#expiry.wakeAt;
  }

  look(): void {
    this.#expiry.look(this.#core.turn);
  }

  /** A round of reading is over. */
  polled(id: number): void {
    for (const session of this.#expiry.polled(id, this.#core.turn.now)) {
      endSilent(this.#core, this.#serving, session);
    }
  }
}

/** A local session was not heard of for too long: it is over at once. */
export function endSilent(core: Core, serving: Serving, session: Session): void {
  noteExpiry(core, session);
  serving.end(session, 'its session has expired');
}

/** What the log says of a connection whose session an administrator has ended. */
export const ENDED_BY_ORDER = 'an administrator has ended its session';

export function noteOrderedEnd({ host }: Core, { id, timeoutMs }: Session): void {
  host.log({
    level: 'info',
    event: 'session.ended-by-order',
    message: `session ${hexLong(id)} ends: an administrator said so`,
    fields: { session: id, timeoutMs },
  });
}

export function noteExpiry({ metrics, host }: Core, { id, timeoutMs }: Session): void {
  metrics.staleSessionsExpired.add();
  host.log({
    level: 'info',
    event: 'session.expired',
    message: `session ${hexLong(id)} ends: nothing was heard of it for ${timeoutMs} ms`,
    fields: { session: id, timeoutMs },
  });
}

/** What a server that makes local sessions answers by itself: their end. */
export function answerOfLocal(
  operation: OperationName,
  session: Session | undefined,
): number | undefined {
  return operation === 'closeSession' && session?.isLocal === true ? OK : undefined;
}

/**
 * Whether a request asks for a node that its session would own, which no local one can. What cannot
 * be read asks for nothing.
 *
 * @param body its cursor comes back to where it was
 */
export function asksForEphemeral(operation: OperationName, body: Reader): boolean {
  if (operation !== 'create' && operation !== 'create2' && operation !== 'multi') return false;
  const at = body.position;
  try {
    if (operation !== 'multi') return isEphemeral(operations[operation].request.read(body).flags);
    const ops = readMultiRequest(body);
    return ops.some((op) => (op.op === 'create' || op.op === 'create2') && isEphemeral(op.flags));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return false;
  } finally {
    body.position = at;
  }
}

function isEphemeral(flags: number): boolean {
  return createModeOf(flags)?.ephemeral === true;
}

/**
 * What a local session is told of a refused ephemeral node. A leader of ZooKeeper takes the session
 * for one that has ended, since it does not know it; the client must not.
 */
export function refusalOfLocal(body: TxnBody): TxnBody {
  if (body.type === txnTypes.multi) return { ...body, txns: body.txns.map(refusalOfLocal) };
  const isForeign = body.type === txnTypes.error && body.err === codes.SESSION_EXPIRED;
  return isForeign ? { ...body, err: codes.EPHEMERAL_ON_LOCAL_SESSION } : body;
}
