import { int, long, record, type TypeOf, time } from '../wire/types.js';
import { SideFile } from './side-file.js';

/**
 * What is known of a log beside its bytes. Rewritten in place before each flush writes to the log,
 * so that what it says is true whenever it is read, though after a power cut it may be an older
 * truth: nothing waits for it to be durable.
 */
const LogFacts = record('LogFacts', {
  /** Checksum of the log's first record: says which log of this name is meant. */
  first: int,
  /** All bytes before this position are durable. */
  synced: time,
  /** The chain (`log-format.ts`) of the records before `synced`. */
  chain: int,
  /**
   * Where the flush ends that begins at `synced`. A byte behind it was written after that flush was
   * durable. 0 when flushes are not synced.
   */
  flushEnd: time,
  /**
   * The transaction before the log's first one; -1 when its writer did not know. Numbers alone tell
   * nothing of what is missing at the end of an epoch.
   */
  previous: long,
});
export interface LogFacts extends TypeOf<typeof LogFacts> {}

/** The file that holds {@link LogFacts}. */
export const logFactsFile: SideFile<LogFacts> = new SideFile('VVLF', 2, LogFacts);

/** In place of a zxid that is not known. */
export const UNKNOWN_ZXID = -1n;

/** Facts about a log of ours whose own are damaged: nothing is known but that it is ours. */
export const nothingKnown: LogFacts = {
  first: 0,
  synced: 0,
  chain: 0,
  flushEnd: 0,
  previous: UNKNOWN_ZXID,
};
