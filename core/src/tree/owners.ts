/**
 * What the persisted `ephemeralOwner` of a node says: nothing, a session, or the marks of container
 * and TTL nodes. Owners are handled as two 32-bit halves, as in the rows of the tree.
 */

/** How a node comes to an end by itself, if it does. */
export type NodeKind = 'persistent' | 'ephemeral' | 'container' | 'ttl';

/** Upper half of a container's owner; the lower half is 0. */
export const CONTAINER_OWNER_HIGH = -0x8000_0000;
/** Longest time to live, milliseconds: 40 bits. */
export const MAX_TTL_MS = 0xff_ffff_ffff;

/** Upper half of the owner of a TTL node; the lower half is {@link ttlOwnerLow}. */
export function ttlOwnerHigh(ttlMs: number): number {
  return -0x0100_0000 | Math.floor(ttlMs / 0x1_0000_0000);
}

/** Lower half of the owner of a TTL node. */
export function ttlOwnerLow(ttlMs: number): number {
  return (ttlMs % 0x1_0000_0000) | 0;
}

/**
 * Kind of the node with an owner. Without extended types an owner that starts with 0xff is a
 * session of server 255. `undefined` when the owner names an extended feature that no release
 * defines.
 */
export function kindOfOwner(
  high: number,
  low: number,
  extendedTypes: boolean,
): NodeKind | undefined {
  if (high === 0 && low === 0) return 'persistent';
  if (extendedTypes && high >>> 24 === 0xff) {
    return ((high >>> 8) & 0xffff) === 0 ? 'ttl' : undefined;
  }
  if (high === CONTAINER_OWNER_HIGH && low === 0) return 'container';
  return 'ephemeral';
}

/** Time to live, milliseconds, in the owner of a TTL node. */
export function ttlOfOwner(high: number, low: number): number {
  return (high & 0xff) * 0x1_0000_0000 + (low >>> 0);
}
