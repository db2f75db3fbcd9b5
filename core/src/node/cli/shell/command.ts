import type { AddWatchMode, Client } from '../../../client/api.js';
import type { Arguments, Flags } from './arguments.js';

/** Where a command's words go. Lines come without their newline. */
export interface ShellOutput {
  out(line: string): void;
  err(line: string): void;
  /** Shows how far long work is, on a terminal; nothing takes it away. */
  progress(text: string | undefined): void;
}

/** The shell itself, as far as its commands may touch it. */
export interface ShellControl {
  /** Vivarium's own version. */
  readonly version: string;
  /** Every command there is. */
  readonly commands: ShellCommands;
  /** The lines of this run, oldest first; the present one is the last. */
  readonly lines: readonly string[];
  /** Whether watch events are printed. */
  printWatches: boolean;
  /** Persistent watches that were asked for by hand, as `kind path`. */
  readonly persistentWatches: Set<string>;
  /** The connect string in use. */
  readonly server: string;
  /** Connects anew, to other servers when some are named; the session before is ended. */
  connect(server?: string): Promise<void>;
  /** Ends the session; what needs a server says `Not connected` until `connect`. */
  close(): Promise<void>;
  /** Runs a line of this run again. */
  redo(line: string): Promise<void>;
  /** The loop of lines ends after this one. */
  quit(): void;
  /** The whole screen for one command; undefined where there is none. */
  readonly screen: ShellScreen | undefined;
}

/** A terminal that a command may take over for a while. */
export interface ShellScreen {
  readonly columns: number;
  readonly rows: number;
  readonly colours: boolean;
  write(text: string): void;
  /** Hands each key to `onKey` until the work is done; nobody else hears them meanwhile. */
  take<T>(onKey: (key: string) => void, work: () => Promise<T>): Promise<T>;
}

/** What every command runs with. */
export interface OwnCall extends Arguments {
  readonly output: ShellOutput;
  readonly control: ShellControl;
  /** Answer in JSON: one document, or one object a line. */
  readonly json: boolean;
  /** Aborted by Ctrl-C, and when no server answers for too long. */
  readonly signal: AbortSignal;
}

/** What a command runs with that asks a server. */
export interface ServerCall extends OwnCall {
  /** Its requests end with `signal`. */
  readonly client: Client;
  /** Leaves a watch whose event is printed when it comes; undefined without `-w`. */
  readonly watch: (() => void) | undefined;
  /** Removes a watch of this session, whatever has become of the command and its signal. */
  unwatch(path: string, mode: AddWatchMode): void;
}

interface CommandFacts {
  /** Arguments as zkCli's help shows them. */
  readonly usage: string;
  readonly doc: string;
  readonly flags: Flags;
  /** How many words it takes besides flags. */
  readonly words: readonly [least: number, most: number];
  /**
   * A further word that zkCli took in former times, and still takes: `w` to leave a watch, `v` for
   * a version. What to write instead stands beside it.
   */
  readonly formerWord?: { readonly flag: 'w' | 'v'; readonly says: string };
  /** Which of its words are paths of nodes, for completion; the first when left out. */
  readonly paths?: readonly number[];
}

/** A row of a family's table: a command that asks a server, or one about the shell itself. */
export type ShellCommand =
  | (CommandFacts & { readonly own?: false; readonly run: (call: ServerCall) => Promise<void> })
  | (CommandFacts & { readonly own: true; readonly run: (call: OwnCall) => Promise<void> });

/** Commands by name. */
export type ShellCommands = Readonly<Record<string, ShellCommand>>;

/** Ends with a document in JSON, or with lines for a person. */
export function answer(
  call: OwnCall,
  document: () => object,
  lines: () => readonly string[],
): void {
  if (call.json) call.output.out(JSON.stringify(document()));
  else for (const line of lines()) call.output.out(line);
}
