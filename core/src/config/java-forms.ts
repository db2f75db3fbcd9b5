/**
 * Small things of Java that show in texts which ZooKeeper writes and which are compared byte by
 * byte: how a literal address is written, and in which order a HashMap of numbers is walked.
 */

/**
 * A host as `InetSocketAddress.getHostString` gives it: names stay, literal addresses are written
 * out. Those with a scope (`fe80::1%eth0`) stay too: their form depends on the machine.
 */
export function javaHost(host: string): string {
  if (host.includes(':')) return host.includes('%') ? host : (javaIpv6(host) ?? host);
  return javaIpv4(host) ?? host;
}

/**
 * Keys in the order in which a `HashMap<Long, …>` is walked that they were put into. Keys that
 * share a bucket come in the order of `keys`; in ZooKeeper that order depends on everything else in
 * its config file, so that no rule of ours can tell it.
 *
 * @param keys whole numbers from 0 to 2^31 - 1, each once
 */
export function inHashOrder(keys: readonly number[]): readonly number[] {
  let capacity = 16;
  while (keys.length > capacity * 0.75) capacity *= 2;
  const bucketOf = (key: number) => (key ^ (key >>> 16)) & (capacity - 1);
  return [...keys].sort((a, b) => bucketOf(a) - bucketOf(b));
}

/** One to four decimal parts, of which the last fills the bytes that are left. */
function javaIpv4(host: string): string | undefined {
  if (!/^\d{1,10}(\.\d{1,10}){0,3}$/.test(host)) return undefined;
  const parts = host.split('.').map(Number);
  const last = parts.pop()!;
  const left = 4 - parts.length;
  if (parts.some((part) => part > 255) || last >= 256 ** left) return undefined;
  const rest = Array.from({ length: left }, (_, at) => Math.floor(last / 256 ** (left - 1 - at)));
  return [...parts, ...rest.map((byte) => byte % 256)].join('.');
}

/** Eight groups without leading zeros, or the IPv4 address that is mapped into one. */
function javaIpv6(host: string): string | undefined {
  const [head, tail, ...more] = host.toLowerCase().split('::').map(groupsOf);
  if (head === undefined || more.length > 0) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])];
  if (groups.some((group) => !(group <= 0xffff))) return undefined;
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return groups.slice(6).flatMap(bytesOf).join('.');
  return groups.map((group) => group.toString(16)).join(':');
}

/** The groups between colons; NaN for what is none. An IPv4 address at the end makes two. */
function groupsOf(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part, at, all) => {
    const dotted = at === all.length - 1 && part.includes('.') ? javaIpv4(part) : undefined;
    if (dotted === undefined) {
      return /^[0-9a-f]{1,4}$/.test(part) ? [Number.parseInt(part, 16)] : [Number.NaN];
    }
    const [a, b, c, d] = dotted.split('.').map(Number);
    return [a! * 256 + b!, c! * 256 + d!];
  });
}

function bytesOf(group: number): readonly number[] {
  return [group >> 8, group & 0xff];
}
