/**
 * Several documents of configuration that are changed together and seen together.
 *
 * Nodes: `folder/<name>` for each document, persistent, as that of a configuration; nothing else.
 *
 * Connected, a change of several documents in one multi is told as one change. Suspended nothing
 * is told and the last state holds; after it, and when the session is lost in the next one, what is
 * stored then is told, together again.
 *
 * How a half is kept from readers without a node that all writers must write: the documents are
 * watched each by itself, and when one has changed, all are looked at. If none has changed since
 * its data was read, then all that data was stored at the moment when the last of it was read; if
 * one has, its watch will tell, and only what was read then is handed on. So this holds for any
 * multi of any client, and costs writers nothing.
 */
import type { Client, NodeSnapshot } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { Observable, Subscription } from 'rxjs';
import { isPassing } from '../shared/doubt.js';
import { pause } from '../shared/pause.js';
import { type ConfigDocument, type ConfigSetFormats, documentsOf } from './documents.js';

export interface ConfigSetOptions<T> {
  /** All documents, as long as no valid set was seen. */
  readonly fallback: T;
}

/** Which set is in force, and why. */
export interface ConfigSetState<T> {
  /** Always valid, and always of one moment. */
  readonly value: T;
  /** `live`: as stored now. `lastGood`: as stored before. `fallback`: none was ever seen. */
  readonly source: 'live' | 'lastGood' | 'fallback';
  /** What is stored: all documents and valid, or some absent, or some that a format refuses. */
  readonly stored: 'valid' | 'absent' | 'invalid';
  /** Names of the documents that are absent. */
  readonly absent: readonly (keyof T & string)[];
  /** Why documents were refused, by name. */
  readonly invalid: ReadonlyMap<keyof T & string, unknown>;
  /** zxid of the newest write to any of the documents that are there; 0 when there is none. */
  readonly mzxid: bigint;
}

/**
 * The documents of a folder as one: all as stored at one moment, checked, and never worse than the
 * last good set. A set is good when every document is there and valid; if one is not, the whole
 * set before stays in force, since nobody has chosen a mixture.
 *
 * Cold, over watches that all subscribers of the documents share. Emits as soon as all were read,
 * then after each change; of many quick ones the last. Silent while disconnected, and consistent
 * again after. Errors only when a document may not be read; completes when the client is closed.
 *
 * @throws ZkError BAD_ARGUMENTS, at the call, for a folder or names that are none
 */
export function configSet$<T extends object>(
  zk: Client,
  folder: string,
  formats: ConfigSetFormats<T>,
  { fallback }: ConfigSetOptions<NoInfer<T>>,
): Observable<ConfigSetState<T>> {
  const documents = documentsOf(zk, folder, formats);
  const streams = documents.map(({ path, codec }) => zk.node$(path, { codec, whileStale: 'wait' }));
  return new Observable((subscriber) => {
    const known = new Map<string, NodeSnapshot<T[keyof T & string]>>();
    let told: readonly string[] | undefined;
    let good: { readonly value: T } | undefined;
    let isLooking = false;
    let isDue = false;

    const look = async () => {
      isDue = true;
      if (isLooking || known.size < documents.length) return;
      isLooking = true;
      try {
        while (isDue && !subscriber.closed) {
          isDue = false;
          const snapshots = documents.map(({ path }) => known.get(path)!);
          if (!(await areStored(zk, snapshots, () => subscriber.closed))) continue;
          const states = snapshots.map(stateOf);
          if (states.every((state, at) => state === told?.[at])) continue;
          told = states;
          const value = wholeOf(documents, snapshots);
          if (value !== undefined) good = { value };
          const state = { good, fallback, isLive: value !== undefined };
          subscriber.next(setStateOf(documents, snapshots, state));
        }
      } catch (error) {
        // A client that was closed completes the streams.
        if (!isZkError(error, 'SESSION_EXPIRED')) subscriber.error(error);
      } finally {
        isLooking = false;
      }
    };

    const all = new Subscription();
    for (const [at, stream] of streams.entries()) {
      all.add(
        stream.subscribe({
          next(snapshot) {
            known.set(documents[at]!.path, snapshot);
            void look();
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    }
    return all;
  });
}

/** Whether all of these are stored still, none of them changed since it was read. */
async function areStored(
  zk: Client,
  snapshots: readonly NodeSnapshot<unknown>[],
  isOver: () => boolean,
): Promise<boolean> {
  while (!isOver()) {
    try {
      const stats = await Promise.all(snapshots.map(({ path }) => zk.exists(path)));
      return snapshots.every((snapshot, at) => {
        const before = snapshot.kind === 'absent' ? undefined : snapshot.stat;
        const now = stats[at];
        return now?.czxid === before?.czxid && now?.mzxid === before?.mzxid;
      });
    } catch (error) {
      if (!isPassing(error)) throw error;
      await pause(zk);
    }
  }
  return false;
}

/** Tells one state of a document from another. */
function stateOf(snapshot: NodeSnapshot<unknown>): string {
  if (snapshot.kind === 'absent') return snapshot.kind;
  return `${snapshot.stat.czxid} ${snapshot.stat.mzxid}`;
}

/** Undefined unless all documents are there and valid. */
function wholeOf<T>(
  documents: readonly ConfigDocument<T>[],
  snapshots: readonly NodeSnapshot<T[keyof T & string]>[],
): T | undefined {
  const value: Partial<T> = {};
  for (const [at, snapshot] of snapshots.entries()) {
    if (snapshot.kind !== 'present') return undefined;
    value[documents[at]!.name] = snapshot.data;
  }
  return value as T;
}

interface InForce<T> {
  readonly good: { readonly value: T } | undefined;
  readonly fallback: T;
  readonly isLive: boolean;
}

function setStateOf<T>(
  documents: readonly ConfigDocument<T>[],
  snapshots: readonly NodeSnapshot<T[keyof T & string]>[],
  { good, fallback, isLive }: InForce<T>,
): ConfigSetState<T> {
  const absent: (keyof T & string)[] = [];
  const invalid = new Map<keyof T & string, unknown>();
  let mzxid = 0n;
  for (const [at, snapshot] of snapshots.entries()) {
    const { name } = documents[at]!;
    if (snapshot.kind === 'absent') absent.push(name);
    else if (snapshot.stat.mzxid > mzxid) mzxid = snapshot.stat.mzxid;
    if (snapshot.kind === 'invalid') invalid.set(name, snapshot.error);
  }
  const stored = invalid.size > 0 ? 'invalid' : absent.length > 0 ? 'absent' : 'valid';
  const value = good === undefined ? fallback : good.value;
  const source = isLive ? 'live' : good === undefined ? 'fallback' : 'lastGood';
  return { value, source, stored, absent, invalid, mzxid };
}
