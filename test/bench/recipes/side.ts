/** The programs that are measured, each a process that does one order a line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '../../interop/apache.js';
import { curatorProgram } from '../../interop/clients/programs.js';

export type SideName = 'curator' | 'ours';

const oursMain = fileURLToPath(new URL('./ours-main.js', import.meta.url));
/** An ordinary program's heap, and the compilers that it has by default. */
const JVM = ['-Xms256m', '-Xmx1g'];

export class Side {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiting: ((line: string) => void)[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    const forget = endWithThisProcess(child);
    createInterface({ input: child.stdout! }).on('line', (line) => this.#waiting.shift()?.(line));
    this.#ended = new Promise((resolve) =>
      child.once('close', () => {
        forget();
        for (const tell of this.#waiting.splice(0)) tell('failed it has ended');
        resolve();
      }),
    );
  }

  /** Starts one whose clients go to `address`. */
  static async start(name: SideName, address: string): Promise<Side> {
    const { command, words } = await programOf(name);
    const filled = words.map((word) => (word === 'ADDRESS' ? address : word));
    const child = spawn(command, filled, { stdio: ['pipe', 'pipe', 'pipe'] });
    createInterface({ input: child.stderr }).on('line', (line) => {
      // That there is no logger is as it is meant to be.
      if (!line.startsWith('SLF4J')) process.stderr.write(`${name}: ${line}\n`);
    });
    const side = new Side(child);
    const said = await side.#line();
    if (said !== 'ready') throw new Error(`the program of ${name} says '${said}'`);
    return side;
  }

  #line(): Promise<string> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The times that it took to do something, in milliseconds. @throws when it was not done */
  async ask(...order: readonly (string | number)[]): Promise<readonly number[]> {
    this.#child.stdin!.write(`${order.join(' ')}\n`);
    const [word, ...rest] = (await this.#line()).split(' ');
    if (word !== 'result') throw new Error(`'${order.join(' ')}' failed: ${rest.join(' ')}`);
    return rest.map(Number);
  }

  end(): Promise<void> {
    this.#child.stdin!.end();
    return this.#ended;
  }

  /** Ends it without a word to the servers. */
  kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    return this.#ended;
  }
}

async function programOf(name: SideName) {
  if (name === 'ours') return { command: process.execPath, words: [oursMain, 'ADDRESS'] };
  const { command, words } = await curatorProgram('Bench');
  const whole = words.filter((word) => !word.startsWith('-XX:TieredStopAtLevel'));
  return { command, words: [...JVM, ...whole] };
}
