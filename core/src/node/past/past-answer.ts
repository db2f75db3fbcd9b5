import type { PastAnswer } from '../../admin/past.js';
import { HistoryCutError } from '../../storage/history-cut.js';
import { ChangedLogError } from '../../storage/log-index.js';
import { RefusedStartError } from '../../storage/refused-start.js';
import { MalformedError } from '../../wire/reader.js';
import type { FolderPaths } from '../files.js';
import { realNames } from '../real-names.js';
import { systemCode } from '../start-error.js';
import { TreeTooLargeError } from './held-trees.js';
import { NoSuchMomentError, type PastReader } from './past-reader.js';
import type { PastAsked } from './past-thread.js';

/** Files may be purged or cut between a look at the folder and the reading. */
const ATTEMPTS = 3;

/**
 * The answer to a question, or why there is none. What is read of files that change meanwhile is
 * thrown away and read again; no answer is made of both.
 *
 * @throws what is a defect
 */
export function answerPast(
  reader: PastReader,
  { question, until, chunked }: PastAsked,
  folders: FolderPaths,
): PastAnswer {
  for (let attempt = 1; ; attempt++) {
    try {
      return reader.answer(question, until, chunked);
    } catch (error) {
      const isSound = error instanceof NoSuchMomentError || error instanceof TreeTooLargeError;
      // Neither is a tree to be trusted of which half was made.
      if (!isSound) reader.forget();
      if (mayPass(error) && attempt < ATTEMPTS) continue;
      return refusal(error, folders);
    }
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof ChangedLogError || ['ENOENT', 'ESTALE'].includes(systemCode(error));
}

function refusal(error: unknown, folders: FolderPaths): PastAnswer {
  if (!(error instanceof Error)) throw error;
  const message = realNames(error.message, folders);
  const refused = (status: number, words: string): PastAnswer => {
    return { type: 'refused', status, error: words };
  };
  if (error instanceof NoSuchMomentError || error instanceof TreeTooLargeError) {
    return refused(200, message);
  }
  if (mayPass(error)) {
    return refused(200, `files went or changed while they were read; ask again (${message})`);
  }
  const isKnown =
    error instanceof HistoryCutError ||
    error instanceof RefusedStartError ||
    error instanceof MalformedError ||
    systemCode(error) !== '';
  if (!isKnown) throw error;
  return refused(500, `the files cannot be read: ${message}`);
}
