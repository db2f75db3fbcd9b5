import { OK } from '../base/errors.js';
import { applyTxn } from '../tree/apply.js';
import type { ChangeSink } from '../tree/changes.js';
import type { Database } from '../tree/database.js';
import type { MultiResult } from '../wire/multi.js';
import { writeMultiResponse } from '../wire/multi.js';
import { type OperationName, operations } from '../wire/operations.js';
import { type TxnBody, type TxnHeader, txnTypes } from '../wire/txns.js';
import type { Writer } from '../wire/writer.js';
import type { PendingWrite } from './request.js';

/** What came of a transaction: the code for the reply's header, and a multi's results. */
export interface Outcome {
  readonly code: number;
  readonly results: readonly MultiResult[] | undefined;
}

const DONE: Outcome = { code: OK, results: undefined };

/**
 * Applies a transaction and tells `sink` of every change. Of a multi, each result is taken right
 * after its own operation, since a stat may look different after the next one.
 */
export function applyWithResults(
  database: Database,
  { txn, zxidHigh, zxidLow }: PendingWrite,
  sink: ChangeSink,
): Outcome {
  const { header, body } = txn;
  if (body.type !== txnTypes.multi) {
    const code = applyTxn(database, header, body, sink, zxidHigh, zxidLow);
    return code === OK ? DONE : { code, results: undefined };
  }
  if (body.txns.some(({ type }) => type === txnTypes.error)) {
    applyTxn(database, header, body, sink);
    return { code: OK, results: body.txns.map(errorResult) };
  }
  const results = body.txns.map((part) => applyPart(database, header, part, sink));
  if (results.length === 0) applyTxn(database, header, body, sink);
  return { code: OK, results };
}

/** Writes the body of the reply to a write that was done. */
export function writeAnswer(
  database: Database,
  operation: OperationName,
  body: TxnBody,
  outcome: Outcome,
  to: Writer,
): void {
  switch (body.type) {
    case txnTypes.create:
    case txnTypes.create2:
    case txnTypes.createContainer:
    case txnTypes.createTtl:
      to.string(body.path);
      if (operations[operation].response === operations.create2.response) {
        writeStat(database, body.path, to);
      }
      break;
    case txnTypes.setData:
    case txnTypes.setAcl:
      writeStat(database, body.path, to);
      break;
    case txnTypes.multi:
      writeMultiResponse(to, outcome.results!);
      break;
    default:
      break;
  }
}

function writeStat({ tree }: Database, path: string, to: Writer): void {
  tree.writeStat(tree.find(path), to);
}

function errorResult(part: TxnBody): MultiResult {
  return { type: 'error', err: part.type === txnTypes.error ? part.err : OK };
}

function applyPart(
  database: Database,
  header: TxnHeader,
  part: TxnBody,
  sink: ChangeSink,
): MultiResult {
  applyTxn(database, header, part, sink);
  const { tree } = database;
  switch (part.type) {
    case txnTypes.create:
      return { type: 'create', path: part.path };
    case txnTypes.create2:
    case txnTypes.createContainer:
    case txnTypes.createTtl:
      return { type: 'create2', path: part.path, stat: tree.stat(tree.find(part.path)) };
    case txnTypes.setData:
      return { type: 'setData', stat: tree.stat(tree.find(part.path)) };
    case txnTypes.delete:
      return { type: 'delete' };
    default:
      return { type: 'check' };
  }
}
