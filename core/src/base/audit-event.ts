/** Operations that the audit log tells of, in ZooKeeper's words; the last one is Vivarium's own. */
export type AuditedOperation =
  | 'serverStart'
  | 'serverStop'
  | 'create'
  | 'delete'
  | 'setData'
  | 'setAcl'
  | 'multiOperation'
  | 'reconfig'
  | 'ephemeralZNodeDeletionOnSessionCloseOrExpire'
  | 'adminOrder';

/** `invoked` is said of what is only begun when the line is written. */
type AuditResult = 'success' | 'failure' | 'invoked';

/**
 * One line of the audit log, before it is text. What is `undefined` is left out of the line. Texts
 * are as clients sent them, whatever that is: who writes them has to escape them.
 */
export interface AuditEvent {
  readonly operation: AuditedOperation;
  readonly result: AuditResult;
  /** Whose request it was, or whose end. */
  readonly session?: bigint | undefined;
  /** By what names the client is known; `undefined` for what the server does of itself. */
  readonly users?: readonly string[] | undefined;
  /** Where the client's connection comes from. */
  readonly address?: string | undefined;
  readonly path?: string | undefined;
  /** Of a node that is created: `persistent`, `ephemeral_sequential` … */
  readonly nodeType?: string | undefined;
  /** Of setAcl: the entries as they were asked for. Never holds a hash of a password. */
  readonly acl?: string | undefined;
  /** What an administrator has ordered. */
  readonly order?: string | undefined;
}
