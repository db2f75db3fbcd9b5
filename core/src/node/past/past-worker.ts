/** The thread that reads the past of the tree; see `past-reader.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { Files } from '../files.js';
import { answerPast } from './past-answer.js';
import { PastReader } from './past-reader.js';
import type { PastAsked, PastOrder } from './past-thread.js';

const order = workerData as PastOrder;
const reader = new PastReader(new Files(order), order);

parentPort?.on('message', (asked: PastAsked) => {
  parentPort?.postMessage(answerPast(reader, asked, order));
});
