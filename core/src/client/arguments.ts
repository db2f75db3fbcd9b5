/** Checks of what callers give; all throw `BAD_ARGUMENTS` before anything is sent. */
import { pathProblem } from '../base/path.js';
import type { CreateMode } from '../wire/create-modes.js';
import { createModes } from '../wire/create-modes.js';
import { permissions } from '../wire/permissions.js';
import type { Acl, Credential, NodeData } from './api.js';
import type { Codec } from './codecs.js';
import type { ErrorFacts } from './errors.js';
import { ZkError } from './errors.js';

const LAST_VERSION = 0x7fff_ffff;
/** The longest time to live that ZooKeeper's node format has room for. */
const MAX_TTL_MS = 0xff_ffff_ffff;
const encoder = new TextEncoder();

function bad(facts: ErrorFacts, reason: string, cause?: unknown): ZkError {
  return new ZkError('BAD_ARGUMENTS', { ...facts, reason, cause });
}

export function checkPath(path: string, facts: ErrorFacts, isSequential = false): void {
  if (typeof path !== 'string') throw bad(facts, `the path is ${typeof path}, not a string`);
  // The number that the server appends may follow a slash.
  const problem = pathProblem(isSequential ? `${path}1` : path);
  if (problem !== undefined) throw bad(facts, problem);
}

/** Checks that a word is a row of a table. */
export function oneOf(word: string, table: object, what: string, facts: ErrorFacts): void {
  if (Object.hasOwn(table, word)) return;
  throw bad(facts, `${what} ${word} is none of ${Object.keys(table).join(', ')}`);
}

/** The version to send; -1 when any will do. */
export function versionOf(version: number | undefined, facts: ErrorFacts): number {
  if (version === undefined) return -1;
  if (Number.isInteger(version) && version >= -1 && version <= LAST_VERSION) return version;
  throw bad(facts, `version ${version} is not a whole number of 32 bits, or -1 for any`);
}

/** The mode and its time to live. */
export function modeOf(
  name: CreateMode | undefined,
  ttlMs: number | undefined,
  facts: ErrorFacts,
): { readonly flag: number; readonly mode: CreateMode; readonly ttlMs: number } {
  const mode = name ?? 'persistent';
  oneOf(mode, createModes, 'mode', facts);
  const row = createModes[mode];
  if (!row.ttl && ttlMs !== undefined) throw bad(facts, `mode ${mode} has no time to live`);
  if (row.ttl && !(Number.isInteger(ttlMs) && ttlMs! > 0 && ttlMs! <= MAX_TTL_MS)) {
    throw bad(facts, `mode ${mode} needs ttlMs, a whole number from 1 to ${MAX_TTL_MS}`);
  }
  return { flag: row.flag, mode, ttlMs: ttlMs ?? 0 };
}

/** The bytes of a value, by its codec. Left out, a value is no bytes; null stays null. */
export function encoded<T>(
  value: T | undefined,
  codec: Codec<T> | undefined,
  facts: ErrorFacts,
): Uint8Array | null {
  if (codec === undefined) return plainBytes(value as NodeData | undefined, facts);
  let bytes: Uint8Array;
  try {
    bytes = codec.encode(value as T);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw bad(facts, `the ${codec.name} codec refuses the value: ${message}`, error);
  }
  if (bytes instanceof Uint8Array) return bytes;
  throw bad(facts, `the ${codec.name} codec made ${typeof bytes} of the value, not bytes`);
}

/** The ACL to send: entries that mean something to a server, though it may refuse them. */
export function aclOf(acl: readonly Acl[], facts: ErrorFacts): readonly Acl[] {
  if (!Array.isArray(acl)) throw bad(facts, 'the ACL is not a list of entries');
  for (const entry of acl as readonly (Partial<Acl> | null)[]) {
    const { perms, id } = entry ?? {};
    if (!Number.isInteger(perms) || perms! < 0 || perms! > permissions.all) {
      throw bad(facts, `permissions ${perms} of the ACL are not a sum of those that there are`);
    }
    if (typeof id?.scheme !== 'string' || typeof id.id !== 'string') {
      throw bad(facts, 'an entry of the ACL has no id with two texts, scheme and id');
    }
  }
  return acl;
}

/** Checks a list of operations. */
export function checkOps(ops: readonly object[], facts: ErrorFacts): void {
  if (!Array.isArray(ops)) throw bad(facts, 'the operations are not a list');
  for (const [index, op] of ops.entries()) {
    if (typeof op !== 'object' || op === null) {
      throw bad({ ...facts, index }, `operation ${index} is ${String(op)}`);
    }
  }
}

/** Checks what is to be called later. */
export function checkCallable(given: unknown, what: string, facts: ErrorFacts): void {
  if (typeof given === 'function') return;
  throw bad(facts, `${what} is ${typeof given}, not a function`);
}

/** The credential with its bytes. */
export function credentialOf(
  given: Credential,
  facts: ErrorFacts,
): { readonly scheme: string; readonly auth: Uint8Array } {
  const { scheme, auth } = (given ?? {}) as Partial<Credential>;
  if (typeof scheme !== 'string' || scheme === '') {
    throw bad(facts, 'a credential needs a scheme, such as digest');
  }
  if (typeof auth === 'string') return { scheme, auth: encoder.encode(auth) };
  if (auth instanceof Uint8Array) return { scheme, auth: auth.slice() };
  throw bad(facts, `auth of the ${scheme} credential is ${typeof auth}, not text or bytes`);
}

function plainBytes(value: NodeData | undefined, facts: ErrorFacts): Uint8Array | null {
  if (value === undefined) return NOTHING;
  if (value === null || value instanceof Uint8Array) return value;
  if (typeof value === 'string') return encoder.encode(value);
  throw bad(facts, `data is ${typeof value}; give bytes, a string or null, or a codec`);
}

const NOTHING = new Uint8Array(0);
