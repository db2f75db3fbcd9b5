import type { AuditEvent, AuditedOperation } from '../base/audit-event.js';
import { OK } from '../base/errors.js';
import type { Database } from '../tree/database.js';
import { NO_NODE_ID } from '../tree/tree.js';
import { createModeOf } from '../wire/create-modes.js';
import { type MultiOp, readMultiRequest } from '../wire/multi.js';
import { type OperationName, operations } from '../wire/operations.js';
import { permissions } from '../wire/permissions.js';
import { MalformedError, Reader } from '../wire/reader.js';
import type { Acl, Id } from '../wire/records.js';
import { type TxnBody, txnTypes } from '../wire/txns.js';
import type { JuteType } from '../wire/types.js';
import { shownUser } from './auth.js';
import type { PendingWrite, WaitingRequest } from './request.js';

/** What the audit log calls the writes of clients; it does not tell of others. */
const names: Partial<Readonly<Record<OperationName, AuditedOperation>>> = {
  create: 'create',
  create2: 'create',
  createContainer: 'create',
  createTtl: 'create',
  delete: 'delete',
  setData: 'setData',
  setAcl: 'setAcl',
  multi: 'multiOperation',
  reconfig: 'reconfig',
};

/** What a request asked for, as far as the audit log tells it. */
interface Asked {
  readonly path?: string | null;
  readonly flags?: number;
  readonly acl?: readonly Acl[] | null;
}

const NOTHING: Asked = {};

/**
 * Tells the audit log of writes as they are applied. A client's write is told by the server that
 * the client is connected to, the end of ephemeral nodes by every server that applies it.
 */
export class Audit {
  readonly #tell: (event: AuditEvent) => void;
  readonly #database: Database;
  /** What a client is called, worked out once for all that it may be. */
  readonly #users = new WeakMap<readonly Id[], readonly string[]>();

  constructor(tell: (event: AuditEvent) => void, database: Database) {
    this.#tell = tell;
    this.#database = database;
  }

  /** The ephemeral nodes that a session leaves behind: told while it is known which they are. */
  beforeWrite({ txn: { header, body } }: PendingWrite): void {
    if (body.type !== txnTypes.closeSession) return;
    const { tree, ephemerals } = this.#database;
    const session = header.clientId;
    const left = [...(body.paths2Delete ?? []), ...ephemerals.pathsOf(session)];
    for (const path of new Set(left)) {
      this.#tell({
        operation: 'ephemeralZNodeDeletionOnSessionCloseOrExpire',
        result: tree.find(path) !== NO_NODE_ID ? 'success' : 'failure',
        session,
        path,
      });
    }
  }

  /** @param code what applying it came to, as the client is told */
  afterWrite({ txn: { header, body }, request, operation }: PendingWrite, code: number): void {
    const name = names[operation];
    if (request === undefined || name === undefined) return;
    const session = header.clientId;
    const users = this.#usersOf(request.identities);
    const { address } = request.connection;
    if (body.type === txnTypes.multi) {
      this.#tellParts({ session, users, address }, request, body.txns);
      return;
    }
    const done = body.type !== txnTypes.error && code === OK;
    // Of these two the transaction says all that is told, once they are done.
    const isPlain = done && (operation === 'setData' || operation === 'delete');
    const asked = isPlain ? NOTHING : bodyOf(operation, request);
    this.#tell({
      operation: name,
      result: done ? 'success' : 'failure',
      session,
      users,
      address,
      path: done && 'path' in body ? body.path : (asked.path ?? undefined),
      nodeType: nodeTypeOf(asked.flags),
      acl: operation === 'setAcl' && asked !== NOTHING ? aclText(asked.acl ?? []) : undefined,
    });
  }

  #usersOf(identities: readonly Id[]): readonly string[] {
    let users = this.#users.get(identities);
    if (users === undefined) {
      users = usersOf(identities);
      this.#users.set(identities, users);
    }
    return users;
  }

  /** Each part of a multi that was done; of one that was not, that it was not. */
  #tellParts(
    who: Pick<AuditEvent, 'session' | 'users' | 'address'>,
    request: WaitingRequest,
    parts: readonly TxnBody[],
  ): void {
    if (parts.some(({ type }) => type === txnTypes.error)) {
      this.#tell({ ...who, operation: 'multiOperation', result: 'failure' });
      return;
    }
    const asked = partsOf(request);
    for (const [at, part] of parts.entries()) {
      const op = asked[at];
      const operation = op === undefined ? undefined : names[op.op];
      if (op === undefined || operation === undefined || !('path' in part)) continue;
      const nodeType = 'flags' in op ? nodeTypeOf(op.flags) : undefined;
      this.#tell({ ...who, operation, result: 'success', path: part.path, nodeType });
    }
  }
}

/** The body of a request; nothing when it cannot be read, which its answer says too. */
function bodyOf(operation: OperationName, { audited }: WaitingRequest): Asked {
  if (operation === 'multi' || operation === 'reconfig' || audited === undefined) return NOTHING;
  const type = operations[operation].request as JuteType<Asked> | null;
  return (type && read(() => type.read(new Reader(audited)))) ?? NOTHING;
}

function partsOf({ audited }: WaitingRequest): readonly MultiOp[] {
  return (audited && read(() => readMultiRequest(new Reader(audited)))) ?? [];
}

function read<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return undefined;
  }
}

/** The name of an identity, as ZooKeeper's schemes give it; being `super` is no name. */
function usersOf(identities: readonly Id[]): readonly string[] {
  const users: string[] = [];
  for (const identity of identities) {
    const user = identity.scheme === 'super' ? '' : shownUser(identity);
    if (user.trim() !== '') users.push(user);
  }
  return users;
}

function nodeTypeOf(flags: number | undefined): string | undefined {
  const mode = flags === undefined ? undefined : createModeOf(flags);
  if (mode === undefined) return undefined;
  const kind = mode.ephemeral ? 'ephemeral' : mode.container ? 'container' : 'persistent';
  return `${kind}${mode.sequential ? '_sequential' : ''}${mode.ttl ? '_with_ttl' : ''}`;
}

const letters = [
  [permissions.create, 'c'],
  [permissions.delete, 'd'],
  [permissions.read, 'r'],
  [permissions.write, 'w'],
  [permissions.admin, 'a'],
] as const;

/**
 * Entries one after the other with nothing between them, as ZooKeeper has them. Of a digest only
 * the user is told: the rest could be tried against lists of passwords by whoever reads the log.
 */
function aclText(acl: readonly Acl[]): string {
  let text = '';
  for (const { perms, id } of acl) {
    const own = id.scheme === 'digest' ? `${shownUser(id)}:x` : id.id;
    const may = letters.map(([bit, letter]) => ((perms & bit) === 0 ? '' : letter)).join('');
    text += `${id.scheme}:${own}:${may}`;
  }
  return text;
}
