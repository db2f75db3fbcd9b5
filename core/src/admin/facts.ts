import type { Millis, WallMillis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { Summary } from '../peer/metrics.js';
import type { PeerView } from '../peer/view.js';
import type { History, LoopDelay } from './history.js';

/** What only the host of a server knows. Collected by it for each question. */
export interface ProcessFacts {
  /** Vivarium's own version, such as `0.1.0`. */
  readonly version: string;
  /** When this version was built, as a text such as `2026-11-24 15:00 UTC`. */
  readonly builtAt: string;
  readonly now: Millis;
  readonly wall: WallMillis;
  /** Port that is really listened to; differs from the config's when that says 0. */
  readonly clientPort: number;
  /** Absolute folders of snapshots and logs, with their `version-2`. */
  readonly dataDir: string;
  readonly dataLogDir: string;
  /** Bytes of the files in those folders. */
  readonly dataDirBytes: number;
  readonly dataLogDirBytes: number;
  /** -1 where the system does not tell. */
  readonly openFileDescriptors: number;
  readonly maxFileDescriptors: number;
  readonly residentBytes: number;
  /** -1 where the system does not tell. */
  readonly virtualBytes: number;
  /** How late the event loop is; `undefined` before the first look. */
  readonly loopDelay: LoopFacts | undefined;
  /** Inputs of the steps of the server, where they are counted. */
  readonly stepInputs: Summary | undefined;
  readonly cpuSeconds: number;
  /** Wall-clock time of the process's start. */
  readonly processStartedAt: WallMillis;
  readonly hostName: string;
  /** Further `name=value` rows for `envi`, such as os.name, user.dir, node.version. No secrets. */
  readonly environment: readonly (readonly [name: string, value: string])[];
  /** The config as it was read, secrets left out. */
  readonly initialConfig: string;
  /**
   * Last value given to `stmk`; Vivarium keeps it for ZooKeeper's tools and traces nothing by it.
   */
  readonly traceMask: bigint;
}

/** The event loop of the process: in the last interval, and count and sum of all looks at it. */
export interface LoopFacts extends LoopDelay {
  readonly count: number;
  readonly sum: Millis;
}

/** All that an administrator's question is answered from. */
export interface AdminContext {
  /** `undefined` while the server is starting or has failed. */
  readonly view: PeerView | undefined;
  readonly facts: ProcessFacts;
  readonly config: Config;
  /** The last minutes of the server, where its host keeps them. */
  readonly history?: History;
}

/** The ZooKeeper release whose behaviour is followed; clients decide by it what a server can do. */
export const ZOOKEEPER_VERSION = '3.9.5';

/** What ZooKeeper's trace mask is until somebody sets it. */
export const DEFAULT_TRACE_MASK = 306n;

/** Version text where ZooKeeper prints its own: it begins with the release that is followed. */
export function fullVersion({ version, builtAt }: ProcessFacts): string {
  return `${ZOOKEEPER_VERSION}-vivarium-${version}, built on ${builtAt}`;
}

/** The view, if there is a server that serves. */
export function servingView({ view }: AdminContext): PeerView | undefined {
  return view?.serving === true ? view : undefined;
}

/** The view, if there is a server that takes clients: only such a one answers words. */
export function clientsView(context: AdminContext): PeerView | undefined {
  const view = servingView(context);
  return view?.acceptsClients === true ? view : undefined;
}

/** An unsigned hexadecimal long, as Java's `Long.toHexString`. */
export function hex(value: bigint): string {
  return BigInt.asUintN(64, value).toString(16);
}

/** `address:port`, with brackets around IPv6. */
export function socketAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
