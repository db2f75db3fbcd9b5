/**
 * The lines beside `server.N` that say who is a quorum: `group.G=a:b:c`, `weight.N=k` and
 * `version=hex`.
 *
 * @see ZooKeeper 3.9 QuorumHierarchical.parse
 */

/** How a `group.G` line may look, for error messages. */
export const GROUP_FORM = 'group.G=a:b:c, G a whole number and a, b, c the numbers of servers';

/** How a `weight.N` line may look. */
export const WEIGHT_FORM = 'weight.N=k, N the number of a server and k a whole number from 0';

/** How a version may look: the zxid of the transaction that made the ensemble what it is. */
export const VERSION_FORM = 'a hexadecimal number of at most 63 bits, without 0x';

/** Reads a `group.G` line; `undefined` when it is not of the form. */
export function readGroup(
  key: string,
  value: string,
): { readonly group: number; readonly serverIds: readonly number[] } | undefined {
  const group = numberAfter('group.', key);
  const serverIds = value.split(':').map((part) => wholeNumber(part.trim()));
  if (group === undefined || serverIds.includes(undefined)) return undefined;
  return { group, serverIds: serverIds as readonly number[] };
}

/** Reads a `weight.N` line; `undefined` when it is not of the form. */
export function readWeight(
  key: string,
  value: string,
): { readonly serverId: number; readonly weight: number } | undefined {
  const serverId = numberAfter('weight.', key);
  const weight = wholeNumber(value);
  return serverId === undefined || weight === undefined ? undefined : { serverId, weight };
}

/** Reads a version; `undefined` when it is none. */
export function readVersion(text: string): bigint | undefined {
  if (!/^[0-9A-Fa-f]{1,16}$/.test(text)) return undefined;
  const version = BigInt(`0x${text}`);
  return version < 1n << 63n ? version : undefined;
}

function numberAfter(prefix: string, key: string): number | undefined {
  return key.startsWith(prefix) ? wholeNumber(key.slice(prefix.length)) : undefined;
}

/** Up to 2^31 - 1, which leaves room for the sum of all weights. */
function wholeNumber(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= 0x7fff_ffff ? value : undefined;
}
