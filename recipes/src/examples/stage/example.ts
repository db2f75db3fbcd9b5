/** What an example consists of: a cast, roles that its participants play, and a play. */
import type { Client } from '@vivarium/core';

/** A page of the cookbook, to be looked at. */
export interface Example {
  /** One line of the list. */
  readonly title: string;
  /** What the play makes sure of, as a sentence that is true when it ends well. */
  readonly promise: string;
  /** Names of the participants, in the order of their columns. */
  readonly cast: readonly string[];
  /** Keys of `zoo.cfg` that the servers need besides. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What participants do, each in a process and a session of its own. */
  readonly roles: Readonly<Record<string, Role>>;
  /** What is done to them. @throws BrokenPromise when the promise is not kept */
  play(stage: Stage): Promise<void>;
}

/** What one participant does. Its session ends when this has returned. */
export type Role = (me: Performer) => Promise<void>;

/** What a role finds in its process. */
export interface Performer {
  readonly name: string;
  readonly zk: Client;
  /** What the play gave it on its way. */
  readonly words: readonly string[];
  /** Aborts when the play has asked it to leave. */
  readonly leave: AbortSignal;
  /** A line in its own column. */
  say(text: string): void;
  /** Something that the play shall know, and nobody has to read. */
  note(kind: string, value: unknown): void;
  /** Shows that it holds something, for as long as it is certain of it. */
  holds(hold: Certain, options?: HoldOptions): void;
  /** Resolves when the play has given this cue, or has asked it to leave. */
  cue(name: string): Promise<void>;
  /** Resolves when the play has asked it to leave. */
  left(): Promise<void>;
  pause(ms: number): Promise<void>;
  /** Asks for something that may be done twice, again as long as the answer is lost. */
  insist<T>(request: () => Promise<T>): Promise<T>;
}

/** A hold, as far as it is looked at. */
export interface Certain {
  readonly signal: AbortSignal;
  isCertain(): boolean;
}

export interface HoldOptions {
  /** What is held; one thing for all when left out. */
  readonly what?: string;
  /** How much of it: 1 when left out. */
  readonly weight?: number;
}

/** What the play can do. */
export interface Stage {
  readonly servers: StageServers;
  /** A participant comes, and plays a role. Resolves when it has a session. */
  enter(name: string, role: string, ...words: readonly string[]): Promise<Actor>;
  /** Tells who looks on what is being done, and gives them time to read it. */
  tell(text: string): Promise<void>;
  /** The first participant to say this from now on. */
  anyone(actors: readonly Actor[], text: string): Promise<Actor>;
  /** All that was noted of this kind, in order. */
  notes<T>(kind: string): readonly Note<T>[];
  /** @throws BrokenPromise with what is wrong, unless the condition holds */
  demand(condition: boolean, story: string): void;
  /** @throws BrokenPromise when more than this was held at one moment, or nothing ever */
  demandNeverMoreThan(limit: number): void;
}

export interface Note<T> {
  readonly who: string;
  readonly value: T;
}

/** A participant, as the play sees it. */
export interface Actor {
  readonly name: string;
  /** Resolves when it says something with this text in it, or has since the last such wait. */
  says(text: string): Promise<string>;
  cue(name: string): void;
  /** `kill -9`. Its session lives until its time is over. */
  kill(): Promise<void>;
  /** Stops its process in the middle of whatever it does. */
  freeze(): void;
  thaw(): void;
  /** From now on nothing comes through between it and the servers. */
  cutOff(): void;
  /** All comes through again. */
  mend(): void;
  /** Its connections break, and it may make new ones. */
  breakConnection(): void;
  /** The number of the server that it talks to, or did last. */
  server(): number;
  /** Asks it to end by itself. Resolves when its process is gone. */
  leave(): Promise<void>;
}

export interface StageServers {
  leader(): Promise<number>;
  /** `kill -9` */
  kill(id: number): Promise<void>;
  start(id: number): Promise<void>;
}

/** The play has shown that something is not as it was promised. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}
