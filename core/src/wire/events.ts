/** What a watch event can say. Servers send types 1 to 4; the rest a client says to itself. */
export const eventTypes = {
  none: -1,
  nodeCreated: 1,
  nodeDeleted: 2,
  nodeDataChanged: 3,
  nodeChildrenChanged: 4,
  dataWatchRemoved: 5,
  childWatchRemoved: 6,
  persistentWatchRemoved: 7,
} as const;
export type EventType = keyof typeof eventTypes;

/** `state` of a watch event. */
export const keeperStates = {
  unknown: -1,
  disconnected: 0,
  syncConnected: 3,
  authFailed: 4,
  connectedReadOnly: 5,
  saslAuthenticated: 6,
  closed: 7,
  expired: -112,
} as const;

/** `type` of checkWatches and removeWatches. */
export const watcherTypes = {
  children: 1,
  data: 2,
  any: 3,
  persistent: 4,
  persistentRecursive: 5,
} as const;
export type WatcherType = keyof typeof watcherTypes;

/** `mode` of addWatch. */
export const addWatchModes = { persistent: 0, persistentRecursive: 1 } as const;
export type AddWatchMode = keyof typeof addWatchModes;
