import type { LogEvent } from '../base/log-event.js';
import type { Client, ConnectOptions } from '../client/api.js';
import type { ClientHost } from '../client/client-host.js';
import type { ConfigOverrides } from '../config/config.js';
import type { PeerView } from '../peer/view.js';

export interface LocalOptions {
  /**
   * `real` (the default): time passes as it does outside, and `await` works as with any server.
   * `virtual`: it stands still until {@link Local.advance} or {@link Local.until} lets it pass; an
   * hour takes moments then, and the same seed gives the same run.
   */
  readonly time?: 'real' | 'virtual';
  /** Decides everything that is left to chance; 1 unless given. */
  readonly seed?: number;
  /** Settings of the server, such as `tickTime`. */
  readonly config?: ConfigOverrides;
  /** Told what the server reports. */
  readonly log?: (event: LogEvent) => void;
}

/** A server in memory, its clients, and what can go wrong between them. */
export interface Local extends AsyncDisposable {
  /** For `connect`, together with {@link host}. */
  readonly connectString: string;
  /** How clients made by hand reach this world: `connect(connectString, { host })`. */
  readonly host: ClientHost;
  /** One server, for now. */
  readonly servers: readonly [LocalServerHandle, ...LocalServerHandle[]];
  /** Milliseconds since the world began. */
  readonly now: number;
  /** A client that is connected. It is closed by whoever asked for it. */
  connect(options?: ConnectOptions): Promise<Client>;
  /** Lets time pass, or, when it is real, waits for it. */
  advance(ms: number): Promise<void>;
  /**
   * Awaits a promise. In virtual time it lets time pass until the promise is settled.
   *
   * @throws RangeError when that takes more than `limitMs` of virtual time; 600,000 unless given
   */
  until<T>(work: Promise<T>, limitMs?: number): Promise<T>;
  /** Cuts a client off, with its connections left open: nobody is told. */
  partition(client: Client): void;
  /** Joins again whatever was cut off. What was sent meanwhile arrives now. */
  heal(): void;
  /** Breaks a client's connection; it will connect again. */
  cut(client: Client): void;
  /**
   * Ends a client's session as the server does when it has not heard from the client in time. The
   * client learns it when it comes back, which it does at once.
   */
  expireSession(client: Client): Promise<void>;
  /** Stops the server; the world ends. */
  stop(): Promise<void>;
}

/** One server of a local world. Its data outlives it, as long as the world stands. */
export interface LocalServerHandle {
  /** For a connect string. */
  readonly address: string;
  readonly state: 'running' | 'paused' | 'down';
  /** What it shows of itself while it is up. */
  readonly view: PeerView | undefined;
  /** Starts it again from what its disk holds. @throws when it is up, or refuses to start */
  start(): void;
  /** Kills the process. Clients are cut; what it wrote is kept. */
  kill(): void;
  /** Kills the machine: clients hear nothing, and what was not synced may be lost or torn. */
  cutPower(): void;
  /** Stops it in its tracks; what comes meanwhile waits in its buffers. */
  pause(): void;
  /** Lets a paused server go on: first its timers, then its sockets. */
  resume(): void;
  /** Cuts it off from all clients until {@link Local.heal}. */
  partition(): void;
  /** Stops it as an operator does: clients are told, everything is durable. */
  stop(): Promise<void>;
}
