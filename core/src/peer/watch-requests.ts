import { codes, OK } from '../base/errors.js';
import { addWatchModes, watcherTypes } from '../wire/events.js';
import { operations } from '../wire/operations.js';
import type { Reader } from '../wire/reader.js';
import type { Writer } from '../wire/writer.js';
import type { ReadOrigin, ReadService } from './read-handler.js';

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(watcherTypes));

/** Sets a watch that stays; the node need not exist and no permission is asked. */
export function serveAddWatch(
  { watches }: ReadService,
  { connection }: ReadOrigin,
  from: Reader,
  to: Writer,
): number {
  const { path, mode } = operations.addWatch.request.read(from);
  if (mode !== addWatchModes.persistent && mode !== addWatchModes.persistentRecursive) {
    return codes.MARSHALLING_ERROR;
  }
  const isRecursive = mode === addWatchModes.persistentRecursive;
  watches.add(connection.id, path, isRecursive ? 'persistentRecursive' : 'persistent');
  operations.addWatch.response.write(to, { err: OK });
  return OK;
}

/** Says whether this connection has such a watch. */
export function serveCheckWatches(
  { watches }: ReadService,
  { connection }: ReadOrigin,
  from: Reader,
): number {
  const { path, type } = operations.checkWatches.request.read(from);
  if (!KNOWN_TYPES.has(type)) return codes.MARSHALLING_ERROR;
  return watches.has(connection.id, path, type) ? OK : codes.NO_WATCHER;
}

/** Removes this connection's watches of a type. */
export function serveRemoveWatches(
  { watches }: ReadService,
  { connection }: ReadOrigin,
  from: Reader,
): number {
  const { path, type } = operations.removeWatches.request.read(from);
  if (!KNOWN_TYPES.has(type)) return codes.MARSHALLING_ERROR;
  return watches.remove(connection.id, path, type) ? OK : codes.NO_WATCHER;
}
