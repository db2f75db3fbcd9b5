/**
 * Repeatable randomness (xoshiro128**). A run draws from many independent streams, one for each
 * purpose, so that a change in one of them does not shift what the others give.
 */
export class Random {
  readonly #state: Uint32Array;

  /** @param purpose any text; streams of different purposes have nothing to do with each other */
  constructor(seed: number, purpose: string) {
    this.#state = new Uint32Array(4);
    let hash = mix(seed >>> 0, Math.floor(seed / 0x1_0000_0000));
    for (let at = 0; at < purpose.length; at++) hash = mix(hash, purpose.charCodeAt(at));
    for (let at = 0; at < 4; at++) {
      hash = mix(hash, at + 1);
      this.#state[at] = hash;
    }
    // The generator stands still when every word is zero.
    this.#state[0] = (this.#state[0] as number) | 1;
  }

  /** 32 unsigned bits. */
  bits(): number {
    const s = this.#state;
    const [a, b, c, d] = s as unknown as [number, number, number, number];
    const five = Math.imul(b, 5);
    const drawn = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const d1 = d ^ b;
    const c1 = c ^ a;
    s[0] = a ^ d1;
    s[1] = b ^ c1;
    s[2] = c1 ^ (b << 9);
    s[3] = (d1 << 11) | (d1 >>> 21);
    return drawn;
  }

  /** A whole number from `from` up to and including `to`. */
  between(from: number, to: number): number {
    return from + Math.floor((this.bits() / 0x1_0000_0000) * (to - from + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.bits() / 0x1_0000_0000 < probability;
  }

  /** One of them. */
  pick<T>(choices: readonly [T, ...T[]] | readonly T[]): T {
    if (choices.length === 0) throw new RangeError('there is nothing to pick from');
    return choices[this.between(0, choices.length - 1)] as T;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.bits() & 0xff);
  }
}

/** Folds a number into a 32-bit hash; order matters. */
export function mix(hash: number, value: number): number {
  let h = Math.imul(hash ^ value, 0x85ebca6b) + 0x9e3779b9;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
