import { OK } from '../base/errors.js';
import {
  type MultiReadOp,
  readMultiReadRequest,
  writeMultiEnd,
  writeMultiError,
  writeMultiHeader,
} from '../wire/multi.js';
import { opcodes, operations } from '../wire/operations.js';
import { MalformedError, Reader } from '../wire/reader.js';
import { encode } from '../wire/types.js';
import type { Writer } from '../wire/writer.js';
import type { ReadOrigin, ReadService } from './read-handler.js';
import { serveGetChildren, serveGetData } from './reads.js';

/**
 * Answers each read of a multiRead by itself: the error of one is no error of the others.
 *
 * @throws MalformedError when the answers together are more than may wait for any client
 */
export function serveMultiRead(
  service: ReadService,
  origin: ReadOrigin,
  from: Reader,
  to: Writer,
): number {
  const { sendQueueMaxBytes } = service.config;
  const begin = to.position;
  for (const op of readMultiReadRequest(from)) {
    const start = to.position;
    writeMultiHeader(to, opcodes[op.op], OK);
    const code = serveOne(service, origin, op, to);
    if (to.position - begin > sendQueueMaxBytes) {
      throw new MalformedError(`the answers take more than ${sendQueueMaxBytes} bytes together`);
    }
    if (code === OK) continue;
    to.position = start;
    writeMultiError(to, code);
  }
  writeMultiEnd(to);
  return OK;
}

function serveOne(service: ReadService, origin: ReadOrigin, op: MultiReadOp, to: Writer): number {
  // Like ZooKeeper's, a multiRead sets no watches, whatever it asks for.
  const from = new Reader(encode(operations.getData.request, { ...op, watch: false }));
  return op.op === 'getData'
    ? serveGetData(service, origin, from, to)
    : serveGetChildren(service, origin, from, to, false);
}
