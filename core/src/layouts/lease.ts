import { isCount, objectIn } from './stored-text.js';

/** The node in a folder of leases whose writes tell the leader's time. */
export const LEASE_CLOCK = 'clock';

/** Whose a lease is, and for how long. */
export interface LeaseTerms {
  readonly id: string;
  /** From the newest renewal on, which is the node's `mtime`; undefined without an end. */
  readonly ttlMs: number | undefined;
}

/** Whether a name in a folder is that of a lease. */
export function isLease(name: string): boolean {
  return /^lease-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name);
}

/** Reads the data of a lease's node; undefined when it is not that. */
export function leaseIn(data: Uint8Array): LeaseTerms | undefined {
  const { id, ttlMs } = objectIn(data) ?? {};
  if (typeof id !== 'string') return undefined;
  if (ttlMs !== undefined && !isCount(ttlMs, 1)) return undefined;
  return { id, ttlMs };
}
