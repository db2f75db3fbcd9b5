/** The marks that ZooKeeper writes in the place of an owner for nodes that no session owns. */
const CONTAINER = 0x8000_0000_0000_0000n;
const TTL_MARK = 0xffn << 56n;
const TTL_MASK = 0xff_ffff_ffffn;

/** What a node's owner tells of its kind. */
export interface NodeKind {
  readonly kind: 'persistent' | 'ephemeral' | 'container' | 'ttl';
  /** Of a node with a time to live; 0 for others. */
  readonly ttlMs: number;
}

/** Reads the owner of a node's Stat (`ephemeralOwner`), signed or not. */
export function nodeKindOf(ephemeralOwner: bigint): NodeKind {
  const owner = BigInt.asUintN(64, ephemeralOwner);
  if (owner === 0n) return { kind: 'persistent', ttlMs: 0 };
  if (owner === CONTAINER) return { kind: 'container', ttlMs: 0 };
  if ((owner & TTL_MARK) === TTL_MARK) return { kind: 'ttl', ttlMs: Number(owner & TTL_MASK) };
  return { kind: 'ephemeral', ttlMs: 0 };
}
