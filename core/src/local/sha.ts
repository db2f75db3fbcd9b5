/** SHA-1, SHA-256 and HMAC without a host: small and plain, for servers in memory. */

/** What the two hashes differ in. */
interface Hash {
  readonly initial: readonly number[];
  /** Mixes a block of 16 words into the state. */
  mix(state: Uint32Array, words: Uint32Array): void;
}

const BLOCK_BYTES = 64;

/** SHA-1 (FIPS 180-4), 20 bytes. */
export function sha1(bytes: Uint8Array): Uint8Array {
  return digest(SHA1, bytes);
}

/** SHA-256 (FIPS 180-4), 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return digest(SHA256, bytes);
}

/** HMAC (RFC 2104) with SHA-256, 32 bytes. */
export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? sha256(key) : key);
  const inner = sha256(joined(xored(block, 0x36), bytes));
  return sha256(joined(xored(block, 0x5c), inner));
}

function digest(hash: Hash, bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array((Math.floor((bytes.length + 8) / BLOCK_BYTES) + 1) * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 0x2000_0000));
  view.setUint32(padded.length - 4, (bytes.length << 3) >>> 0);
  const state = Uint32Array.from(hash.initial);
  const words = new Uint32Array(BLOCK_BYTES / 4);
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) {
    for (let word = 0; word < words.length; word++) words[word] = view.getUint32(at + 4 * word);
    hash.mix(state, words);
  }
  const out = new Uint8Array(4 * state.length);
  const outView = new DataView(out.buffer);
  for (const [index, word] of state.entries()) outView.setUint32(4 * index, word);
  return out;
}

const SHA1: Hash = {
  initial: [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0],
  mix(state, words) {
    const schedule = new Uint32Array(80);
    schedule.set(words);
    for (let t = 16; t < 80; t++) {
      const mixed = schedule[t - 3]! ^ schedule[t - 8]! ^ schedule[t - 14]! ^ schedule[t - 16]!;
      schedule[t] = left(mixed, 1);
    }
    let [a, b, c, d, e] = state as unknown as [number, number, number, number, number];
    for (let t = 0; t < 80; t++) {
      const [f, k] =
        t < 20
          ? [(b & c) | (~b & d), 0x5a827999]
          : t < 40
            ? [b ^ c ^ d, 0x6ed9eba1]
            : t < 60
              ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
              : [b ^ c ^ d, 0xca62c1d6];
      const next = (left(a, 5) + f + e + k + schedule[t]!) >>> 0;
      e = d;
      d = c;
      c = left(b, 30);
      b = a;
      a = next;
    }
    add(state, [a, b, c, d, e]);
  },
};

/** The first 32 bits of the fractional parts of a root of each of the first primes. */
function fractions(count: number, root: (prime: number) => number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) {
    let isPrime = true;
    for (let by = 2; by * by <= n; by++) isPrime &&= n % by !== 0;
    if (isPrime) found.push(Math.floor((root(n) % 1) * 0x1_0000_0000));
  }
  return found;
}

const K256 = fractions(64, Math.cbrt);

const SHA256: Hash = {
  initial: fractions(8, Math.sqrt),
  mix(state, words) {
    const w = new Uint32Array(64);
    w.set(words);
    for (let t = 16; t < 64; t++) {
      const early = w[t - 15]!;
      const late = w[t - 2]!;
      const s0 = right(early, 7) ^ right(early, 18) ^ (early >>> 3);
      const s1 = right(late, 17) ^ right(late, 19) ^ (late >>> 10);
      w[t] = w[t - 16]! + s0 + w[t - 7]! + s1;
    }
    const v = Array.from(state);
    for (let t = 0; t < 64; t++) {
      const [a, b, c, d, e, f, g, h] = v as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const s1 = right(e, 6) ^ right(e, 11) ^ right(e, 25);
      const chosen = (e & f) ^ (~e & g);
      const one = (h + s1 + chosen + K256[t]! + w[t]!) >>> 0;
      const s0 = right(a, 2) ^ right(a, 13) ^ right(a, 22);
      const most = (a & b) ^ (a & c) ^ (b & c);
      v.unshift((one + s0 + most) >>> 0);
      v.pop();
      v[4] = (d + one) >>> 0;
    }
    add(state, v);
  },
};

function left(word: number, by: number): number {
  return ((word << by) | (word >>> (32 - by))) >>> 0;
}

function right(word: number, by: number): number {
  return ((word >>> by) | (word << (32 - by))) >>> 0;
}

function add(state: Uint32Array, words: readonly number[]): void {
  for (const [index, word] of words.entries()) state[index] = state[index]! + word;
}

function xored(bytes: Uint8Array, by: number): Uint8Array {
  return bytes.map((byte) => byte ^ by);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
