/** What requests are put together from: paths, versions, values that may be wrong. */
import { type OperationName, opcodes, operations } from '@vivarium/core/internal/wire/operations';
import { encode, type JuteType } from '@vivarium/core/internal/wire/types';
import { anyAcl, anyData, anyPath, childPath, goodPath, OPEN } from './choices.js';
import type { Random } from './random.js';
import type { About, Request } from './steps.js';

/** What the maker of requests knows and may use. */
export interface Maker {
  readonly random: Random;
  /**
   * Paths that exist as far as replies told, without the leaves of quotas: whoever writes anything
   * into those that is not a quota's text ends an Apache server.
   */
  readonly paths: readonly string[];
  /** Whether a path exists as far as replies told. */
  exists(path: string): boolean;
  /** Paths of this run that have (or had) a watch. */
  readonly watched: readonly string[];
  /** Release of the server compared with: some requests would only meet its known defects. */
  readonly old: boolean;
  nextXid(): number;
}

export type Made = Omit<Request, 'xid'> & { readonly xid?: number };
export type Make = (maker: Maker) => Made;

export const body = (name: OperationName, value: unknown): Uint8Array =>
  encode(operations[name].request as JuteType<unknown>, value);

export function request(name: OperationName, value: unknown, about: About): Made {
  const label = `${name} ${inWords(value)}`;
  return { code: opcodes[name], label, body: body(name, value), about };
}

export function inWords(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    field instanceof Uint8Array
      ? `${field.length} bytes`
      : typeof field === 'bigint'
        ? String(field)
        : field,
  );
}

export const path = (maker: Maker) => anyPath(maker.random, maker.paths);
/** A path whose watches matter more often than others'. */
export const watchedPath = (maker: Maker) =>
  maker.watched.length > 0 && maker.random.chance(0.5)
    ? maker.random.pick(maker.watched)
    : path(maker);

export function newPath(maker: Maker): string {
  const { random } = maker;
  return random.weighted<() => string>([
    [6, () => childPath(random, maker.paths)],
    [2, () => goodPath(random)],
    [2, () => path(maker)],
  ])();
}

const GOOD_FLAGS = [
  [12, 0],
  [4, 1],
  [3, 2],
  [2, 3],
] as const;
const BAD_FLAGS = [
  [1, 5],
  [1, 6],
  [1, 7],
  [1, -1],
] as const;

/** In a multi, bad flags and a null ACL fail one operation in 3.8, and the whole multi in 3.9. */
export function createValue(maker: Maker, inMulti = false) {
  const { random } = maker;
  const wrong = inMulti && maker.old ? [] : BAD_FLAGS;
  const flags: number = random.weighted([...GOOD_FLAGS, ...wrong]);
  const at = newPath(maker);
  const sequential = flags === 2 || flags === 3;
  const suffix = sequential ? random.pick(['/', '-', '/n-', '']) : '';
  const acl = anyAcl(random, maker.old) ?? (inMulti && maker.old ? OPEN : null);
  return { path: at + suffix, data: anyData(random), acl, flags };
}

export function ttlValue(maker: Maker, inMulti = false) {
  const { random } = maker;
  const ttl = random.pick([1n, 100_000n, 1_099_511_627_775n, 1_099_511_627_776n, 0n, -1n, -5n]);
  return { ...createValue(maker, inMulti), flags: random.pick([5, 5, 6]), ttl };
}

/**
 * Releases before 3.9 keep one mode of watch for each connection and path, and mix modes up; so
 * there each path is for one mode: one-shot watches, persistent ones, or recursive ones.
 */
export function allows(
  maker: Maker,
  path: string,
  mode: 'once' | 'persistent' | 'recursive',
): boolean {
  if (!maker.old) return true;
  return (['once', 'persistent', 'recursive'] as const)[path.length % 3] === mode;
}
