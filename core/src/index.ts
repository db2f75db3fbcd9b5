/** Everything a program may import from `@vivarium/core`: the client and its words. */
export type { ErrorName, Outcome } from './base/errors.js';
export type { LogEvent } from './base/log-event.js';
export type * from './client/api.js';
export type {
  ClientClock,
  ClientHost,
  ServerAddress,
  Transport,
  TransportEvents,
} from './client/client-host.js';
export type { SchemaResult, StandardSchema } from './client/codecs.js';
export { bytes, json, text } from './client/codecs.js';
export { connect } from './client/connect.js';
export type { ErrorFacts } from './client/errors.js';
export { isZkError, ZkError } from './client/errors.js';
export { latest } from './client/latest.js';
export { CREATOR_ALL_ACL, OPEN_ACL, permissions, READ_ACL } from './wire/permissions.js';
