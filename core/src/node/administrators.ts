import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { type Administrator, readAdministrator } from '../config/administrator.js';

/** What a new password costs to check: some 50 ms of a processor and 32 MiB, for the moment. */
const COST = 2 ** 15;
const BLOCK_SIZE = 8;
const PARALLELISM = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Logins that may wait for their check. */
const MAX_WAITING = 8;
/** After a wrong password the next check waits so long: guessing costs time. */
const PAUSE_MS = 1_000;
/** How long a password that was right needs no new check, and for how many that is remembered. */
const REMEMBERED_MS = 300_000;
const MAX_REMEMBERED = 16;
/** No real name and password are longer. */
const LONGEST_CREDENTIALS = 1_024;

/** What became of an attempt to say who one is. */
export type Login =
  | { readonly result: 'known'; readonly name: string }
  | { readonly result: 'wrong' }
  | { readonly result: 'busy' };

/**
 * Checks the passwords of administrators, one after the other and in the thread pool: whoever sends
 * many wrong ones keeps one thread busy for a twentieth of the time, and nobody else.
 */
export class Administrators {
  readonly #byName: ReadonlyMap<string, Administrator>;
  /** Checked for names that nobody has, so that they cannot be told from others by the time. */
  readonly #nobody: Administrator;
  readonly #remembered = new Map<string, { readonly name: string; readonly until: number }>();
  /** Makes what is remembered useless outside this process. */
  readonly #pepper = randomBytes(32);
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param lines as in the config; each was checked when that was read */
  constructor(lines: readonly string[]) {
    const all = lines.map((line) => readAdministrator(line)).filter((one) => one !== undefined);
    this.#byName = new Map(all.map((one) => [one.name, one]));
    this.#nobody = all[0] ?? placeholder();
  }

  /** Looks at an `Authorization` header. @throws when the hash cannot be computed */
  async login(header: string): Promise<Login> {
    const given = readBasic(header);
    if (given === undefined || this.#byName.size === 0) return { result: 'wrong' };
    const key = createHash('sha256').update(this.#pepper).update(header).digest('base64');
    const known = this.#remembered.get(key);
    if (known !== undefined && known.until > performance.now()) {
      return { result: 'known', name: known.name };
    }
    if (this.#waiting >= MAX_WAITING) return { result: 'busy' };
    this.#waiting++;
    const check = this.#last
      .then(() => this.#check(given.name, given.password))
      .finally(() => this.#waiting--);
    this.#last = check.then((isRight) => (isRight ? undefined : pause()), pause);
    if (!(await check)) return { result: 'wrong' };
    this.#remember(key, given.name);
    return { result: 'known', name: given.name };
  }

  async #check(name: string, password: string): Promise<boolean> {
    const administrator = this.#byName.get(name);
    const { salt, hash, ...costs } = administrator ?? this.#nobody;
    const wanted = Buffer.from(hash, 'base64url');
    const made = await hashOf(password, Buffer.from(salt, 'base64url'), wanted.length, costs);
    return timingSafeEqual(made, wanted) && administrator !== undefined;
  }

  #remember(key: string, name: string): void {
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= MAX_REMEMBERED && oldest !== undefined) {
      this.#remembered.delete(oldest);
    }
    this.#remembered.set(key, { name, until: performance.now() + REMEMBERED_MS });
  }
}

/** Makes an administrator of a name and a password. */
export async function makeAdministrator(name: string, password: string): Promise<Administrator> {
  const salt = randomBytes(SALT_BYTES);
  const costs = { cost: COST, blockSize: BLOCK_SIZE, parallelism: PARALLELISM };
  const hash = await hashOf(password, salt, HASH_BYTES, costs);
  return { name, ...costs, salt: salt.toString('base64url'), hash: hash.toString('base64url') };
}

type Costs = Pick<Administrator, 'cost' | 'blockSize' | 'parallelism'>;

function hashOf(
  password: string,
  salt: Buffer,
  length: number,
  { cost, blockSize, parallelism }: Costs,
): Promise<Buffer> {
  const maxmem = 128 * cost * blockSize * 2;
  const options = { N: cost, r: blockSize, p: parallelism, maxmem };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, length, options, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });
}

/** Name and password of HTTP Basic; `undefined` when the header is none. */
function readBasic(
  header: string,
): { readonly name: string; readonly password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(header)?.[1];
  if (encoded === undefined || encoded.length > LONGEST_CREDENTIALS) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

function placeholder(): Administrator {
  const salt = randomBytes(SALT_BYTES).toString('base64url');
  const hash = randomBytes(HASH_BYTES).toString('base64url');
  return { name: '', cost: COST, blockSize: BLOCK_SIZE, parallelism: PARALLELISM, salt, hash };
}

/** It keeps no process alive. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, PAUSE_MS).unref();
  });
}
