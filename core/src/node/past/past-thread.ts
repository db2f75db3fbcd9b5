/** A thread that reads the past, so that the loop of the server never does. */
import { Worker } from 'node:worker_threads';
import type { PastAnswer, PastQuestion } from '../../admin/past.js';
import type { Zxid } from '../../base/ids.js';
import type { FolderPaths } from '../files.js';

/** What the thread is made for. */
export interface PastOrder extends FolderPaths {
  readonly extendedTypes: boolean;
  readonly maxBytes: number;
}

/** One thing that it is asked. */
export interface PastAsked {
  readonly question: PastQuestion;
  readonly until: Zxid;
  readonly chunked: boolean;
}

/** Questions that may wait for their turn. */
const MOST_WAITING = 8;
/** Without a question for so long it ends, and what it held is free. */
const IDLE_MS = 120_000;

/** Whoever asks again has a thread of the new life of the server. */
const AGAIN: PastAnswer = { type: 'preparing' };
const ENDED: PastAnswer = {
  type: 'refused',
  status: 500,
  error: 'the thread that reads the files of this server has ended; ask again',
};
const BUSY: PastAnswer = {
  type: 'refused',
  status: 429,
  error: 'too many questions about the past are waiting; try again in a few seconds',
};

interface Waiting extends PastAsked {
  readonly answer: (answer: PastAnswer) => void;
}

/** Asks it one question after the other; it runs while there are any, and for a while after. */
export class PastThread {
  readonly #name: string;
  readonly #order: PastOrder;
  #worker: Worker | undefined;
  #asked: Waiting | undefined;
  readonly #waiting: Waiting[] = [];
  #idle: NodeJS.Timeout | undefined;

  constructor(name: string, order: PastOrder) {
    this.#name = name;
    this.#order = order;
  }

  /** Never rejects. */
  ask(asked: PastAsked): Promise<PastAnswer> {
    if (this.#waiting.length >= MOST_WAITING) return Promise.resolve(BUSY);
    return new Promise((answer) => {
      this.#waiting.push({ ...asked, answer });
      this.#next();
    });
  }

  /** Ends it; what was asked is to be asked again, unless something else is told. */
  end(told: PastAnswer = AGAIN): void {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
    const all = [this.#asked, ...this.#waiting.splice(0)];
    this.#asked = undefined;
    for (const each of all) each?.answer(told);
  }

  #next(): void {
    if (this.#asked !== undefined) return;
    const next = this.#waiting.shift();
    clearTimeout(this.#idle);
    if (next === undefined) {
      this.#idle = setTimeout(() => this.end(), IDLE_MS).unref();
      return;
    }
    this.#asked = next;
    this.#worker ??= this.#start();
    const { question, until, chunked } = next;
    this.#worker.postMessage({ question, until, chunked } satisfies PastAsked);
  }

  #start(): Worker {
    const file = new URL('./past-worker.js', import.meta.url);
    const worker = new Worker(file, { execArgv: [], name: this.#name, workerData: this.#order });
    worker.unref();
    worker.on('message', (answer: PastAnswer) => {
      if (this.#worker !== worker) return;
      const asked = this.#asked;
      this.#asked = undefined;
      asked?.answer(answer);
      this.#next();
    });
    const over = () => {
      if (this.#worker === worker) this.end(ENDED);
    };
    worker.on('error', over);
    worker.on('exit', over);
    return worker;
  }
}
