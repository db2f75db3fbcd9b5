import type { Codec, NodeData, StandardSchema } from '@vivarium/core';

/**
 * What the function of a transaction reads and writes by. It may be used until the function has
 * ended, and then refuses with BAD_ARGUMENTS. None of its functions uses `this`.
 */
export interface Transaction {
  /**
   * The data of a node, or undefined when there is none: as this transaction has written it, else
   * as it is stored. The format decodes it; bytes when left out. Read once: later calls for the
   * same path give the same.
   *
   * @throws ZkError BAD_ARGUMENTS for a path that is none, NO_AUTH, SESSION_EXPIRED; RecipeError
   *   INVALID_VALUE when the format refuses what is stored
   */
  get<T = Uint8Array>(path: string, format?: StandardSchema<T> | Codec<T>): Promise<T | undefined>;
  /**
   * Writes a node when the transaction is committed, and makes it when it is missing.
   *
   * @throws ZkError BAD_ARGUMENTS for a path that is none, or when the format refuses the value
   */
  set<T = NodeData>(path: string, value: NoInfer<T>, format?: StandardSchema<T> | Codec<T>): void;
  /**
   * Deletes a node when the transaction is committed; one that is missing then stays missing.
   *
   * @throws ZkError BAD_ARGUMENTS for a path that is none
   */
  delete(path: string): void;
}
