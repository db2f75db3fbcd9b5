/** What a session's end does to requests that come too late, or by a server that it has left. */
import { codes } from '@vivarium/core/internal/base/errors';
import { type Txn, type TxnBody, txnTypes } from '@vivarium/core/internal/wire/txns';
import { demand } from '../violation.js';
import type { History, SentRequest } from '../world/history.js';
import type { Model } from './model.js';

/** Why an ensemble may turn a request away for its session's sake. */
export class SessionEnds {
  readonly #closed: ReadonlySet<bigint>;
  /** The last connection over which each session was asked for. */
  readonly #last = new Map<bigint, number>();

  constructor(entries: readonly { readonly txn: Txn }[], { connections }: History) {
    this.#closed = new Set(
      entries.flatMap(({ txn }) =>
        txn.body.type === txnTypes.closeSession ? [txn.header.clientId] : [],
      ),
    );
    for (const { greeting, number } of connections) {
      if (greeting !== undefined) this.#last.set(greeting.sessionId, number);
    }
  }

  /** It came by a server that the session has left, or the session's end was on its way. */
  mayTurnAway(err: number, { connection }: SentRequest, session: bigint, model: Model): boolean {
    if (err === codes.SESSION_MOVED) return (this.#last.get(session) ?? 0) > connection.number;
    if (err !== codes.SESSION_EXPIRED) return false;
    return model.sessions.has(session) && this.#closed.has(session);
  }
}

/** S5, S6: somebody ends a session that has ended, or through a server that it has left. */
export function judgeLateEnd(
  model: Model,
  endings: readonly SentRequest[],
  { txn }: { readonly txn: Txn },
): void {
  const { zxid, time, clientId: session } = txn.header;
  model.apply([], { zxid, time, session, isKnown: false });
  const told = `zxid ${zxid}, the end of ${session} asked for again,`;
  if (errorOf(txn.body) === codes.SESSION_MOVED) {
    const hasMoved = endings.some(({ connection }) => connection.hasMoved === true);
    demand(hasMoved, 'S6', () => `${told} was refused, and nobody has moved`);
  } else {
    demand(!model.sessions.has(session), 'S5', () => `${told} was refused to a living session`);
  }
}

/** S5, S6: a request came too late, or through a server that its session has left. */
export function judgeRefused(
  model: Model,
  request: SentRequest,
  { txn }: { readonly txn: Txn },
  told: string,
): void {
  const session = txn.header.clientId;
  const logged = errorOf(txn.body);
  const { reply, connection } = request;
  model.apply([], { zxid: txn.header.zxid, time: txn.header.time, session, isKnown: false });
  demand(reply === undefined || reply.err === logged, 'S6', () => {
    return `${told} is logged with ${logged} and was answered with ${reply?.err}`;
  });
  if (logged === codes.SESSION_MOVED) {
    demand(connection.hasMoved === true, 'S6', () => `${told} was refused, and nobody has moved`);
  } else {
    demand(!model.sessions.has(session), 'S5', () => `${told} was refused to a living session`);
  }
}

export function isAboutSession(err: number): boolean {
  const { SESSION_EXPIRED, UNKNOWN_SESSION, SESSION_MOVED } = codes;
  return err === SESSION_EXPIRED || err === UNKNOWN_SESSION || err === SESSION_MOVED;
}

export function errorOf(body: TxnBody): number {
  if (body.type === txnTypes.error) return body.err;
  if (body.type !== txnTypes.multi) return 0;
  const errors = body.txns.map((sub) => (sub.type === txnTypes.error ? sub.err : 0));
  return errors.find((err) => err !== 0 && err !== codes.RUNTIME_INCONSISTENCY) ?? 0;
}
