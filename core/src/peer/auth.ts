import { equalSecrets, textOf, utf8 } from '../base/bytes.js';
import type { Host } from '../base/host.js';
import type { Config } from '../config/config.js';
import type { Id } from '../wire/records.js';

/** Identity that every ACL lets pass. */
const SUPER: Id = { scheme: 'super', id: '' };

/**
 * The identities of a connection may take so many characters together: requests are checked against
 * all of them.
 */
const MOST_CHARACTERS = 65_536;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * The schemes by which a connection can say who it is. Identities belong to the connection; lists
 * of them are never changed, so that a request keeps those it was sent with.
 */
export class Authenticator {
  readonly #host: Host;
  readonly #config: Config;
  /** Schemes that an ACL may name. */
  readonly aclSchemes: readonly string[];

  constructor(host: Host, config: Config) {
    this.#host = host;
    this.#config = config;
    this.aclSchemes = config.digestAuthEnabled ? ['digest', 'ip'] : ['ip'];
  }

  /** What a connection is known by before it says anything. */
  identitiesAt(address: string): readonly Id[] {
    return [{ scheme: 'ip', id: address }];
  }

  /**
   * The identities after an auth packet; `undefined` when it fails, and then the connection must be
   * closed. It fails too when there are too many by now.
   */
  add(
    identities: readonly Id[],
    scheme: string | null,
    credentials: Uint8Array | null,
  ): readonly Id[] | undefined {
    if (scheme === 'ip') return identities;
    if (credentials === null) return undefined;
    if (scheme === 'digest' && this.#config.digestAuthEnabled) {
      return this.#addDigest(identities, credentials);
    }
    if (scheme === 'ensemble') {
      const names = this.#config.ensembleAuthName;
      const name = textOf(credentials);
      return names.length > 0 && (name === '' || names.includes(name)) ? identities : undefined;
    }
    return undefined;
  }

  #addDigest(identities: readonly Id[], credentials: Uint8Array): readonly Id[] | undefined {
    const text = textOf(credentials);
    const colon = text.indexOf(':');
    const user = colon === -1 ? text : text.slice(0, colon);
    const id = `${user}:${base64(this.#host.sha1(credentials))}`;
    const { superDigest } = this.#config;
    let after = withIdentity(identities, { scheme: 'digest', id });
    if (superDigest !== undefined && equalSecrets(utf8(id), utf8(superDigest))) {
      after = withIdentity(after, SUPER);
    }
    const characters = after.reduce((sum, { scheme, id }) => sum + scheme.length + id.length, 0);
    return characters > MOST_CHARACTERS ? undefined : after;
  }
}

/** Whether a list holds the super user. */
export function isSuper(identities: readonly Id[]): boolean {
  return identities.some(({ scheme }) => scheme === 'super');
}

/** What `whoAmI` shows of an identity: of a digest only the user. */
export function shownUser({ scheme, id }: Id): string {
  if (scheme !== 'digest') return id;
  const colon = id.indexOf(':');
  return colon === -1 ? id : id.slice(0, colon);
}

function withIdentity(identities: readonly Id[], added: Id): readonly Id[] {
  const isThere = identities.some(({ scheme, id }) => scheme === added.scheme && id === added.id);
  return isThere ? identities : [...identities, added];
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]!;
    text += i + 1 < bytes.length ? ALPHABET[(group >> 6) & 63]! : '=';
    text += i + 2 < bytes.length ? ALPHABET[group & 63]! : '=';
  }
  return text;
}
