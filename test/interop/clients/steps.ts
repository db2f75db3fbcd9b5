/** What the rounds of the npm clients share: printing, and waiting for events. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

const EVENT_LIMIT_MS = 20_000;

/** The module under test, from the folder where npm put it. */
export function moduleUnderTest(name: string): unknown {
  return createRequire(join(process.argv[3]!, 'package.json'))(name);
}

/** `host:port` to connect to. */
export const address = process.argv[2]!;

/** Prints one line of the round. */
export function say(name: string, told: unknown): void {
  process.stdout.write(`${name}: ${typeof told === 'string' ? told : JSON.stringify(told)}\n`);
}

/** Runs a step and prints what came of it, an error as its code. */
export async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  const told = await work().catch((error: { code?: number } & Error) => {
    return `refused: ${error.code ?? ''} ${error.message}`;
  });
  say(name, told ?? 'done');
}

/** Events that come by themselves, taken one at a time. */
export class Events {
  readonly #come: string[] = [];
  #wake = (): void => {};

  readonly add = (text: string): void => {
    this.#come.push(text);
    this.#wake();
  };

  /** The next event; `none` when there is none for a long while. */
  async next(): Promise<string> {
    const timer = setTimeout(() => this.add('none'), EVENT_LIMIT_MS);
    try {
      while (this.#come.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      return this.#come.shift()!;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Takes events until this one has come. */
  async until(text: string): Promise<void> {
    for (;;) {
      const event = await this.next();
      if (event === text) return;
      if (event === 'none') throw new Error(`no ${text}`);
    }
  }
}
