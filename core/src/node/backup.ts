/** A backup of a server that runs, made of its files by a thread of its own. */
import { Worker } from 'node:worker_threads';
import type { BackupPoint } from '../admin/backup-commands.js';
import type { FolderPaths } from './files.js';

/** What the thread is told. */
export interface BackupOrder extends BackupPoint, FolderPaths {
  readonly extendedTypes: boolean;
}

/** What the thread says. */
export type BackupNews =
  | { readonly type: 'ready'; readonly size: number }
  | { readonly type: 'piece'; readonly bytes: Uint8Array }
  | { readonly type: 'failed'; readonly message: string };

const CONFUSED = 'its thread answers what was not asked';

/** A snapshot file that is read piece by piece. */
export class Backup {
  /** Bytes of all pieces. */
  readonly size: number;
  readonly #thread: BackupThread;

  private constructor(size: number, thread: BackupThread) {
    this.size = size;
    this.#thread = thread;
  }

  /**
   * Reads the tree of a moment into memory: once more as much as the server needs for it.
   *
   * @param signal gives it up, then or later
   * @throws Error saying why there is no such tree, or the reason of `signal`
   */
  static async open(order: BackupOrder, signal: AbortSignal): Promise<Backup> {
    const thread = new BackupThread(order, signal);
    const news = await thread.news();
    if (news.type === 'ready') return new Backup(news.size, thread);
    thread.end();
    throw new Error(news.type === 'failed' ? news.message : CONFUSED);
  }

  /** The next piece, while there is one: {@link size} tells. @throws Error when it was given up */
  async next(): Promise<Uint8Array> {
    const news = await this.#thread.ask();
    if (news.type === 'piece') return news.bytes;
    this.close();
    throw new Error(news.type === 'failed' ? news.message : CONFUSED);
  }

  /** Lets its memory go. */
  close(): void {
    this.#thread.end();
  }
}

/** One question at a time. */
class BackupThread {
  readonly #worker: Worker;
  readonly #signal: AbortSignal;
  readonly #abort = (): void => this.end();
  #answer: ((news: BackupNews) => void) | undefined;
  #over: string | undefined;

  constructor(order: BackupOrder, signal: AbortSignal) {
    const file = new URL('./backup-worker.js', import.meta.url);
    this.#worker = new Worker(file, { execArgv: [], name: 'vivarium backup', workerData: order });
    this.#worker.unref();
    this.#worker.on('message', (news: BackupNews) => this.#answer?.(news));
    this.#worker.on('error', (error) => this.#fail(error.message));
    this.#worker.on('exit', () => this.#fail('its thread has ended'));
    this.#signal = signal;
    signal.addEventListener('abort', this.#abort);
    if (signal.aborted) this.end();
  }

  /** What it says next. */
  news(): Promise<BackupNews> {
    const message = this.#over;
    if (message !== undefined) return Promise.resolve({ type: 'failed', message });
    return new Promise((resolve) => {
      this.#answer = (news) => {
        this.#answer = undefined;
        resolve(news);
      };
    });
  }

  ask(): Promise<BackupNews> {
    this.#worker.postMessage(null);
    return this.news();
  }

  end(): void {
    this.#signal.removeEventListener('abort', this.#abort);
    this.#fail('it was given up');
    void this.#worker.terminate();
  }

  #fail(message: string): void {
    this.#over ??= message;
    this.#answer?.({ type: 'failed', message: this.#over });
  }
}
