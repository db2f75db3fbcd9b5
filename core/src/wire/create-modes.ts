/** The `flags` of a create request: one row for each kind of node. */
export const createModes = {
  persistent: { flag: 0, ephemeral: false, sequential: false, container: false, ttl: false },
  ephemeral: { flag: 1, ephemeral: true, sequential: false, container: false, ttl: false },
  persistentSequential: {
    flag: 2,
    ephemeral: false,
    sequential: true,
    container: false,
    ttl: false,
  },
  ephemeralSequential: { flag: 3, ephemeral: true, sequential: true, container: false, ttl: false },
  /** Removed by the server some time after its last child is gone. */
  container: { flag: 4, ephemeral: false, sequential: false, container: true, ttl: false },
  /** Removed by the server when it has no children and was not changed for its time to live. */
  persistentTtl: { flag: 5, ephemeral: false, sequential: false, container: false, ttl: true },
  persistentSequentialTtl: {
    flag: 6,
    ephemeral: false,
    sequential: true,
    container: false,
    ttl: true,
  },
} as const satisfies Record<string, CreateModeRow>;

export interface CreateModeRow {
  readonly flag: number;
  readonly ephemeral: boolean;
  readonly sequential: boolean;
  readonly container: boolean;
  readonly ttl: boolean;
}

/** Name of a row of {@link createModes}. */
export type CreateMode = keyof typeof createModes;

const byFlag: readonly (CreateModeRow | undefined)[] = Object.values(createModes);

/** The mode with a flag, or `undefined` when ZooKeeper knows none. */
export function createModeOf(flag: number): CreateModeRow | undefined {
  return byFlag[flag];
}
