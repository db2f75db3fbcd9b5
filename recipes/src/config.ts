import type { Acl, Client, Codec, NodeSnapshot, StandardSchema, Stat } from '@vivarium/core';
import { isZkError, json } from '@vivarium/core';
import { Observable } from 'rxjs';
import { RecipeError } from './errors.js';
import { wasCutOff } from './shared/doubt.js';
import { ensureFolder } from './shared/folder.js';
import { parentOf } from './shared/paths.js';
import { patienceOf, type WaitOptions } from './shared/patience.js';
import { currentSession, sessionEnd } from './shared/sessions.js';

/** How a configuration is written and checked: a schema over JSON, or any codec. */
export type ConfigFormat<T> = StandardSchema<T> | Codec<T>;

export interface ConfigOptions<T> {
  /** The value as long as no valid one was seen. */
  readonly fallback: T;
}

/** What is in force, and why. */
export interface ConfigState<T> {
  /** Always valid. */
  readonly value: T;
  /** `live`: as stored now. `lastGood`: as stored before. `fallback`: none was ever seen. */
  readonly source: 'live' | 'lastGood' | 'fallback';
  /** What is stored: a valid value, none, or something that the format refuses. */
  readonly stored: 'valid' | 'absent' | 'invalid';
  /** Why the stored bytes were refused. */
  readonly error: unknown;
  /** Version of the node; undefined when it is absent. */
  readonly version: number | undefined;
}

/**
 * Configuration that changes while programs run: the value of a node, checked, and never worse
 * than the last good one.
 *
 * Cold, over a watch that all subscribers of the path share. Emits as soon as the node was read,
 * then after each change; invalid data and a missing node change `stored` and `source`, never the
 * value. Silent while disconnected, and consistent again after. Errors only when the node may not
 * be read; completes when the client is closed.
 */
export function config$<T>(
  zk: Client,
  path: string,
  format: ConfigFormat<T>,
  { fallback }: ConfigOptions<T>,
): Observable<ConfigState<T>> {
  const stream = zk.node$(path, { codec: codecOf(format) });
  return new Observable((subscriber) => {
    let good: { readonly value: T } | undefined;
    return stream.subscribe({
      next(snapshot) {
        if (snapshot.kind === 'present') good = { value: snapshot.data };
        subscriber.next(stateOf(snapshot, good, fallback));
      },
      error: (error) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
  });
}

function stateOf<T>(
  snapshot: NodeSnapshot<T>,
  good: { readonly value: T } | undefined,
  fallback: T,
): ConfigState<T> {
  const error = snapshot.kind === 'invalid' ? snapshot.error : undefined;
  const version = snapshot.kind === 'absent' ? undefined : snapshot.stat.version;
  if (snapshot.kind === 'present') {
    return { value: snapshot.data, source: 'live', stored: 'valid', error, version };
  }
  const value = good === undefined ? fallback : good.value;
  const source = good === undefined ? 'fallback' : 'lastGood';
  return { value, source, stored: snapshot.kind, error, version };
}

export interface UpdateOptions extends WaitOptions {
  /** Of the node, if it has to be made; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
}

/** How often an update begins again because others wrote at the same time. */
const UPDATE_TURNS = 100;

/**
 * Changes a configuration: reads it, lets `change` make the new value, checks and writes that, all
 * again when somebody else has written in between. `change` gets undefined when there is no node
 * or its data is invalid; it may run several times. Makes the node and its folders when missing.
 *
 * The new value is what is stored when this resolves, and `change` has been applied exactly once.
 * When the connection was lost and somebody has written since, whether this write was among them
 * cannot be told: then it rejects instead of perhaps doing it twice.
 *
 * @throws ZkError BAD_ARGUMENTS when the format refuses the new value, NO_AUTH; RecipeError
 *   UNKNOWN_OUTCOME, CONFLICT after a hundred turns, TIMED_OUT; the reason of `options.signal`;
 *   what `change` throws
 */
export async function updateConfig<T>(
  zk: Client,
  path: string,
  format: ConfigFormat<T>,
  change: (value: T | undefined) => T,
  options: UpdateOptions = {},
): Promise<T> {
  const { acl, ...waiting } = options;
  const patience = patienceOf(zk, path, waiting);
  const { signal } = patience;
  const codec = codecOf(format);
  try {
    for (let turn = 0; turn < UPDATE_TURNS; turn++) {
      const session = await currentSession(zk, signal);
      const before = await readStored(zk, path, codec, signal);
      const value = change(before.value);
      try {
        if (before.stat === undefined) await zk.create(path, value, { codec, acl, signal });
        else await zk.set(path, value, { codec, version: before.stat.version, signal });
        return value;
      } catch (error) {
        if (wasCutOff(error)) {
          await assertUntouched(zk, path, before.stat, signal, error);
        } else if (isZkError(error, 'NO_NODE') && before.stat === undefined) {
          await ensureFolder(zk, parentOf(path), { signal, acl });
        } else if (isZkError(error, 'SESSION_EXPIRED')) {
          await sessionEnd(zk, session, signal);
        } else if (!isZkError(error, 'BAD_VERSION', 'NODE_EXISTS', 'NO_NODE')) {
          throw error;
        }
      }
    }
    throw new RecipeError('CONFLICT', path);
  } finally {
    patience.end();
  }
}

interface Stored<T> {
  readonly value: T | undefined;
  readonly stat: Stat | undefined;
}

async function readStored<T>(
  zk: Client,
  path: string,
  codec: Codec<T>,
  signal: AbortSignal,
): Promise<Stored<T>> {
  let found: { readonly data: Uint8Array; readonly stat: Stat };
  try {
    found = await zk.get(path, { signal });
  } catch (error) {
    if (isZkError(error, 'NO_NODE')) return { value: undefined, stat: undefined };
    throw error;
  }
  try {
    return { value: codec.decode(found.data), stat: found.stat };
  } catch {
    return { value: undefined, stat: found.stat };
  }
}

/** After a write whose answer was lost: it has not happened if nothing has. @throws otherwise */
async function assertUntouched(
  zk: Client,
  path: string,
  before: Stat | undefined,
  signal: AbortSignal,
  cause: unknown,
): Promise<void> {
  await zk.sync(path, { signal });
  const now = await zk.exists(path, { signal });
  const isSame = now?.czxid === before?.czxid && now?.mzxid === before?.mzxid;
  if (!isSame) throw new RecipeError('UNKNOWN_OUTCOME', path, { cause });
}

function codecOf<T>(format: ConfigFormat<T>): Codec<T> {
  return '~standard' in format ? json(format) : format;
}
