/** What an example needs of whoever plays it: `vivarium example` has it. */
export interface ExampleHost {
  /** Takes what is to be read, in whole lines. */
  write(text: string): void;
  /** One JSON object a line, for programs, in place of what people read. */
  readonly json: boolean;
  /** Columns of what is written. */
  readonly width: number;
  readonly colors: boolean;
  /** Whether somebody looks on, who wants the time to read. */
  readonly isWatched: boolean;
  /** Aborts when it is to end at once. */
  readonly stop: AbortSignal;
  /** Starts three servers, with further keys in their `zoo.cfg`. Resolves when they serve. */
  startServers(settings: Readonly<Record<string, string>>): Promise<HostServers>;
}

/** Servers on loopback, each a process of its own. */
export interface HostServers {
  /** In the order of their numbers, which begin at 1. */
  readonly ports: readonly number[];
  leader(): Promise<number>;
  /** Process id of a server; undefined while it does not run. */
  pid(id: number): number | undefined;
  /** `kill -9` */
  kill(id: number): Promise<void>;
  /** Starts one that was killed. Resolves when it serves. */
  start(id: number): Promise<void>;
  /** Ends all of them, and removes their data. */
  close(): Promise<void>;
}
