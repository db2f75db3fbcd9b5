/** Each example of the cookbook, played by the command, in processes. */
import { examples } from '@vivarium/recipes/examples';
import { playToItsEnd } from '../recipes/example-played.js';
import { table } from './page.js';
import type { Proof } from './proof.js';
import { turnOfToday } from './turns.js';

/** How many are played by a short proof. */
const SHORT_EXAMPLES = 4;

interface Played extends Record<string, string | number> {
  readonly events: number;
  readonly ms: number;
  /** Empty when the promise was kept. */
  readonly problem: string;
}

export const prove: Proof = {
  name: 'examples',
  what:
    'Every example of the cookbook, played by its command in processes, ends by itself with its ' +
    'promise kept.',
  async run({ short, args: [word = ''], slice, signal, log }) {
    const all = Object.keys(examples).filter((name) => name.includes(word));
    const chosen = short ? turnOfToday(all, Math.min(SHORT_EXAMPLES, all.length)) : all;
    const rows: { name: string; one: Played }[] = [];
    for (const name of chosen) {
      const one = (await slice(name, () => play(name, signal))) as Played;
      log(`${name}: ${one.problem === '' ? `${one.events} events` : one.problem}`);
      rows.push({ name, one });
    }
    const broken = rows.filter(({ one }) => one.problem !== '');
    return {
      holds: rows.length > 0 && broken.length === 0,
      counts: {
        examples: rows.length,
        events: rows.reduce((sum, { one }) => sum + one.events, 0),
        'promises not kept': broken.length,
      },
      details: [
        '## The examples',
        table(
          ['example', 'what it promises', 'events'],
          rows.map(({ name, one }) => [name, examples[name]!.promise, String(one.events)]),
        ),
        ...broken.map(({ name, one }) => `- ${name}: ${one.problem}`),
      ].join('\n\n'),
    };
  },
};

async function play(name: string, signal: AbortSignal): Promise<Played> {
  signal.throwIfAborted();
  const began = performance.now();
  const ended = await playToItsEnd(name, signal).then(
    (events) => ({ events, problem: '' }),
    (error: Error) => ({ events: 0, problem: error.message }),
  );
  signal.throwIfAborted(); // told to stop: that is nothing that the example did
  return { ...ended, ms: Math.round(performance.now() - began) };
}
