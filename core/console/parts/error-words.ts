import { isZkError, type ZkError } from '@vivarium/core';

/** What went wrong with a request, in words for the person who asked for it. */
export function errorWords(error: unknown): string {
  if (!isZkError(error)) return error instanceof Error ? error.message : String(error);
  return told[error.name] ?? error.message;
}

const told: Partial<Record<ZkError['name'], string>> = {
  NO_AUTH: 'Its ACL does not allow it to the identities of this page.',
  NO_NODE: 'It is not there any more.',
  NODE_EXISTS: 'There is one of that name already.',
  NOT_EMPTY: 'It has children, which have to go first.',
  BAD_VERSION: 'Somebody else has changed it meanwhile.',
  NO_CHILDREN_FOR_EPHEMERALS: 'Its parent is ephemeral, and cannot have children.',
  INVALID_ACL: 'The server does not take this ACL: an entry is not valid, or there is none.',
  QUOTA_EXCEEDED: 'A quota above it would be exceeded.',
  CONNECTION_LOSS:
    'The connection was lost before the answer came. It may have been done, or not: look again.',
  SESSION_EXPIRED: 'The session of this page had ended, and nothing was done. Try again.',
  NOT_READ_ONLY: 'This server is cut off from its ensemble and only answers reads.',
};
