import type { ErrorName, Outcome } from '../base/errors.js';
import { errorNameOf, errorTable } from '../base/errors.js';

/** What a {@link ZkError} says about the request that failed. */
export interface ErrorFacts {
  readonly path?: string | undefined;
  /** Name of the operation, such as `setData`. */
  readonly operation?: string | undefined;
  /** The request as it was given, so that an unknown outcome can be looked into. */
  readonly request?: object | undefined;
  /** For a refused multi: which of its operations failed. */
  readonly index?: number | undefined;
  readonly cause?: unknown;
  /** Overrides the table's sentence. */
  readonly reason?: string | undefined;
  /** Overrides the table's outcome, such as for a write that was never sent. */
  readonly outcome?: Outcome | undefined;
}

/**
 * The one class of errors that operations end with. Ask `name` (or {@link isZkError}) what went
 * wrong, and `outcome` whether the request may have taken effect.
 */
export class ZkError extends Error {
  override readonly name: ErrorName;
  /** ZooKeeper's number for `name`. */
  readonly code: number;
  /** `refused`: nothing happened. `unknown`: it may have. */
  readonly outcome: Outcome;
  readonly path: string | undefined;
  readonly operation: string | undefined;
  readonly request: object | undefined;
  readonly index: number | undefined;

  constructor(name: ErrorName, facts: ErrorFacts = {}) {
    const row = errorTable[name];
    const on = facts.path === undefined ? '' : ` ${facts.path}`;
    const what = facts.operation === undefined ? '' : `${facts.operation}${on}: `;
    const options = facts.cause === undefined ? undefined : { cause: facts.cause };
    super(`${what}${facts.reason ?? row.message} (${name})`, options);
    this.name = name;
    this.code = row.code;
    this.outcome = facts.outcome ?? row.outcome;
    this.path = facts.path;
    this.operation = facts.operation;
    this.request = facts.request;
    this.index = facts.index;
  }
}

/** Whether `error` is a {@link ZkError}, of this name when one is given. */
export function isZkError<N extends ErrorName>(
  error: unknown,
  ...names: readonly N[]
): error is ZkError & { readonly name: N } {
  if (!(error instanceof ZkError)) return false;
  return names.length === 0 || names.includes(error.name as N);
}

/** The error for a code from the wire; codes that no release sends become `SYSTEM_ERROR`. */
export function errorOfCode(code: number, facts: ErrorFacts): ZkError {
  const name = errorNameOf(code);
  if (name !== undefined) return new ZkError(name, facts);
  return new ZkError('SYSTEM_ERROR', { ...facts, reason: `the server answered ${code}` });
}
