import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AuditEvent } from '../base/audit-event.js';
import type { Config } from '../config/config.js';
import { auditFields, auditText } from './audit-line.js';
import type { Log } from './logger.js';
import { userName } from './process-facts.js';
import { exitCodes, StartError, systemCode } from './start-error.js';

/** Takes what the audit log is to say. */
export type AuditWriter = Pick<AuditLog, 'write'>;

/**
 * The audit log of one server: a file, put aside when it is large, or else the server's log. What
 * is written in one turn of the event loop is handed to the system together, before the next turn;
 * no line waits for the disk. Lines that the file cannot take go to the log, so that none is lost.
 */
export class AuditLog {
  readonly #log: Log;
  readonly #file: string | undefined;
  readonly #maxBytes: number;
  readonly #kept: number;
  readonly #user = userName();
  #handle: number | undefined = undefined;
  #size = 0;
  #waiting: AuditEvent[] = [];
  #hasFailed = false;
  #hasStopped = false;

  private constructor(config: Config, log: Log) {
    const { auditFile, auditFileMaxBytes, auditFilesKept } = config;
    this.#log = log;
    this.#file = auditFile === undefined ? undefined : resolve(auditFile);
    this.#maxBytes = auditFileMaxBytes;
    this.#kept = auditFilesKept;
  }

  /**
   * The audit log that a config asks for, if it asks for one.
   *
   * @throws StartError when its file cannot be written
   */
  static open(config: Config, log: Log): AuditLog | undefined {
    if (!config.auditEnabled) return undefined;
    const audit = new AuditLog(config, log);
    try {
      audit.#open();
    } catch (error) {
      const story =
        `The audit log cannot be written to ${audit.#file}: ${(error as Error).message}. ` +
        'Make its folder and let this user write there, or name another file in vivarium.auditFile.';
      throw new StartError(story, exitCodes.invocation, { cause: error });
    }
    return audit;
  }

  /** Takes one event; its line is written in this turn of the event loop. */
  write(event: AuditEvent): void {
    if (this.#waiting.length === 0) queueMicrotask(() => this.#flush());
    this.#waiting.push(event);
  }

  /** The server begins to stop; said once, however often it is told. */
  stopping(): void {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    this.write({ operation: 'serverStop', result: 'invoked' });
  }

  /** Writes what waits and lets go of the file. */
  close(): void {
    this.#flush();
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }

  #open(): void {
    if (this.#file === undefined) return;
    this.#handle = openSync(this.#file, 'a', 0o640);
    this.#size = fstatSync(this.#handle).size;
  }

  #flush(): void {
    const events = this.#waiting;
    if (events.length === 0) return;
    this.#waiting = [];
    if (this.#file === undefined || !this.#intoFile(this.#file, events)) {
      for (const event of events) this.#log(asLogged(event, this.#user));
    }
  }

  /** @returns false when some of it may not be in the file */
  #intoFile(file: string, events: readonly AuditEvent[]): boolean {
    const time = new Date().toISOString();
    let text = '';
    for (const event of events) {
      text += `${time} ${levelOf(event).toUpperCase()} ${auditText(event, this.#user, '\t')}\n`;
    }
    const bytes = Buffer.from(text);
    try {
      if (this.#handle === undefined) this.#open();
      if (this.#size > 0 && this.#size + bytes.length > this.#maxBytes) this.#turnOver(file);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#handle!, bytes, at);
      this.#size += bytes.length;
      this.#hasFailed = false;
      return true;
    } catch (error) {
      this.#reportFailure(file, error as Error);
      return false;
    }
  }

  /** Puts the file aside as `.1`, those before it one further each, and begins it anew. */
  #turnOver(file: string): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
    if (this.#kept === 0) rmSync(file, { force: true });
    for (let number = this.#kept; number > 0; number--) {
      renameIfThere(number === 1 ? file : `${file}.${number - 1}`, `${file}.${number}`);
    }
    this.#open();
  }

  #reportFailure(file: string, { message }: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#log({
      level: 'error',
      event: 'audit.failed',
      message:
        `the audit log cannot be written to ${file}: ${message}; ` +
        'its lines go to this log until it can',
      fields: { file },
    });
  }
}

function levelOf({ result }: AuditEvent): 'info' | 'error' {
  return result === 'failure' ? 'error' : 'info';
}

function asLogged(event: AuditEvent, serverUser: string): Parameters<Log>[0] {
  return {
    level: levelOf(event),
    event: 'audit.line',
    message: `audit: ${auditText(event, serverUser, ' ')}`,
    fields: auditFields(event, serverUser),
  };
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
