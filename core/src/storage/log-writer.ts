import { assert } from '../base/assert.js';
import type { Zxid } from '../base/ids.js';
import { highOf, longOf, lowOf } from '../base/long.js';
import { Writer } from '../wire/writer.js';
import { ADLER_START, adler32 } from './adler32.js';
import { type DiskStep, folders } from './disk.js';
import { logFactsFileOf, logFileOf } from './file-names.js';
import { logFactsFile, UNKNOWN_ZXID } from './log-facts.js';
import {
  CHAIN_START,
  chainOf,
  follows,
  LOG_HEADER_BYTES,
  LOG_MAGIC,
  LOG_VERSION,
  RECORD_END,
  RECORD_PREFIX_BYTES,
} from './log-format.js';

export interface LogWriterOptions {
  /** Bytes a new file is extended by, and again when little of them is left; 0: never. */
  readonly preAllocSizeBytes: number;
  /** A flush that finds the file larger makes the next transaction start a new one; 0: no limit. */
  readonly maxFileBytes: number;
  /** False for `forceSync=no`: no sync steps are made, and nothing is claimed to be durable. */
  readonly sync: boolean;
  /** In the header of every file; ZooKeeper writes 0. */
  readonly dbId: bigint;
  /**
   * The last transaction of the history that is written on: the first one appended follows it.
   * Absent: it is not known, and the first one may be any.
   */
  readonly after?: Zxid;
  /** Told of each file that a flush will create, before {@link LogWriter.takeFlush} returns. */
  readonly newFile?: (file: string) => void;
}

/** A file is extended when less than this would be left in it. */
const ROOM_BYTES = 4096;
/** The facts are made durable after so many flushes, or so many bytes of log. */
const FACTS_SYNC_FLUSHES = 512;
const FACTS_SYNC_BYTES = 8 << 20;
/** A buffer that a burst made larger is given back. */
const BUFFER_BYTES = 1 << 16;
const LARGEST_KEPT_BUFFER_BYTES = 4 << 20;

/**
 * The transaction log being written. It performs nothing: a flush is a list of steps for the log
 * lane, and each flush relies on the lane having performed those before without failure.
 *
 * Appending allocates nothing. Every file is new: what recovery found is never appended to.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  /** Records of the current file that no flush has taken, after the header when it is new. */
  #out = new Writer(BUFFER_BYTES);
  /** Where the record being written begins in {@link #out}, or -1. */
  #recordAt = -1;
  /** The last transaction, where it is known. */
  #isLastKnown: boolean;
  #zxidHigh = 0;
  #zxidLow = 0;
  /** The transaction begun. */
  #nextHigh = 0;
  #nextLow = 0;
  /** First zxid of the current file; -1n when the next transaction begins one. */
  #first = -1n;
  /** The transaction before it. */
  #previous: Zxid = UNKNOWN_ZXID;
  /** Whether the current file exists only in {@link #out}. */
  #isNew = false;
  #rollAsked = false;
  /** Checksum of the current file's first record. */
  #firstChecksum = 0;
  #chain = CHAIN_START;
  /** Bytes of the current file in earlier flushes, and the chain there. */
  #flushedBytes = 0;
  #flushedChain = CHAIN_START;
  #allocatedBytes = 0;
  #factsFlushes = 0;
  #factsSyncedAt = 0;
  /** Steps that end files before the current one. */
  #earlier: DiskStep[] = [];
  #lastLength = 0;
  #pending = 0;
  #pendingBytes = 0;
  #totalBytes = 0;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#isLastKnown = false;
    if (options.after !== undefined) this.goOnAfter(options.after);
  }

  /** Says which transaction the first one follows, where the history was cut or replaced. */
  goOnAfter(zxid: Zxid): void {
    assert(this.#first === -1n && this.#pending === 0, 'nothing was appended yet');
    this.#isLastKnown = true;
    this.#zxidHigh = highOf(zxid);
    this.#zxidLow = lowOf(zxid);
  }

  /** Transactions appended since the last {@link takeFlush}. */
  get pending(): number {
    return this.#pending;
  }

  /** Their bytes. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Bytes of all transactions appended since this writer was made. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /**
   * Begins a transaction. The caller writes its header, body and digest into the writer returned,
   * then calls {@link end} or {@link cancel}.
   */
  begin(zxidHigh: number, zxidLow: number): Writer {
    assert(this.#recordAt === -1, 'one transaction is written at a time');
    assert(this.#mayFollow(zxidHigh, zxidLow), 'zxids follow one another in the log');
    if (this.#rollAsked) this.#endFile();
    if (this.#first === -1n) this.#startFile(longOf(zxidHigh, zxidLow));
    const out = this.#out;
    this.#recordAt = out.position;
    this.#nextHigh = zxidHigh | 0;
    this.#nextLow = zxidLow | 0;
    out.reserve(RECORD_PREFIX_BYTES);
    out.position += RECORD_PREFIX_BYTES;
    return out;
  }

  /** Ends the transaction begun: puts checksum and length before it and the mark behind it. */
  end(): void {
    const out = this.#out;
    const at = this.#recordAt;
    const start = at + RECORD_PREFIX_BYTES;
    const length = out.position - start;
    assert(at !== -1 && length > 0, 'a transaction was begun and has bytes');
    const checksum = adler32(ADLER_START, out.bytes, start, out.position);
    out.intAt(at, 0);
    out.intAt(at + 4, checksum);
    out.intAt(at + 8, length);
    out.byte(RECORD_END);
    if (this.#isNew && at === LOG_HEADER_BYTES) this.#firstChecksum = checksum | 0;
    this.#chain = chainOf(this.#chain, checksum, length);
    this.#zxidHigh = this.#nextHigh;
    this.#zxidLow = this.#nextLow;
    this.#isLastKnown = true;
    this.#recordAt = -1;
    this.#lastLength = length;
    const size = out.position - at;
    this.#pending++;
    this.#pendingBytes += size;
    this.#totalBytes += size;
  }

  /** Bytes of the transaction ended last, valid until the next one is begun or a flush taken. */
  get last(): Uint8Array {
    const end = this.#out.position - 1;
    return this.#out.bytes.subarray(end - this.#lastLength, end);
  }

  /** Forgets the transaction begun, whose zxid is free again. */
  cancel(): void {
    assert(this.#recordAt !== -1, 'a transaction was begun');
    this.#out.position = this.#recordAt;
    this.#recordAt = -1;
    if (this.#isNew && this.#out.position === LOG_HEADER_BYTES) {
      this.#out.position = 0;
      this.#first = -1n;
    }
  }

  /** The next transaction begins a new file. */
  roll(): void {
    this.#rollAsked = true;
  }

  /**
   * Steps that make everything appended durable: one request for the log lane. Their bytes are
   * copies; appending may go on at once.
   */
  takeFlush(): DiskStep[] {
    assert(this.#recordAt === -1, 'no transaction is half written');
    const steps = this.#earlier;
    this.#earlier = [];
    this.#flush(steps);
    this.#pending = 0;
    this.#pendingBytes = 0;
    const { maxFileBytes } = this.#options;
    if (maxFileBytes > 0 && this.#flushedBytes > maxFileBytes) this.#rollAsked = true;
    return steps;
  }

  /** Steps that flush what is left and leave the log tidy, at a clean shut-down. */
  shutDown(): DiskStep[] {
    const steps = this.takeFlush();
    this.#endFile();
    steps.push(...this.#earlier);
    this.#earlier = [];
    return steps;
  }

  #mayFollow(zxidHigh: number, zxidLow: number): boolean {
    if (!this.#isLastKnown) return true;
    return follows(this.#zxidHigh, this.#zxidLow, zxidHigh | 0, zxidLow | 0);
  }

  #startFile(first: bigint): void {
    const out = this.#out;
    assert(out.position === 0, 'what belongs to earlier files was taken');
    this.#first = first;
    this.#previous = this.#isLastKnown ? longOf(this.#zxidHigh, this.#zxidLow) : UNKNOWN_ZXID;
    this.#isNew = true;
    this.#chain = CHAIN_START;
    this.#flushedBytes = 0;
    this.#flushedChain = CHAIN_START;
    this.#allocatedBytes = LOG_HEADER_BYTES;
    out.int(LOG_MAGIC);
    out.int(LOG_VERSION);
    out.long(this.#options.dbId);
  }

  /** Flushes and closes the current file, if there is one. */
  #endFile(): void {
    this.#rollAsked = false;
    if (this.#first === -1n) return;
    const steps = this.#earlier;
    this.#flush(steps);
    const factsFile = logFactsFileOf(this.#first);
    if (this.#options.sync) {
      steps.push(this.#writeFacts(this.#flushedBytes), { step: 'sync', file: factsFile });
    }
    steps.push({ step: 'close', file: factsFile });
    steps.push({ step: 'close', file: logFileOf(this.#first) });
    this.#first = -1n;
  }

  #flush(steps: DiskStep[]): void {
    if (this.#out.position === 0) return;
    const { sync } = this.#options;
    const file = logFileOf(this.#first);
    const bytes = this.#takeBytes();
    const end = this.#flushedBytes + bytes.length;
    const isNew = this.#isNew;
    if (isNew) this.#create(steps, file, end);
    else if (sync) this.#refreshFacts(steps, end);
    this.#allocate(steps, file, end);
    steps.push({ step: 'write', file, position: this.#flushedBytes, bytes });
    if (sync) steps.push({ step: 'sync', file });
    if (sync && isNew) steps.push({ step: 'sync-folder', folder: folders.logs });
    this.#isNew = false;
    this.#flushedBytes = end;
    this.#flushedChain = this.#chain;
  }

  #takeBytes(): Uint8Array {
    const bytes = this.#out.pooled();
    if (this.#out.bytes.length > LARGEST_KEPT_BUFFER_BYTES) this.#out = new Writer(BUFFER_BYTES);
    else this.#out.clear();
    return bytes;
  }

  /** The facts are durable before the log exists: a log without them is not ours. */
  #create(steps: DiskStep[], file: string, end: number): void {
    const factsFile = logFactsFileOf(this.#first);
    steps.push({ step: 'create', file: factsFile }, this.#writeFacts(end));
    if (this.#options.sync) {
      steps.push({ step: 'sync', file: factsFile });
      steps.push({ step: 'sync-folder', folder: folders.logs });
    }
    steps.push({ step: 'create', file });
    this.#factsFlushes = 0;
    this.#factsSyncedAt = 0;
    for (const each of [factsFile, file]) this.#options.newFile?.(each);
  }

  /** Says what is durable by the time these steps are performed. Costs a write, seldom a sync. */
  #refreshFacts(steps: DiskStep[], end: number): void {
    steps.push(this.#writeFacts(end));
    this.#factsFlushes++;
    if (
      this.#factsFlushes >= FACTS_SYNC_FLUSHES ||
      this.#flushedBytes - this.#factsSyncedAt >= FACTS_SYNC_BYTES
    ) {
      steps.push({ step: 'sync', file: logFactsFileOf(this.#first) });
      this.#factsFlushes = 0;
      this.#factsSyncedAt = this.#flushedBytes;
    }
  }

  #writeFacts(flushEnd: number): DiskStep {
    const { sync } = this.#options;
    const bytes = logFactsFile.encode({
      first: this.#firstChecksum,
      synced: sync ? this.#flushedBytes : 0,
      chain: sync ? this.#flushedChain : CHAIN_START,
      flushEnd: sync ? flushEnd : 0,
      previous: this.#previous,
    });
    return { step: 'write', file: logFactsFileOf(this.#first), position: 0, bytes };
  }

  #allocate(steps: DiskStep[], file: string, end: number): void {
    const { preAllocSizeBytes } = this.#options;
    if (preAllocSizeBytes <= 0 || end + ROOM_BYTES < this.#allocatedBytes) return;
    while (end + ROOM_BYTES >= this.#allocatedBytes) this.#allocatedBytes += preAllocSizeBytes;
    steps.push({ step: 'allocate', file, size: this.#allocatedBytes });
  }
}
