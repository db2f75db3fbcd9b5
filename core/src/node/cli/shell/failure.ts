/**
 * How the shell says that something went wrong: one line on standard error, in zkCli's words where
 * it has some, and an exit code that scripts can rely on.
 */
import { isZkError, type ZkError } from '../../../client/errors.js';
import { UsageError } from './arguments.js';

/** Exit codes of the shell, by what they mean. They do not change. */
export const shellExitCodes = {
  ok: { code: 0, doc: 'all commands were done' },
  failed: { code: 1, doc: 'a command was refused, or could not be done' },
  usage: { code: 2, doc: 'wrong use; nothing was sent' },
  noAnswer: {
    code: 3,
    doc:
      'no server answered, none has a quorum, or the connection was lost: what was under way may ' +
      'have happened',
  },
  denied: { code: 4, doc: 'no permission, or an identity was refused' },
  conflict: { code: 5, doc: 'the node has another version than the one asked for' },
  unknownCommand: { code: 127, doc: 'there is no such command' },
  interrupted: { code: 130, doc: 'Ctrl-C' },
} as const;

/** A command that could not be done; its text says what was attempted. */
export class ShellFailure extends Error {
  override readonly name = 'ShellFailure';
  readonly kind: keyof typeof shellExitCodes;

  constructor(message: string, kind: keyof typeof shellExitCodes = 'failed') {
    super(message);
    this.kind = kind;
  }
}

/** Somebody pressed Ctrl-C. */
export class Interrupted extends ShellFailure {
  constructor() {
    super('interrupted; a write under way may still happen', 'interrupted');
  }
}

/** The exit code of a failure. */
export function exitCodeOf(error: unknown): number {
  return shellExitCodes[kindOf(error)].code;
}

/** What a failure is, among {@link shellExitCodes}. */
export function kindOf(error: unknown): keyof typeof shellExitCodes {
  if (error instanceof UsageError) return 'usage';
  if (error instanceof ShellFailure) return error.kind;
  if (!isZkError(error)) return 'failed';
  if (isZkError(error, 'CONNECTION_LOSS', 'SESSION_EXPIRED', 'OPERATION_TIMEOUT')) {
    return 'noAnswer';
  }
  if (isZkError(error, 'NO_AUTH', 'AUTH_FAILED', 'SESSION_CLOSED_REQUIRE_AUTH')) return 'denied';
  return error.name === 'BAD_VERSION' ? 'conflict' : 'failed';
}

/** What servers take in one request, unless their `jute.maxbuffer` says otherwise. */
const USUAL_LIMIT_BYTES = 0xf_ffff;

/** What to say of a connection that was lost over a value that is too long for servers. */
export function explained(error: unknown, path: string, sizeBytes: number): unknown {
  if (!isZkError(error, 'CONNECTION_LOSS') || sizeBytes < USUAL_LIMIT_BYTES) return error;
  return new ShellFailure(
    `${path} was not written: its value has ${sizeBytes} bytes, and servers take requests of ` +
      `up to ${USUAL_LIMIT_BYTES} bytes unless their jute.maxbuffer is larger`,
  );
}

/** What went wrong, in one line; in zkCli's words where it has some. */
export function failureText(error: unknown, path: string): string {
  if (!isZkError(error)) return error instanceof Error ? error.message : String(error);
  const known = FAILURES[error.name];
  if (known === undefined) return error.message;
  if (!known.endsWith(' ')) return known;
  const about = error.path ?? path;
  return about === '' ? error.message : `${known}${about}`;
}

/** The same for programs. */
export function failureDocument(error: unknown, path: string): object {
  const message = failureText(error, path);
  if (!isZkError(error)) return { error: { name: kindOf(error), message } };
  const { name, outcome } = error as ZkError;
  return { error: { name, message, path: error.path ?? path, outcome } };
}

const FAILURES: Readonly<Record<string, string>> = {
  NO_NODE: 'Node does not exist: ',
  NO_CHILDREN_FOR_EPHEMERALS: 'Ephemerals cannot have children: ',
  NODE_EXISTS: 'Node already exists: ',
  NOT_EMPTY: 'Node not empty: ',
  NOT_READ_ONLY: 'Not a read-only call: ',
  INVALID_ACL: 'Acl is not valid : ',
  NO_AUTH: 'Insufficient permission : ',
  BAD_VERSION: 'version No is not valid : ',
  QUOTA_EXCEEDED: 'Quota has exceeded : ',
  RECONFIG_IN_PROGRESS:
    'Another reconfiguration is in progress -- concurrent reconfigs not supported (yet)',
  NEW_CONFIG_NO_QUORUM:
    'No quorum of new config is connected and up-to-date with the leader of last committed config' +
    ' - try invoking reconfiguration after new servers are connected and synced',
};
