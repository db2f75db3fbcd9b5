/** Threads that run the simulator, one for each processor. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Each does one thing after the other: it answers each message with one. */
export class Threads<Asked, Answer> {
  readonly #idle: Worker[] = [];
  readonly #all: Worker[] = [];
  readonly #waiting: ((worker: Worker) => void)[] = [];

  /** @param main the module that they run */
  constructor(main: URL) {
    for (let n = 0; n < availableParallelism(); n++) {
      const worker = new Worker(main);
      this.#all.push(worker);
      this.#idle.push(worker);
    }
  }

  /** Lets one of them do something, as soon as one has nothing else to do. */
  async run<T>(work: (ask: (asked: Asked) => Promise<Answer>) => Promise<T>): Promise<T> {
    const worker =
      this.#idle.shift() ?? (await new Promise<Worker>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(async (asked) => {
        worker.postMessage(asked);
        const [answer] = (await once(worker, 'message')) as [Answer];
        return answer;
      });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(worker);
      else next(worker);
    }
  }

  end(): void {
    for (const worker of this.#all) void worker.terminate();
  }
}
