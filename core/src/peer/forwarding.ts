import { Fifo } from '../base/fifo.js';
import type { Config } from '../config/config.js';
import { type OperationName, opcodes, type WriteName } from '../wire/operations.js';
import type { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import type { Learner } from '../zab/learner.js';
import { asksForEphemeral, refusalOfLocal } from './local-sessions.js';
import type { PendingWrite, WaitingRequest } from './request.js';
import type { Session, Sessions } from './sessions.js';

export interface ForwardingParts {
  readonly config: Config;
  readonly sessions: Sessions;
  readonly ask: Learner['request'];
}

/** A request that the leader was asked for. */
interface Forwarded {
  /** Whom to answer; `undefined` for what the server asks of its own. */
  readonly request: WaitingRequest | undefined;
  readonly operation: OperationName;
  readonly session: Session;
  readonly largeBytes: number;
  /** It asks for what a local session cannot have. */
  readonly isInVain: boolean;
}

const NOTHING = new Uint8Array(0);

/** A cxid of what no client asks; ZooKeeper's too. */
const NO_CXID = 0;

/** What a learner's clients ask and the leader decides, from the asking to the transaction. */
export class Forwarding {
  readonly #parts: ForwardingParts;
  /** In the order of asking, which is that of the transactions. */
  readonly #forwarded = new Fifo<Forwarded>();

  constructor(parts: ForwardingParts) {
    this.#parts = parts;
  }

  write(
    operation: WriteName,
    session: Session | undefined,
    request: WaitingRequest,
    body: Reader,
    largeBytes: number,
  ): void {
    /* What comes behind a local session's end is not asked for; nobody but us knows of the end. */
    if (session === undefined || (session.isLocal && session.closing)) return;
    if (operation === 'closeSession') session.closing = true;
    const needsGlobal = session.isLocal && asksForEphemeral(operation, body);
    if (needsGlobal && this.#parts.config.localSessionsUpgradingEnabled) {
      session.isLocal = false;
      this.createSession(session, undefined);
    }
    const isInVain = needsGlobal && session.isLocal;
    const bytes = body.bytes.subarray(body.position, body.end);
    this.#forward({ operation, session, request, largeBytes, isInVain }, bytes);
  }

  /** Asks for the end of a session that its client has not asked for. */
  endSession(session: Session): void {
    session.closing = true;
    const large = { largeBytes: 0, isInVain: false };
    this.#forward({ operation: 'closeSession', session, request: undefined, ...large }, NOTHING);
  }

  /** Begins a session everywhere: a new one, or one that only this server has known. */
  createSession(session: Session, request: WaitingRequest | undefined): void {
    const body = new Writer(4);
    body.int(session.timeoutMs);
    const operation = 'createSession';
    const large = { largeBytes: 0, isInVain: false };
    this.#forward({ operation, session, request, ...large }, body.copy());
  }

  /**
   * Finds out whether a decided write is the next one that was asked for here, and if so whom to
   * answer and how. Returns its bytes as a large request.
   */
  match(write: PendingWrite): number {
    const next = this.#forwarded.peek();
    if (next === undefined) return 0;
    const { txn } = write;
    const { cxid, clientId } = txn.header;
    const { request, operation, session } = next;
    if (cxid !== (request?.xid ?? NO_CXID) || clientId !== session.id) return 0;
    this.#forwarded.shift();
    write.request = request;
    write.operation = operation;
    write.session = session;
    if (next.isInVain) write.txn = { ...txn, body: refusalOfLocal(txn.body) };
    const isLast = session.connection === undefined && session.unapplied === 1;
    if (isLast && !session.isLocal) this.#parts.sessions.remove(session.id);
    return next.largeBytes;
  }

  #forward(forwarded: Forwarded, body: Uint8Array): void {
    const { operation, session, request } = forwarded;
    this.#forwarded.push(forwarded);
    session.unapplied++;
    const identities = request?.identities ?? [];
    this.#parts.ask(session, request?.xid ?? NO_CXID, opcodes[operation], body, identities);
  }
}
