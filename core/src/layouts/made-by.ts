/**
 * Whether a protected name (`_c_<uuid>-…`) is of Vivarium: ours carry the session that made them in
 * the first half of the uuid; Curator's is random. Undefined for names that are not protected.
 *
 * @param session the node's `ephemeralOwner`
 */
export function isOurName(name: string, session: bigint): boolean | undefined {
  const match = /^_c_([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-/.exec(name);
  if (match === null) return undefined;
  return match.slice(1).join('') === BigInt.asUintN(64, session).toString(16).padStart(16, '0');
}
