/** What the mirrors of a client are told of it, and what they tell it. */
export interface TreesSettings {
  readonly chroot: string;
  readonly graceMs: number;
  readonly maxConcurrentReads: number;
  readonly auditMs: number | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Whether the program listens by one-shot watches at a server path. */
  readonly isListenedAt: (serverPath: string) => boolean;
  /** All one-shot watches of a server path are about to be removed. */
  readonly disturb: (serverPath: string) => void;
  /** A server path has other children, and nobody but a recursive watch has told of it. */
  readonly childrenChanged: (serverPath: string) => void;
}
