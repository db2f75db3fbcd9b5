import type { AuditEvent } from './audit-event.js';
import type { LogEvent } from './log-event.js';

/**
 * What a deterministic machine may ask of the world besides its inputs. A host gives one to each
 * machine; the simulator's is seeded, so the same inputs always give the same outputs.
 */
export interface Host {
  /** `count` random bytes, cryptographically strong in the real hosts. */
  randomBytes(count: number): Uint8Array;
  /** SHA-1, for the `digest` scheme's ids. */
  sha1(bytes: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 of `bytes` under `key`, for session passwords. */
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** Reports what happened. Must not throw and must not call back into the machine. */
  log(event: LogEvent): void;
  /** Takes what the audit log is to say, on the terms of `log`; unset where none is kept. */
  readonly audit?: ((event: AuditEvent) => void) | undefined;
}
