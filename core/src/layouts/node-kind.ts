/** How a node comes to an end by itself, as its `ephemeralOwner` tells a client. */
export type NodeKind =
  | { readonly kind: 'persistent' | 'container' }
  | { readonly kind: 'ephemeral'; readonly session: bigint }
  | { readonly kind: 'ttl'; readonly ttlMs: number };

const CONTAINER = 0x8000_0000_0000_0000n;
const TTL = 0xff00_0000_0000_0000n;
/** A TTL node's mark, and two bytes of which nothing is defined yet. */
const TTL_MASK = 0xffff_ff00_0000_0000n;

/**
 * Reads an owner. Where a server's extended types are off, an owner that begins with `0xff` is a
 * session of server 255: a client cannot tell, and such servers are rare.
 */
export function nodeKindOf(ephemeralOwner: bigint): NodeKind {
  const owner = BigInt.asUintN(64, ephemeralOwner);
  if (owner === 0n) return { kind: 'persistent' };
  if (owner === CONTAINER) return { kind: 'container' };
  if ((owner & TTL_MASK) === TTL) return { kind: 'ttl', ttlMs: Number(owner & ~TTL_MASK) };
  return { kind: 'ephemeral', session: owner };
}
