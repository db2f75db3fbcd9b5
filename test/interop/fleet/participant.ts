/** One program of a fleet, which does as it is told, a line at a time. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { endWithThisProcess } from '../apache.js';
import type { Program } from '../clients/round.js';

/** What a program is started with in place of words of its command. */
export interface Life {
  readonly ADDRESS: string;
  readonly NAME: string;
  readonly SESSION_MS: string;
}

const LIMIT_MS = 120_000;
const ERRORS_KEPT = 4_000;

export class Participant {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #said: string[] = [];
  readonly #waiting: ((line: string) => void)[] = [];
  readonly #ended: Promise<void>;
  #errors = '';
  #isOver = false;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    const forget = endWithThisProcess(child);
    createInterface({ input: child.stdout! }).on('line', (line) => this.#hear(line));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-ERRORS_KEPT);
    });
    child.stdin!.on('error', () => {}); // it has ended, which is told by what it does not answer
    this.#ended = new Promise((resolve) => {
      child.once('close', () => {
        forget();
        this.#isOver = true;
        for (const wake of this.#waiting.splice(0)) wake('ended');
        resolve();
      });
    });
  }

  /** @throws when it does not connect */
  static async start({ command, words, env }: Program, life: Life): Promise<Participant> {
    const filled = words.map((word) => life[word as keyof Life] ?? word);
    const child = spawn(command, filled, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const participant = new Participant(life.NAME, child);
    const said = await participant.answer();
    if (said !== 'ready') throw participant.trouble(said);
    return participant;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  tell(order: string): void {
    this.#child.stdin!.write(`${order}\n`);
  }

  async ask(order: string): Promise<string> {
    this.tell(order);
    return await this.answer();
  }

  /** Its next line; `ended`, when there will be none. @throws when none comes in time */
  answer(): Promise<string> {
    const said = this.#said.shift();
    if (said !== undefined) return Promise.resolve(said);
    if (this.#isOver) return Promise.resolve('ended');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.trouble('nothing')), LIMIT_MS);
      this.#waiting.push((line) => {
        clearTimeout(timer);
        resolve(line);
      });
    });
  }

  /** What it said when it should have said something else, with what it complains of. */
  trouble(said: string): Error {
    return new Error(`${this.name} says '${said}'\n${this.#errors}`);
  }

  /** Stops it where it is. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #hear(line: string): void {
    const wake = this.#waiting.shift();
    if (wake === undefined) this.#said.push(line);
    else wake(line);
  }
}
