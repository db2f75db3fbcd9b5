/** Every way in which a recipe fails by itself; errors of single requests stay `ZkError`. */
export const recipeErrors = {
  TIMED_OUT: 'it was not done in time',
  HOLD_LOST: 'the hold is lost: its session ended, or may have ended',
  HOLD_REVOKED: 'the hold was taken away: somebody deleted its node',
  RELEASED: 'the hold was released',
  DUPLICATE_MEMBER: 'somebody else is in the group under this id',
  MEMBER_LEFT: 'the member has left the group',
  NODE_TAKEN: 'a node of somebody else stands there',
  NO_TTL_NODES:
    'the servers make no nodes with a time to live; their option extendedTypesEnabled=true does',
  PARTITION_REVOKED: 'another member is to have the partition',
  SELF_DEADLOCK: 'the request would wait for the very work that makes it',
  UNREADABLE_PREDECESSOR: 'the node to wait for may not be read, so its end would not be told',
  QUEUE_TOO_LONG: 'the queue is longer than one answer of the server can tell',
  LIMIT_MISMATCH: 'another limit of permits is in force',
  NO_LIMIT: 'no limit of permits is stored, and none was given',
  INVALID_VALUE: 'the stored value is not valid',
  UNKNOWN_OUTCOME: 'the connection was lost, and whether the write happened cannot be told',
  BARRIER_FULL: 'as many as the barrier is for are inside already',
  BROKEN_BARRIER: 'a member of the cohort is lost',
  SIZE_MISMATCH: 'others have set it up for another number',
  OUT_OF_RANGE: 'the number would not fit 64 bits',
  QUEUE_FULL: 'the queue has as many jobs as it may have',
  CONFLICT: 'others kept changing it at the same time',
  NO_SUCH_VERSION: 'this version is not kept',
  STEP_FAILED: 'a step failed',
  STEPS_DIFFER: 'other steps were made than those given',
} as const;

/** Name of a row of {@link recipeErrors}. */
export type RecipeErrorName = keyof typeof recipeErrors;

/** What went wrong in a recipe; ask `name`, or {@link isRecipeError}. */
export class RecipeError extends Error {
  override readonly name: RecipeErrorName;
  /** The node or folder it is about. */
  readonly path: string;

  constructor(
    name: RecipeErrorName,
    path: string,
    more: { reason?: string; cause?: unknown } = {},
  ) {
    const options = more.cause === undefined ? undefined : { cause: more.cause };
    super(`${path}: ${more.reason ?? recipeErrors[name]} (${name})`, options);
    this.name = name;
    this.path = path;
  }
}

/** Whether `error` is a {@link RecipeError}, of one of these names when some are given. */
export function isRecipeError<N extends RecipeErrorName>(
  error: unknown,
  ...names: readonly N[]
): error is RecipeError & { readonly name: N } {
  if (!(error instanceof RecipeError)) return false;
  return names.length === 0 || names.includes(error.name as N);
}
