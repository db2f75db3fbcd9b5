/** Exit codes of a server's process, as ZooKeeper's. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  /** The command line or the config is wrong. */
  invocation: 2,
  /** The data folder cannot be used. */
  dataFolder: 3,
  /** A log or snapshot cannot be written. */
  disk: 10,
} as const;

/**
 * A server cannot start, for a reason that an operator can change. The message says what was
 * wanted, what is in its way, and what to do.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
  /** What the process ends with: a value of {@link exitCodes}. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The system's code of an error (`ENOENT`), or an empty text. */
export function systemCode(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
