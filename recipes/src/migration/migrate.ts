/**
 * Changes to a tree that are made once, in order, by whichever process of a fleet comes first.
 *
 * Nodes: `path` itself, persistent, a JSON list of the names of the steps that were made, in their
 * order; `path/lock`, the folder of a lock, with the node of whoever is at work and of those who
 * wait; and the markers of the transactions.
 *
 * Connected, one process makes step after step under the lock. Suspended it waits. When the
 * session is lost, or the lock, the step under way is given up, and the process stands in line
 * again: what another has made meanwhile it does not make again.
 */

import type { Acl, Client, StandardSchema } from '@vivarium/core';
import { json, ZkError } from '@vivarium/core';
import { isRecipeError, RecipeError } from '../errors.js';
import type { Hold } from '../hold/hold.js';
import { acquireLock } from '../lock/lock.js';
import { assertNodePath } from '../shared/node-path.js';
import { childOf } from '../shared/paths.js';
import { patienceOf, type WaitOptions } from '../shared/patience.js';
import { transact } from '../stm/transact.js';
import type { Transaction } from '../stm/transaction.js';

/** One change to the tree. */
export interface MigrationStep {
  /** Tells it from all others, for ever: a step that was made is known by it. Not empty. */
  readonly name: string;
  /**
   * Makes the change. What it writes by `tx` is written in the same transaction as the record that
   * the step was made: both or none. It may run several times before; and what it does by other
   * means it may do again when the record could not be written.
   *
   * @param hold the lock under which it runs; its signal aborts when it is lost
   */
  run(tx: Transaction, hold: Hold): void | PromiseLike<void>;
}

export interface MigrateOptions extends WaitOptions {
  /** Of the record, its folders and the lock, and of what the steps make; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
}

/** What `migrate` has come to. */
export interface Migrated {
  /** Steps that this call has made, as far as it knows, in their order. */
  readonly made: readonly string[];
  /** Steps that others have made and that were not among those given: a newer program's. */
  readonly unknown: readonly string[];
}

/**
 * Makes those of the steps that nobody has made yet, one after the other in the order given, each
 * once in the whole fleet. Resolves when all of them are made, by whomever: a second process waits
 * until the first is done, or fails, and then makes what is left. When there is nothing to do, no
 * lock is asked for.
 *
 * Each step is one transaction with the record of it (see the function `stm` for what a
 * transaction may do), durable when the next begins. A step that throws ends the call; those
 * before it stay made, and the next call begins with it. Given up by `signal` or `timeoutMs`, a
 * step that was sent already may be made.
 *
 * The steps must begin with those that were made, by name and in order: a step may be added at
 * the end, but none renamed, removed or put in between. If the record has more steps than were
 * given, a newer program was here: that is no error, and `unknown` tells which.
 *
 * @throws RecipeError STEP_FAILED, which tells the step's name and has what it threw as `cause`,
 *   also when its transaction had conflicts or was refused; STEPS_DIFFER when the record is not of
 *   these steps, INVALID_VALUE when it is none, TIMED_OUT; ZkError BAD_ARGUMENTS
 *   for steps without names or with equal ones, NO_AUTH, SESSION_EXPIRED when the client is
 *   closed; the reason of `options.signal`
 */
export async function migrate(
  zk: Client,
  path: string,
  steps: readonly MigrationStep[],
  options: MigrateOptions = {},
): Promise<Migrated> {
  assertNodePath(zk, path, 'migrate');
  const names = namesOf(path, steps);
  const patience = patienceOf(zk, path, options);
  const { signal } = patience;
  const { acl } = options;
  const made: string[] = [];
  try {
    for (;;) {
      const record = await transact(zk, path, (tx) => readRecord(tx, path, names), { signal });
      if (record.length >= names.length) return { made, unknown: record.slice(names.length) };
      // Made for the lock, it would be a container, which the server removes with what it holds.
      await zk.ensure(path, { signal, acl });
      const hold = await acquireLock(zk, childOf(path, LOCK), { signal, acl });
      try {
        await makeAll(zk, { path, steps, names, made, acl, signal }, hold);
      } catch (error) {
        // Another may be at work by now: stand in line again, and look what there is to do.
        if (error === hold.signal.reason && isLoss(error)) continue;
        // The record tells what nobody else can.
        if (isRecipeError(error, 'UNKNOWN_OUTCOME')) continue;
        throw error;
      } finally {
        hold.release().catch(() => {});
      }
    }
  } finally {
    patience.end();
  }
}

/** Name of the lock's folder below the record. */
const LOCK = 'lock';

const record: StandardSchema<readonly string[]> = {
  '~standard': {
    version: 1,
    vendor: 'vivarium',
    validate: (value) =>
      Array.isArray(value) && value.every((name) => typeof name === 'string')
        ? { value: value as readonly string[] }
        : { issues: [{ message: 'it must be a list of the names of steps' }] },
  },
};
const format = json(record);

interface Work {
  readonly path: string;
  readonly steps: readonly MigrationStep[];
  readonly names: readonly string[];
  /** Those that we have made; grows. */
  readonly made: string[];
  readonly acl: readonly Acl[] | undefined;
  readonly signal: AbortSignal;
}

/** @throws the reason of the hold's signal when it is lost */
async function makeAll(zk: Client, work: Work, hold: Hold): Promise<void> {
  const { path, steps, names, made, acl, signal } = work;
  for (;;) {
    hold.throwIfLost();
    /** What was tried last. */
    let step: MigrationStep | undefined;
    let hasRun = false;
    try {
      await transact(
        zk,
        path,
        async (tx) => {
          step = undefined;
          const before = await readRecord(tx, path, names);
          step = steps[before.length];
          if (step === undefined) return;
          hasRun = false;
          await step.run(tx, hold);
          hasRun = true;
          // After the step, so that it cannot write another record.
          tx.set(path, [...before, step.name], format);
        },
        { signal, acl },
        hold.signal,
      );
    } catch (error) {
      throw step === undefined ? error : failed(path, step, hasRun, error, [signal, hold.signal]);
    }
    if (step === undefined) return;
    made.push(step.name);
  }
}

/** Names of the steps that were made. @throws RecipeError INVALID_VALUE, STEPS_DIFFER */
async function readRecord(
  tx: Transaction,
  path: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const bytes = await tx.get(path);
  if (bytes === undefined || bytes.length === 0) return [];
  const made = (await tx.get(path, format))!;
  for (const [at, name] of made.slice(0, names.length).entries()) {
    if (name === names[at]) continue;
    const reason = `step ${at + 1} that was made is ${name}, and was given as ${names[at]}`;
    throw new RecipeError('STEPS_DIFFER', path, { reason });
  }
  return made;
}

function failed(
  path: string,
  { name }: MigrationStep,
  hasRun: boolean,
  cause: unknown,
  ends: readonly AbortSignal[],
): unknown {
  const isGivenUp = ends.some((signal) => signal.aborted && signal.reason === cause);
  // One that the step itself has thrown is about something else.
  if (isGivenUp || (hasRun && isRecipeError(cause, 'UNKNOWN_OUTCOME'))) return cause;
  const reason = `the step ${name} failed: ${cause instanceof Error ? cause.message : cause}`;
  return new RecipeError('STEP_FAILED', path, { reason, cause });
}

function isLoss(error: unknown): boolean {
  return isRecipeError(error, 'HOLD_LOST', 'HOLD_REVOKED');
}

/** @throws ZkError BAD_ARGUMENTS */
function namesOf(path: string, steps: readonly MigrationStep[]): readonly string[] {
  const names = steps.map(({ name }) => name);
  for (const [at, name] of names.entries()) {
    const isName = typeof name === 'string' && name !== '';
    if (isName && names.indexOf(name) === at) continue;
    const reason = isName ? `two steps have the name ${name}` : `step ${at + 1} has no name`;
    throw new ZkError('BAD_ARGUMENTS', { path, reason });
  }
  return names;
}
