import { codes } from '../base/errors.js';
import { readMultiRequest } from '../wire/multi.js';
import { operations, type WriteName } from '../wire/operations.js';
import type { Reader } from '../wire/reader.js';
import type { Preparation, Prepared, WriteOrigin } from './preparation.js';
import { prepareCloseSession } from './writes/close-session.js';
import { prepareCreate } from './writes/create.js';
import { prepareDelete } from './writes/delete.js';
import { prepareMulti } from './writes/multi.js';
import { prepareSetAcl } from './writes/set-acl.js';
import { prepareSetData } from './writes/set-data.js';

/**
 * Checks a write, whose body `from` holds, and records what it will change.
 *
 * @throws MalformedError when the body cannot be decoded; then nothing is recorded
 */
export type WriteHandler = (p: Preparation, origin: WriteOrigin, from: Reader) => Prepared;

/** One handler for each operation that becomes a transaction. */
export const writeHandlers: Readonly<Record<WriteName, WriteHandler>> = {
  create: (p, origin, from) =>
    prepareCreate(p, origin, 'create', operations.create.request.read(from)),
  create2: (p, origin, from) =>
    prepareCreate(p, origin, 'create2', operations.create2.request.read(from)),
  createContainer: (p, origin, from) =>
    prepareCreate(p, origin, 'createContainer', operations.createContainer.request.read(from)),
  createTtl(p, origin, from) {
    const request = operations.createTtl.request.read(from);
    return prepareCreate(p, origin, 'createTtl', request, request.ttl);
  },
  delete: (p, origin, from) => prepareDelete(p, origin, operations.delete.request.read(from)),
  setData: (p, origin, from) => prepareSetData(p, origin, operations.setData.request.read(from)),
  setAcl: (p, origin, from) => prepareSetAcl(p, origin, operations.setAcl.request.read(from)),
  multi: (p, origin, from) => prepareMulti(p, origin, readMultiRequest(from)),
  closeSession: (p, origin) =>
    origin.session === undefined
      ? p.unknownSession
      : prepareCloseSession(p, origin, origin.session),
  /** Members cannot be changed while a server stands alone. */
  reconfig(_p, _origin, from) {
    operations.reconfig.request.read(from);
    return codes.RECONFIG_DISABLED;
  },
};
