import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { BackupPoint } from '../admin/backup-commands.js';
import type { ProcessFacts } from '../admin/facts.js';
import { renderJson } from '../admin/values.js';
import { hexLong } from '../base/long.js';
import type { Config } from '../config/config.js';
import { Backup } from './backup.js';
import { usualHeaders } from './http-headers.js';
import type { Log } from './logger.js';

export interface HttpBackupParts {
  readonly config: Config;
  /** Where the files are. */
  readonly facts: Pick<ProcessFacts, 'dataDir' | 'dataLogDir'>;
  readonly log: Log;
}

/** Streams backups, one at a time and not too often. */
export class HttpBackup {
  readonly #parts: HttpBackupParts;
  #isBusy = false;
  /** When the last one was streamed to its end, monotonic. */
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(parts: HttpBackupParts) {
    this.#parts = parts;
  }

  /** Answers with the snapshot of a moment, or with why there is none. It never throws. */
  async send(point: BackupPoint, response: ServerResponse): Promise<void> {
    const waitMs = this.#lastAt + this.#parts.config.snapshotCommandIntervalMs - performance.now();
    if (this.#isBusy || waitMs > 0) {
      refuse(response, 429, this.#isBusy ? BUSY : tooSoon(waitMs), this.#isBusy ? 5_000 : waitMs);
      return;
    }
    if (response.destroyed) return;
    this.#isBusy = true;
    const stop = new AbortController();
    response.once('close', () => stop.abort(new Error('the connection was closed')));
    try {
      await this.#stream(point, response, stop.signal);
    } catch (error) {
      this.#failed(point, response, (error as Error).message);
    } finally {
      this.#isBusy = false;
    }
  }

  async #stream(
    { zxid, digest }: BackupPoint,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const { config, facts, log } = this.#parts;
    const began = performance.now();
    // Nothing is said while the tree is read, and that takes as long as it takes.
    response.socket?.setTimeout(0);
    const backup = await Backup.open(
      {
        zxid,
        digest,
        snapshots: facts.dataDir,
        logs: facts.dataLogDir,
        extendedTypes: config.extendedTypesEnabled,
      },
      signal,
    );
    try {
      response.socket?.setTimeout(config.httpIdleTimeoutMs);
      response.writeHead(200, {
        ...usualHeaders,
        'Content-Type': 'application/octet-stream',
        'Content-Length': backup.size,
        last_zxid: hexLong(zxid),
        snapshot_size: backup.size,
      });
      // A client that has all bytes goes at once, so nothing is waited for behind the last one.
      for (let left = backup.size; left > 0; ) {
        const bytes = await backup.next();
        left -= bytes.length;
        if (left === 0) response.end(bytes);
        else if (!response.write(bytes)) await once(response, 'drain', { signal });
      }
    } finally {
      backup.close();
    }
    this.#lastAt = performance.now();
    log({
      level: 'info',
      event: 'backup.sent',
      message: `a backup of the tree at ${hexLong(zxid)} was sent: ${backup.size} bytes`,
      fields: { zxid, bytes: backup.size, ms: Math.round(this.#lastAt - began) },
    });
  }

  #failed({ zxid }: BackupPoint, response: ServerResponse, why: string): void {
    const isCut = response.headersSent || response.destroyed;
    const message = isCut
      ? `a backup of the tree at ${hexLong(zxid)} was cut off: ` +
        (response.destroyed ? 'its connection has ended' : why)
      : `there is no backup of the tree at ${hexLong(zxid)}: ${why}`;
    this.#parts.log({ level: 'warn', event: 'backup.failed', message, fields: { zxid } });
    if (isCut) response.destroy();
    else refuse(response, 500, message);
  }
}

const BUSY = 'another snapshot is being streamed; try again when that is done';

function tooSoon(waitMs: number): string {
  const seconds = Math.ceil(waitMs / 1000);
  return (
    `snapshot was streamed a short while ago; try again in ${seconds} s ` +
    '(admin.rateLimiterIntervalInMS in the config)'
  );
}

function refuse(response: ServerResponse, status: number, error: string, waitMs?: number): void {
  const body = renderJson({ command: 'snapshot', error });
  response.writeHead(status, {
    ...usualHeaders,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...(waitMs === undefined ? {} : { 'Retry-After': Math.ceil(waitMs / 1000) }),
  });
  response.end(body);
}
