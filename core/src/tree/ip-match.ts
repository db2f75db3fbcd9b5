/** Addresses of the `ip` scheme: `a.b.c.d`, `a.b.c.d/bits` and the same for IPv6. */

/** Whether the text is an address with an optional prefix length: what an ACL may hold. */
export function isIpPattern(text: string): boolean {
  return patternOf(text) !== undefined;
}

/** Whether a peer's address lies in the range that an ACL names. */
export function ipMatches(address: string, pattern: string): boolean {
  const range = patternOf(pattern);
  if (range === undefined) return false;
  const zone = address.indexOf('%');
  const bytes = bytesOf(zone === -1 ? address : address.slice(0, zone));
  if (bytes === undefined || bytes.length !== range.bytes.length) return false;
  for (let bit = 0; bit < range.bits; bit += 8) {
    const mask = range.bits - bit >= 8 ? 0xff : (0xff00 >> (range.bits - bit)) & 0xff;
    if (((bytes[bit >> 3]! ^ range.bytes[bit >> 3]!) & mask) !== 0) return false;
  }
  return true;
}

function patternOf(text: string): { bytes: readonly number[]; bits: number } | undefined {
  const slash = text.indexOf('/');
  const bytes = bytesOf(slash === -1 ? text : text.slice(0, slash));
  if (bytes === undefined) return undefined;
  if (slash === -1) return { bytes, bits: bytes.length * 8 };
  const digits = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(digits)) return undefined;
  const bits = Number(digits);
  return bits <= bytes.length * 8 ? { bytes, bits } : undefined;
}

function bytesOf(text: string): readonly number[] | undefined {
  return text.includes(':') ? v6BytesOf(text) : v4BytesOf(text);
}

function v4BytesOf(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function v6BytesOf(text: string): readonly number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const groups = [...left!, ...(right ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const missing = 8 - groups.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...left!, ...new Array<string>(missing).fill('0'), ...(right ?? [])];
  return all.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
