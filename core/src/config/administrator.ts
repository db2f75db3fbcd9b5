/**
 * An administrator as a config names one: `name:scrypt:N:r:p:salt:hash`. N, r and p are what the
 * hash costs, salt and hash are base64url. The password itself is nowhere.
 */
export interface Administrator {
  readonly name: string;
  /** Cost in processor time and memory: a power of two. */
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelism: number;
  /** base64url. */
  readonly salt: string;
  readonly hash: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;
const BASE64URL = /^[A-Za-z0-9_-]{22,128}$/;
/** Bounds of what a login may cost: 128 × N × r bytes, so at most 256 MiB. */
const LARGEST_COST = 2 ** 18;
const LARGEST_BLOCK = 16;
const LARGEST_PARALLELISM = 4;
const LARGEST_MEMORY = 2 ** 28;

/** Whether a text may be an administrator's name. */
export function isAdministratorName(name: string): boolean {
  return NAME.test(name);
}

/** Reads one administrator; `undefined` when the text is none, or would cost too much to check. */
export function readAdministrator(text: string): Administrator | undefined {
  const parts = text.split(':');
  if (parts.length !== 7) return undefined;
  const [name = '', scheme, n = '', r = '', p = '', salt = '', hash = ''] = parts;
  if (scheme !== 'scrypt' || !NAME.test(name)) return undefined;
  if (!BASE64URL.test(salt) || !BASE64URL.test(hash)) return undefined;
  if (![n, r, p].every((number) => /^[1-9]\d{0,6}$/.test(number))) return undefined;
  const [cost, blockSize, parallelism] = [Number(n), Number(r), Number(p)];
  const isPower = cost > 1 && Number.isInteger(Math.log2(cost));
  if (!isPower || cost > LARGEST_COST || blockSize > LARGEST_BLOCK) return undefined;
  if (parallelism > LARGEST_PARALLELISM || 128 * cost * blockSize > LARGEST_MEMORY) {
    return undefined;
  }
  return { name, cost, blockSize, parallelism, salt, hash };
}

/** The text of an administrator; {@link readAdministrator} reads it. */
export function writeAdministrator(one: Administrator): string {
  const { name, cost, blockSize, parallelism, salt, hash } = one;
  return `${name}:scrypt:${cost}:${blockSize}:${parallelism}:${salt}:${hash}`;
}
