/**
 * Every error a user of Vivarium can meet, in one table.
 *
 * `outcome` answers the caller's first question: `refused` means nothing happened, `unknown` means
 * the request may have taken effect. `code` is ZooKeeper's number on the wire; errors that only a
 * client can raise have none there.
 */
export const errorTable = {
  SYSTEM_ERROR: { code: -1, outcome: 'unknown', message: 'the server met a system error' },
  RUNTIME_INCONSISTENCY: {
    code: -2,
    outcome: 'refused',
    message: 'an earlier operation of the same multi failed',
  },
  DATA_INCONSISTENCY: {
    code: -3,
    outcome: 'unknown',
    message: 'the server found its data inconsistent',
  },
  CONNECTION_LOSS: {
    code: -4,
    outcome: 'unknown',
    message: 'the connection was lost before the answer came',
  },
  MARSHALLING_ERROR: { code: -5, outcome: 'refused', message: 'the request could not be decoded' },
  UNIMPLEMENTED: {
    code: -6,
    outcome: 'refused',
    message: 'the server does not know this operation',
  },
  OPERATION_TIMEOUT: { code: -7, outcome: 'unknown', message: 'no answer came in time' },
  BAD_ARGUMENTS: { code: -8, outcome: 'refused', message: 'an argument is not valid' },
  UNKNOWN_SESSION: {
    code: -12,
    outcome: 'refused',
    message: 'the server does not know the session',
  },
  NEW_CONFIG_NO_QUORUM: {
    code: -13,
    outcome: 'refused',
    message: 'no quorum of the proposed configuration is connected and synchronised',
  },
  RECONFIG_IN_PROGRESS: {
    code: -14,
    outcome: 'refused',
    message: 'another reconfiguration is pending',
  },
  API_ERROR: { code: -100, outcome: 'refused', message: 'the request was refused' },
  NO_NODE: { code: -101, outcome: 'refused', message: 'there is no such node' },
  NO_AUTH: { code: -102, outcome: 'refused', message: "the node's ACL does not permit it" },
  BAD_VERSION: { code: -103, outcome: 'refused', message: 'the node has another version' },
  NO_CHILDREN_FOR_EPHEMERALS: {
    code: -108,
    outcome: 'refused',
    message: 'an ephemeral node cannot have children',
  },
  NODE_EXISTS: { code: -110, outcome: 'refused', message: 'the node exists already' },
  NOT_EMPTY: { code: -111, outcome: 'refused', message: 'the node has children' },
  SESSION_EXPIRED: { code: -112, outcome: 'refused', message: 'the session has ended' },
  INVALID_CALLBACK: { code: -113, outcome: 'refused', message: 'the callback is not valid' },
  INVALID_ACL: { code: -114, outcome: 'refused', message: 'the ACL is not valid' },
  AUTH_FAILED: { code: -115, outcome: 'refused', message: 'authentication failed' },
  SESSION_MOVED: {
    code: -118,
    outcome: 'refused',
    message: 'the session has moved to another server',
  },
  NOT_READ_ONLY: { code: -119, outcome: 'refused', message: 'this server only answers reads' },
  EPHEMERAL_ON_LOCAL_SESSION: {
    code: -120,
    outcome: 'refused',
    message: 'a local session cannot own ephemeral nodes',
  },
  NO_WATCHER: { code: -121, outcome: 'refused', message: 'there is no such watch' },
  REQUEST_TIMEOUT: { code: -122, outcome: 'unknown', message: 'the request timed out' },
  RECONFIG_DISABLED: { code: -123, outcome: 'refused', message: 'reconfiguration is disabled' },
  SESSION_CLOSED_REQUIRE_AUTH: {
    code: -124,
    outcome: 'refused',
    message: 'the server requires authentication for this session',
  },
  QUOTA_EXCEEDED: { code: -125, outcome: 'refused', message: 'the quota would be exceeded' },
  THROTTLED_OP: { code: -127, outcome: 'refused', message: 'the server dropped it under load' },
} as const satisfies Record<string, ErrorRow>;

interface ErrorRow {
  readonly code: number;
  readonly outcome: Outcome;
  readonly message: string;
}

/** What an error says of its request: `refused`, nothing happened; `unknown`, it may have. */
export type Outcome = 'refused' | 'unknown';

/** Name of a row of {@link errorTable}. */
export type ErrorName = keyof typeof errorTable;

/** The wire code that means success. */
export const OK = 0;

/** Wire codes by name: `codes.NO_NODE === -101`. Server code returns these as plain numbers. */
export const codes = Object.fromEntries(
  Object.entries(errorTable).map(([name, row]) => [name, row.code]),
) as { readonly [N in ErrorName]: (typeof errorTable)[N]['code'] };

const namesByCode = new Map<number, ErrorName>(
  Object.entries(errorTable).map(([name, row]) => [row.code, name as ErrorName]),
);

/** Name of a wire code; `undefined` for 0 and for codes that no known release sends. */
export function errorNameOf(code: number): ErrorName | undefined {
  return namesByCode.get(code);
}
