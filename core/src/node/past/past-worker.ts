/** The thread that reads the past of the tree; see `past-reader.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import type { PastAnswer } from '../../admin/past.js';
import { HistoryCutError } from '../../storage/history-cut.js';
import { ChangedLogError } from '../../storage/log-index.js';
import { RefusedStartError } from '../../storage/refused-start.js';
import { MalformedError } from '../../wire/reader.js';
import { Files } from '../files.js';
import { realNames } from '../real-names.js';
import { systemCode } from '../start-error.js';
import { TreeTooLargeError } from './held-trees.js';
import { NoSuchMomentError, PastReader } from './past-reader.js';
import type { PastAsked, PastOrder } from './past-thread.js';

/** Files may be purged or cut between a look at the folder and the reading. */
const ATTEMPTS = 3;

const order = workerData as PastOrder;
const reader = new PastReader(new Files(order), order);

parentPort?.on('message', (asked: PastAsked) => parentPort?.postMessage(answer(asked)));

function answer({ question, until, chunked }: PastAsked): PastAnswer {
  for (let attempt = 1; ; attempt++) {
    try {
      return reader.answer(question, until, chunked);
    } catch (error) {
      // What was read before the files changed is not to be trusted, nor is a tree half made.
      reader.forget();
      if (mayPass(error) && attempt < ATTEMPTS) continue;
      return refusal(error);
    }
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof ChangedLogError || ['ENOENT', 'ESTALE'].includes(systemCode(error));
}

function refusal(error: unknown): PastAnswer {
  if (!(error instanceof Error)) throw error;
  const message = realNames(error.message, order);
  if (error instanceof NoSuchMomentError) return { type: 'refused', status: 200, error: message };
  if (error instanceof TreeTooLargeError) return { type: 'refused', status: 200, error: message };
  if (mayPass(error)) {
    const why = `files went while they were read, as a purge takes them away; ask again (${message})`;
    return { type: 'refused', status: 200, error: why };
  }
  const isKnown =
    error instanceof HistoryCutError ||
    error instanceof RefusedStartError ||
    error instanceof MalformedError ||
    systemCode(error) !== '';
  if (!isKnown) throw error;
  return { type: 'refused', status: 500, error: `the files cannot be read: ${message}` };
}
