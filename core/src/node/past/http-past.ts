import type { ServerResponse } from 'node:http';
import type { ProcessFacts } from '../../admin/facts.js';
import type { PastAnswer, PastQuestion, PastTransaction } from '../../admin/past.js';
import { pastBody } from '../../admin/past-json.js';
import { isAskedFor, openPart } from '../../admin/past-view.js';
import { renderJson } from '../../admin/values.js';
import type { Config } from '../../config/config.js';
import type { PeerView } from '../../peer/view.js';
import { usualHeaders } from '../http-headers.js';
import { within } from '../within.js';
import { PastThread } from './past-thread.js';

export interface HttpPastParts {
  readonly config: Config;
  /** Where the files are. */
  readonly facts: Pick<ProcessFacts, 'dataDir' | 'dataLogDir'>;
}

/** Who asks what, of which server. */
export interface PastRequest {
  readonly command: string;
  readonly question: PastQuestion;
  /** Whether an administrator asks, who sees what is protected and deleted, too. */
  readonly isAdministrator: boolean;
  readonly view: PeerView;
}

/** An answer that takes longer is waited for so long; then the question is to be asked again. */
const WAIT_MS = 4_000;
/** Answers that came too late are kept so long for whoever asks again. */
const KEPT_MS = 30_000;
/** Pieces of log that are gone through for one page of somebody who sees a part. */
const MOST_PIECES = 16;

/**
 * Answers questions about the past. Two threads read it, each one question at a time, and only
 * while there are questions: one the logs, one the trees, so that a tree that takes long to be made
 * holds nobody up who looks through the log.
 */
export class HttpPast {
  readonly #parts: HttpPastParts;
  #threads: { readonly life: string; readonly logs: PastThread; readonly trees: PastThread };
  readonly #late = new Map<string, Promise<PastAnswer>>();

  constructor(parts: HttpPastParts) {
    this.#parts = parts;
    this.#threads = this.#newThreads('');
  }

  /** Ends the threads. */
  close(): void {
    this.#threads.logs.end();
    this.#threads.trees.end();
  }

  /** Answers; it never throws. */
  async send(request: PastRequest, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(request);
    if (response.destroyed) return;
    const isRefused = answer.type === 'refused';
    const { error = null, ...rest } = pastBody(answer);
    const body = renderJson({ ...rest, command: request.command, error });
    response.writeHead(isRefused ? answer.status : 200, {
      ...usualHeaders,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      ...(isRefused && answer.status === 429 ? { 'Retry-After': 3 } : {}),
    });
    response.end(body);
  }

  #answer(request: PastRequest): Promise<PastAnswer> {
    const { question, isAdministrator, view } = request;
    this.#follow(view);
    if (question.type === 'span') return this.#ask(question, view, false);
    if (question.type !== 'transactions') return this.#ofTrees(request, question.path);
    if (isAdministrator) return this.#ask(question, view, false);
    return this.#openTransactions(question, view);
  }

  /** What is known of the logs of one life of the server need not hold in the next one. */
  #follow({ mode, startedAt }: PeerView): void {
    const life = `${mode} ${startedAt}`;
    if (this.#threads.life === life) return;
    this.close();
    this.#late.clear();
    this.#threads = this.#newThreads(life);
  }

  #newThreads(life: string) {
    const { facts, config } = this.#parts;
    const order = {
      snapshots: facts.dataDir,
      logs: facts.dataLogDir,
      extendedTypes: config.extendedTypesEnabled,
      maxBytes: config.pastTreesMaxBytes,
    };
    const logs = new PastThread('vivarium past logs', order);
    return { life, logs, trees: new PastThread('vivarium past trees', order) };
  }

  #ask(question: PastQuestion, view: PeerView, chunked: boolean): Promise<PastAnswer> {
    return this.#threads.logs.ask({ question, until: view.lastZxid, chunked });
  }

  /** Two who ask the same at a time get the same; who comes back for it later, too. */
  async #ofTrees(request: PastRequest, path: string): Promise<PastAnswer> {
    const { question, view, isAdministrator } = request;
    const key = JSON.stringify(question, (_, value) => {
      return typeof value === 'bigint' ? String(value) : value;
    });
    const known = this.#late.get(key);
    const work =
      known ?? this.#threads.trees.ask({ question, until: view.lastZxid, chunked: false });
    if (known === undefined) {
      this.#late.set(key, work);
      void work.then(() => {
        setTimeout(() => this.#forget(key, work), KEPT_MS).unref();
      });
    }
    const answer = await within(WAIT_MS, work);
    if (answer === undefined) return { type: 'preparing' };
    this.#forget(key, work);
    return isAdministrator ? answer : openPart(answer, path, (each) => view.openSince(each));
  }

  #forget(key: string, work: Promise<PastAnswer>): void {
    if (this.#late.get(key) === work) this.#late.delete(key);
  }

  /**
   * A page of what anybody may see. Neither where it ends nor how long it takes follows from what
   * is left out: whole pieces of log are gone through, whatever they hold.
   */
  async #openTransactions(
    question: Extract<PastQuestion, { type: 'transactions' }>,
    view: PeerView,
  ): Promise<PastAnswer> {
    const rows: PastTransaction[] = [];
    const gaps: Extract<PastAnswer, { type: 'transactions' }>['gaps'][number][] = [];
    let readBytes = 0;
    let asked = question;
    for (let piece = 1; ; piece++) {
      const answer = await this.#ask(asked, view, true);
      if (answer.type !== 'transactions') return answer;
      const open = openPart(answer, '/', (path) => view.openSince(path));
      if (open.type === 'transactions') {
        rows.push(...open.rows.filter((row) => isAskedFor(row, question)));
      }
      gaps.push(...answer.gaps);
      readBytes += answer.readBytes;
      const { next } = answer;
      const told = { type: 'transactions', gaps, readBytes } as const;
      const more = rows.length > question.limit ? rows[question.limit - 1]!.zxid - 1n : next;
      if (next === undefined || rows.length >= question.limit || piece === MOST_PIECES) {
        const shown = rows.slice(0, question.limit);
        return { ...told, rows: shown, ...(more !== undefined && { next: more }) };
      }
      asked = { ...question, from: { zxid: next } };
    }
  }
}
