/** Either server, started and ended in the same way, for tests that want them alike. */
import { type ApacheVersion, startApache } from './apache.js';
import { launchVivarium } from './vivarium.js';

export type ServerKind = 'vivarium' | ApacheVersion;

export interface ServerOptions {
  /** Kept when the server ends. */
  readonly dataDir: string;
  readonly port?: number;
  /** Further lines of `zoo.cfg`. */
  readonly config?: Readonly<Record<string, string | number>>;
  /** Environment of Vivarium; Apache has no use for it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
}

export interface ServerProcess {
  readonly kind: ServerKind;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  log(): string;
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

/** How a kind of server is called in reports. */
export function nameOf(kind: ServerKind): string {
  return kind === 'vivarium' ? 'Vivarium' : `Apache ${kind}`;
}

/** Starts a server and waits until it serves. @throws with its log when it does not */
export async function startServer(
  kind: ServerKind,
  { env, nodeArgs, ...options }: ServerOptions,
): Promise<ServerProcess> {
  if (kind !== 'vivarium') {
    const server = await startApache({ ...options, version: kind });
    return { ...server, kind };
  }
  const server = await launchVivarium({
    ...options,
    ...(env === undefined ? {} : { env }),
    ...(nodeArgs === undefined ? {} : { nodeArgs }),
  });
  try {
    await server.serving;
  } catch (error) {
    await server.kill();
    throw error;
  }
  const { port, pid, dataDir, log, stop, kill } = server;
  return { kind, port, pid, dataDir, log, stop, kill };
}
