import { equalBytes, equalSecrets } from '../base/bytes.js';
import type { Host } from '../base/host.js';
import type { SessionId } from '../base/ids.js';
import { PASSWORD_LENGTH } from '../wire/connect.js';
import { Writer } from '../wire/writer.js';

/** What Apache ZooKeeper mixes into a session id before it computes the password. */
const APACHE_SALT = 0xb3415c00n;
/** The linear congruential generator of `java.util.Random`. */
const MULTIPLIER = 0x5deece66dn;
const INCREMENT = 0xbn;
const MASK = (1n << 48n) - 1n;

/** A secret that was replaced so often ago makes no password that is still in use. */
const MOST_SECRETS = 4;

/** Bytes that no session has: the password of a refused handshake. */
export const NO_PASSWORD = new Uint8Array(PASSWORD_LENGTH);

/**
 * Session passwords. ZooKeeper's are a known function of the session id, which every client can
 * read from the owner of an ephemeral node; ours are keyed with a secret that never leaves the data
 * folder. Sessions that an Apache server made keep Apache's.
 */
export class Passwords {
  readonly #host: Host;
  readonly #usesApacheRule: (session: SessionId) => boolean;
  /** The first makes passwords; all of them prove. */
  #secrets: readonly Uint8Array[];

  constructor(host: Host, secret: Uint8Array, usesApacheRule: (session: SessionId) => boolean) {
    this.#host = host;
    this.#secrets = [secret];
    this.#usesApacheRule = usesApacheRule;
  }

  /** What a leader tells its learners, so that a session's password is right everywhere. */
  get secrets(): readonly Uint8Array[] {
    return this.#secrets;
  }

  /**
   * Takes over a leader's secrets. The own one goes on proving for as long as this server runs:
   * sessions that it has made may come back.
   */
  adopt(secrets: readonly Uint8Array[]): void {
    const own = this.#secrets.filter((one) => !secrets.some((other) => equalBytes(one, other)));
    this.#secrets = [...secrets, ...own].slice(0, MOST_SECRETS);
  }

  /** The 16 bytes that prove ownership of a session. */
  of(session: SessionId): Uint8Array {
    return this.#usesApacheRule(session)
      ? apachePassword(session)
      : this.#keyed(this.#secrets[0]!, session);
  }

  /**
   * Whether `password` is the session's; takes as long for a wrong one as for the right one. A
   * keyed one always is: what Apache's files tell of a session may be one of ours, whose folder
   * was with an Apache server for a while.
   */
  isRight(session: SessionId, password: Uint8Array | null): boolean {
    if (session === 0n || password === null) return false;
    let isRight = this.#usesApacheRule(session) && equalSecrets(password, apachePassword(session));
    for (const secret of this.#secrets) {
      isRight = equalSecrets(password, this.#keyed(secret, session)) || isRight;
    }
    return isRight;
  }

  #keyed(secret: Uint8Array, session: SessionId): Uint8Array {
    const id = new Writer(8);
    id.long(session);
    return this.#host.hmacSha256(secret, id.copy()).slice(0, PASSWORD_LENGTH);
  }
}

/** The password that Apache ZooKeeper gives a session: four draws of `java.util.Random`. */
export function apachePassword(session: SessionId): Uint8Array {
  const salted = BigInt.asUintN(64, session) ^ APACHE_SALT;
  let state = (salted ^ MULTIPLIER) & MASK;
  const password = new Uint8Array(PASSWORD_LENGTH);
  for (let at = 0; at < PASSWORD_LENGTH; at += 4) {
    state = (state * MULTIPLIER + INCREMENT) & MASK;
    let drawn = Number((state >> 16n) & 0xffff_ffffn);
    for (let i = 0; i < 4; i++) {
      password[at + i] = drawn & 0xff;
      drawn >>>= 8;
    }
  }
  return password;
}

/**
 * First session id of a server's life: its number in the top byte, then 40 bits of the wall clock
 * in milliseconds, then two bytes of zeros to count in.
 */
export function firstSessionId(wall: number, serverId: number): SessionId {
  const clock = BigInt.asUintN(64, BigInt(Math.floor(wall)) << 24n) >> 8n;
  return BigInt.asIntN(64, clock | (BigInt(serverId) << 56n));
}
