import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Actor } from './example.js';
import type { Order, Part, Report } from './messages.js';
import type { Relay } from './relay.js';

const PROGRAM = fileURLToPath(new URL('./participant.js', import.meta.url));
/** Ample: a machine may have other things to do. */
const LIMIT_MS = 60_000;

/** How a participant looks to who looks on. */
export type Look = 'absent' | 'runs' | 'holds' | 'stopped' | 'cut off';

/** What the stage wants to hear of a participant. */
export interface ActorNews {
  heard(actor: ProcessActor, report: Report): void;
  looks(actor: ProcessActor, look: Look): void;
}

interface Waiting {
  readonly text: string;
  resolve(said: string): void;
  reject(error: Error): void;
}

/** A participant: a process, and the way from it to the servers. */
export class ProcessActor implements Actor {
  readonly name: string;
  /** Resolves when its process is gone. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #relay: Relay;
  readonly #news: ActorNews;
  /** What it has said and nobody has waited for yet. */
  readonly #said: string[] = [];
  readonly #waiting = new Set<Waiting>();
  readonly #certain = new Set<number>();
  #ready = () => {};
  #failed: Error | undefined;
  #port = 0;
  #base: Look = 'runs';
  #isOver = false;

  constructor(part: Omit<Part, 'connectString'>, relay: Relay, news: ActorNews) {
    this.name = part.name;
    this.#relay = relay;
    this.#news = news;
    const words = JSON.stringify({ ...part, connectString: relay.connectString });
    this.#child = fork(PROGRAM, [words], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.#child.on('message', (report) => this.#hear(report as Report));
    this.#child.on('error', (error) => this.#fail(error));
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', () => {
        this.#isOver = true;
        this.#relay.close();
        this.#fail(new Error(`${this.name}'s process is gone`));
        this.#news.looks(this, 'absent');
        resolve();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it has a session. */
  ready(): Promise<void> {
    return this.#within('has no session', (resolve, reject) => {
      this.#ready = () => resolve('');
      this.#waiting.add({ text: '\0', resolve, reject });
    }).then(() => {});
  }

  /** @param signal forgets the wait: the promise is never settled then */
  says(text: string, signal?: AbortSignal): Promise<string> {
    const at = this.#said.findIndex((said) => said.includes(text));
    if (at >= 0) return Promise.resolve(this.#said.splice(0, at + 1).at(-1)!);
    return this.#within(`does not say "${text}"`, (resolve, reject) => {
      const waiting = { text, resolve, reject };
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', () => this.#waiting.delete(waiting));
    });
  }

  cue(name: string): void {
    this.#order({ type: 'cue', name });
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  freeze(): void {
    this.#child.kill('SIGSTOP');
    this.#turn('stopped');
  }

  thaw(): void {
    this.#turn('runs');
    this.#child.kill('SIGCONT');
  }

  cutOff(): void {
    this.#relay.cut();
    this.#turn('cut off');
  }

  mend(): void {
    this.#turn('runs');
    this.#relay.mend();
  }

  breakConnection(): void {
    this.#relay.break();
  }

  server(): number {
    return this.#relay.serverBehind(this.#port);
  }

  async leave(): Promise<void> {
    if (this.#isOver) return;
    this.#order({ type: 'leave' });
    await this.#within('does not leave', (resolve) => void this.ended.then(() => resolve('')));
  }

  #order(order: Order): void {
    if (!this.#isOver) this.#child.send(order, () => {}); // It may be gone just now.
  }

  #hear(report: Report): void {
    if (report.type === 'ready') {
      this.#turn('runs');
      this.#ready();
    }
    if (report.type === 'server') this.#port = report.port;
    if (report.type === 'certain') this.#certain.add(report.sample.hold);
    if (report.type === 'uncertain') this.#certain.delete(report.hold);
    if (report.type === 'certain' || report.type === 'uncertain') this.#turn(this.#base);
    this.#news.heard(this, report);
    if (report.type === 'failed') this.#fail(new Error(`${this.name}: ${report.story}`));
    if (report.type === 'says') this.#remember(report.text);
  }

  #remember(text: string): void {
    this.#said.push(text);
    for (const waiting of this.#waiting) {
      if (!text.includes(waiting.text)) continue;
      this.#said.length = 0;
      this.#waiting.delete(waiting);
      waiting.resolve(text);
    }
  }

  #turn(base: Look): void {
    this.#base = base;
    if (this.#isOver) return;
    const holds = base === 'runs' && this.#certain.size > 0;
    this.#news.looks(this, holds ? 'holds' : base);
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    for (const { reject } of this.#waiting) reject(this.#failed);
    this.#waiting.clear();
  }

  #within(
    failure: string,
    begin: (resolve: (said: string) => void, reject: (error: Error) => void) => void,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const story = `After ${LIMIT_MS / 1000} s ${this.name} ${failure}.`;
      const timer = setTimeout(() => reject(new Error(story)), LIMIT_MS).unref();
      const stop = () => clearTimeout(timer);
      begin(
        (said) => {
          stop();
          resolve(said);
        },
        (error) => {
          stop();
          reject(error);
        },
      );
      if (this.#failed !== undefined) reject(this.#failed);
    });
  }
}
