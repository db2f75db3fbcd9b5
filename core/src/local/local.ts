import type { LogEvent } from '../base/log-event.js';
import type { Client, ConnectOptions } from '../client/api.js';
import type { ClientHost } from '../client/client-host.js';
import type { ConfigOverrides } from '../config/config.js';
import type { PeerView } from '../peer/view.js';

export interface LocalOptions {
  /**
   * How many servers there are. One, the default, stands alone; several are an ensemble of voters,
   * which serves as long as more than half of them are well.
   */
  readonly servers?: number;
  /** How many more servers only listen and have no vote; none unless given. */
  readonly observers?: number;
  /**
   * `real` (the default): time passes as it does outside, and `await` works as with any server.
   * `virtual`: it stands still until {@link Local.advance} or {@link Local.until} lets it pass; an
   * hour takes moments then, and the same seed gives the same run.
   */
  readonly time?: 'real' | 'virtual';
  /** Decides everything that is left to chance; 1 unless given. */
  readonly seed?: number;
  /** Settings of every server, such as `tickTime`. */
  readonly config?: ConfigOverrides;
  /** Told what the servers report, and which of them. */
  readonly log?: (event: LogEvent, server: LocalServerHandle) => void;
}

/** Servers in memory, their clients, and what can go wrong between them. */
export interface Local extends AsyncDisposable {
  /** For `connect`, together with {@link host}; names every server. */
  readonly connectString: string;
  /** How clients made by hand reach this world: `connect(connectString, { host })`. */
  readonly host: ClientHost;
  /** In the order of their numbers; observers come last. */
  readonly servers: readonly [LocalServerHandle, ...LocalServerHandle[]];
  /** The server that leads an ensemble; undefined while none does, and of a server alone. */
  readonly leader: LocalServerHandle | undefined;
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
   * Stops a client in its tracks, as a long collection of garbage or a debugger does its process:
   * time passes, but nothing that comes is taken and no timer runs until {@link resume}. The
   * program goes on, since it shares this process: what it asks of the client waits, too.
   */
  pause(client: Client): void;
  /** Lets a paused client go on: first its timers, then what has come. */
  resume(client: Client): void;
  /**
   * Kills a client's process: its connections break, its session runs out at the servers. Nothing
   * that it was asked is ever answered, `close` included.
   */
  kill(client: Client): void;
  /**
   * Ends a client's session as the server does when it has not heard from the client in time. The
   * client learns it when it comes back, which it does at once.
   */
  expireSession(client: Client): Promise<void>;
  /** Stops the servers; the world ends. */
  stop(): Promise<void>;
}

/** One server of a local world. Its data outlives it, as long as the world stands. */
export interface LocalServerHandle {
  /** Its number, from 1. */
  readonly id: number;
  /** For a connect string. */
  readonly address: string;
  readonly state: 'running' | 'paused' | 'down';
  /** What it shows of itself while it is up. */
  readonly view: PeerView | undefined;
  /** Starts it again from what its disk holds. @throws when it is up, or refuses to start */
  start(): void;
  /** Kills the process. Whoever is connected is cut; what it wrote is kept. */
  kill(): void;
  /** Kills the machine: nobody hears anything, and what was not synced may be lost or torn. */
  cutPower(): void;
  /** Stops it in its tracks; what comes meanwhile waits in its buffers. */
  pause(): void;
  /** Lets a paused server go on: first its timers, then its sockets. */
  resume(): void;
  /** Cuts it off from all clients and servers until {@link Local.heal}. */
  partition(): void;
  /**
   * Cuts it off from another server until {@link Local.heal}, with clients reaching both. Nobody is
   * told, and what they say to each other arrives when they are joined again.
   */
  partitionFrom(other: LocalServerHandle): void;
  /** Stops it as an operator does: clients are told, everything is durable. */
  stop(): Promise<void>;
}
