import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { AuditEvent } from '../base/audit-event.js';
import type { Host } from '../base/host.js';
import type { Log } from './logger.js';

/** Node's cryptography for a machine, a log, and an audit log if one is kept. */
export function createHost(log: Log, audit?: (event: AuditEvent) => void): Host {
  return {
    randomBytes: (count) => plain(randomBytes(count)),
    sha1: (bytes) => plain(createHash('sha1').update(bytes).digest()),
    hmacSha256: (key, bytes) => plain(createHmac('sha256', key).update(bytes).digest()),
    log,
    audit,
  };
}

/** A copy that is no Buffer: machines know plain arrays only, whose `slice` copies. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
