import { OK } from '../base/errors.js';
import { applyTxn } from '../tree/apply.js';
import type { ChangeSink } from '../tree/changes.js';
import type { Database } from '../tree/database.js';
import { writeMultiEnd, writeMultiError, writeMultiHeader } from '../wire/multi.js';
import { type OperationName, opcodes, operations } from '../wire/operations.js';
import { type TxnBody, txnTypes } from '../wire/txns.js';
import type { Writer } from '../wire/writer.js';
import type { PendingWrite } from './request.js';

/**
 * Applies a transaction and tells `sink` of every change.
 *
 * @param results where the results of a multi are written, if anybody waits for them: each right
 *   after its own operation, since a stat may look different after the next one
 * @returns the code for the reply's header
 */
export function applyWithResults(
  database: Database,
  { txn: { header, body }, zxidHigh, zxidLow }: PendingWrite,
  sink: ChangeSink,
  results: Writer | undefined,
): number {
  if (body.type !== txnTypes.multi || results === undefined) {
    return applyTxn(database, header, body, sink, zxidHigh, zxidLow);
  }
  results.clear();
  const { txns } = body;
  if (txns.length === 0 || txns.some(({ type }) => type === txnTypes.error)) {
    applyTxn(database, header, body, sink, zxidHigh, zxidLow);
    for (const part of txns) writeMultiError(results, part.type === txnTypes.error ? part.err : OK);
  } else {
    for (const part of txns) {
      applyTxn(database, header, part, sink, zxidHigh, zxidLow);
      writeResult(database, part, results);
    }
  }
  writeMultiEnd(results);
  return OK;
}

/** Writes the body of the reply to a write that was done; a multi’s results are written by now. */
export function writeAnswer(
  database: Database,
  operation: OperationName,
  body: TxnBody,
  results: Writer,
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
      to.raw(results.bytes, 0, results.position);
      break;
    default:
      break;
  }
}

function writeStat({ tree }: Database, path: string, to: Writer): void {
  tree.writeStat(tree.find(path), to);
}

/** What one operation of a multi has come to. */
function writeResult(database: Database, part: TxnBody, to: Writer): void {
  switch (part.type) {
    case txnTypes.create:
      writeMultiHeader(to, opcodes.create, OK);
      to.string(part.path);
      break;
    case txnTypes.create2:
    case txnTypes.createContainer:
    case txnTypes.createTtl:
      writeMultiHeader(to, opcodes.create2, OK);
      to.string(part.path);
      writeStat(database, part.path, to);
      break;
    case txnTypes.setData:
      writeMultiHeader(to, opcodes.setData, OK);
      writeStat(database, part.path, to);
      break;
    case txnTypes.delete:
      writeMultiHeader(to, opcodes.delete, OK);
      break;
    default:
      writeMultiHeader(to, opcodes.check, OK);
      break;
  }
}
