import { equalBytes } from '../base/bytes.js';
import type { SessionId } from '../base/ids.js';
import { type BootDisk, type DiskStep, folders } from '../storage/disk.js';
import { SideFile } from '../storage/side-file.js';
import { MalformedError, Reader } from '../wire/reader.js';
import { boolean, bufferOrNull, long, record, type TypeOf, vector } from '../wire/types.js';
import { Writer } from '../wire/writer.js';
import type { Passwords } from './passwords.js';

/** What the servers of an ensemble must agree on, so that a session may move between them. */
const SharedSecrets = record('SharedSecrets', {
  /** The first makes passwords; all of them prove. */
  secrets: vector(bufferOrNull),
  /** Whether new sessions get ZooKeeper's computable passwords. */
  usesApacheRule: boolean,
  /** Sessions whose passwords follow that rule. */
  apacheSessions: vector(long),
});
interface SharedSecrets extends TypeOf<typeof SharedSecrets> {}

const FILE = `${folders.snapshots}vivarium-secrets`;
const DRAFT = `${FILE}.tmp`;
const LARGEST_FILE_BYTES = 64 << 20;
const SHORTEST_SECRET_BYTES = 16;
const secretsFile: SideFile<SharedSecrets> = new SideFile('VVSE', 1, SharedSecrets);

/** What a server knows of secrets when it starts. */
export interface KnownSecrets {
  readonly secrets: readonly Uint8Array[];
  /** Sessions made while ZooKeeper's rule held. */
  readonly apacheSessions: readonly SessionId[];
}

/**
 * Reads what an earlier life was told by its leader.
 *
 * @param own the secret of this data folder; a new one goes before all others
 * @param sessions all that live: those of a life under ZooKeeper's rule keep their passwords
 */
export function knownSecrets(
  disk: BootDisk,
  own: Uint8Array,
  sessions: Iterable<SessionId>,
): KnownSecrets {
  const found = disk.list(folders.snapshots).find(({ name }) => folders.snapshots + name === FILE);
  const bytes = found && disk.read(FILE, 0, Math.min(found.size, LARGEST_FILE_BYTES));
  const content = bytes && secretsFile.decode(bytes);
  if (content?.state !== 'good') return { secrets: [own], apacheSessions: [] };
  const { usesApacheRule, apacheSessions } = content.value;
  const secrets = content.value.secrets.flatMap((secret) => (secret ? [secret.slice()] : []));
  const isKnown = secrets.some((secret) => equalBytes(secret, own));
  return {
    secrets: isKnown ? secrets : [own, ...secrets],
    apacheSessions: usesApacheRule ? [...sessions] : apacheSessions,
  };
}

export interface PasswordRuleParts {
  readonly passwords: Passwords;
  readonly apacheSessions: () => Set<SessionId>;
  readonly usesApacheRule: boolean;
  /** Writes a file, before the history of a leader is acknowledged. */
  readonly write: (steps: readonly DiskStep[]) => void;
}

/** The rule by which this server makes passwords, as it leads or as its leader says. */
export class PasswordRule {
  readonly #parts: PasswordRuleParts;
  #usesApacheRule: boolean;
  /** What the file holds, or will. */
  #saved: Uint8Array | undefined;

  constructor(parts: PasswordRuleParts) {
    this.#parts = parts;
    this.#usesApacheRule = parts.usesApacheRule;
  }

  /** Whether sessions that begin now get ZooKeeper's computable passwords. */
  get usesApacheRule(): boolean {
    return this.#usesApacheRule;
  }

  /** This server leads: its config says which rule holds. Returns what learners are told. */
  asLeader(): Uint8Array {
    this.#usesApacheRule = this.#parts.usesApacheRule;
    const to = new Writer(256);
    SharedSecrets.write(to, this.#shared);
    return to.copy();
  }

  /** A session began. */
  began(session: SessionId): void {
    if (this.#usesApacheRule) this.#parts.apacheSessions().add(session);
  }

  /**
   * Takes over what a leader says.
   *
   * @throws MalformedError
   */
  adopt(data: Uint8Array): void {
    const told = SharedSecrets.read(new Reader(data));
    const secrets = told.secrets.map((secret) => {
      if (secret === null || secret.length < SHORTEST_SECRET_BYTES) {
        throw new MalformedError('a secret of session passwords is too short');
      }
      return secret.slice();
    });
    if (secrets.length === 0) throw new MalformedError('there is no secret of session passwords');
    this.#parts.passwords.adopt(secrets);
    this.#usesApacheRule = told.usesApacheRule;
    const own = this.#parts.apacheSessions();
    for (const session of told.apacheSessions) own.add(session);
    this.save();
  }

  /**
   * Keeps what is known for the next life. Without it sessions would only end; but they are to last
   * as long as what they have written: whoever has that has been told of the secret before.
   */
  save(): void {
    const bytes = secretsFile.encode(this.#shared);
    if (this.#saved !== undefined && equalBytes(this.#saved, bytes)) return;
    this.#saved = bytes;
    this.#parts.write([
      { step: 'create', file: DRAFT },
      { step: 'write', file: DRAFT, position: 0, bytes },
      { step: 'sync', file: DRAFT },
      { step: 'close', file: DRAFT },
      { step: 'rename', from: DRAFT, to: FILE },
      { step: 'sync-folder', folder: folders.snapshots },
    ]);
  }

  get #shared(): SharedSecrets {
    return {
      secrets: this.#parts.passwords.secrets,
      usesApacheRule: this.#usesApacheRule,
      apacheSessions: [...this.#parts.apacheSessions()],
    };
  }
}
