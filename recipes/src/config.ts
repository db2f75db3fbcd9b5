/**
 * Configuration that changes while programs run, checked when it is written and when it is read.
 *
 * Nodes: `path` itself, persistent, the value in force; below it, for the time of a change, an
 * ephemeral marker `_op_<guid>`.
 *
 * Connected, every change is told. Suspended the last good value stays in force, and changes wait.
 * When the session is lost nothing changes for readers; a change whose answer was outstanding ends
 * with UNKNOWN_OUTCOME, unless the node tells what came of it.
 */

import type { Acl, Client, Codec, NodeSnapshot, StandardSchema } from '@vivarium/core';
import { Observable } from 'rxjs';
import { changeOnce } from './shared/change-once.js';
import { codecOf, encoded } from './shared/format.js';
import { assertNodePath } from './shared/node-path.js';
import { patienceOf, type WaitOptions, whicheverFirst } from './shared/patience.js';
import type { StoredNode } from './shared/stored-node.js';

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

/**
 * Changes a configuration: reads it, lets `change` make the new value, checks and writes that, all
 * again when somebody else has written in between. `change` gets undefined when there is no node
 * or its data is invalid; it may run several times. Makes the node and its folders when missing.
 *
 * The new value is what is stored when this resolves, and `change` has been applied exactly once,
 * also when the answer was lost. Given up by `signal` or `timeoutMs` it is not applied, unless it
 * was sent already. For that a marker stands below the node while it is written; where we may not
 * make one, a lost answer is an UNKNOWN_OUTCOME as soon as anybody has written since.
 *
 * @throws ZkError BAD_ARGUMENTS when the format refuses the new value, NO_AUTH, SESSION_EXPIRED
 *   when the client is closed; RecipeError UNKNOWN_OUTCOME when the session ended with the answer
 *   outstanding, or there was no marker, and the node was written since, CONFLICT after a hundred
 *   turns, TIMED_OUT; the reason of `options.signal`; what `change` throws
 */
export async function updateConfig<T>(
  zk: Client,
  path: string,
  format: ConfigFormat<T>,
  change: (value: T | undefined) => T,
  options: UpdateOptions = {},
): Promise<T> {
  assertNodePath(zk, path, 'updateConfig');
  const { acl, ...waiting } = options;
  const patience = patienceOf(zk, path, waiting);
  const { signal } = patience;
  const codec = codecOf(format);
  let value: T | undefined;
  const make = (now: StoredNode | undefined) => {
    value = change(now === undefined ? undefined : valueIn(now, codec));
    return encoded(path, codec, value);
  };
  try {
    // The marker does not stay: whoever keeps a configuration may want to delete it.
    const how = { lingerMs: 0, isMarkerOptional: true };
    await whicheverFirst(changeOnce(zk, path, { make, acl, signal, ...how }), signal);
    return value as T;
  } finally {
    patience.end();
  }
}

/** Undefined when the codec refuses it. */
function valueIn<T>({ bytes }: StoredNode, codec: Codec<T>): T | undefined {
  try {
    return codec.decode(bytes);
  } catch {
    return undefined;
  }
}
