/**
 * Whether what is done again and again leaves anything behind: in the client's memory, at the
 * server, in signals and timers. A word takes only the cases with it in their names.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cases, type LeakCase } from '../interop/leaks/cases.js';
import { type LeakRun, runCase } from '../interop/leaks/measure.js';
import { PLANTED_SETTLE_MS, plantLeaks } from '../interop/leaks/planted.js';
import { World } from '../interop/leaks/world.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';

export const prove: Proof = {
  name: 'leaks',
  what:
    'Subscriptions, locks and the other recipes, done thousands of times, leave nothing behind: ' +
    'no memory, no watch or node at the server, no listener, no timer. Leaks that are planted are ' +
    'found.',
  async run({ short, args, slice, log }) {
    const chosen = cases.filter(({ name }) => name.includes(args[0] ?? ''));
    const { leaks, cleanUp } = plantLeaks();
    const folder = await mkdtemp(join(tmpdir(), 'vivarium-leaks-'));
    let world: Promise<World> | undefined;
    const run = (one: LeakCase, settleMs?: number) =>
      slice(one.name, async () => {
        world ??= World.begin(folder);
        const times = short ? one.shortOperations : one.operations;
        return (await runCase(await world, one, times, settleMs)) as unknown as Json;
      }) as unknown as Promise<LeakRun>;
    try {
      const rows: string[][] = [];
      let leaking = 0;
      let operations = 0;
      for (const one of chosen) {
        const result = await run(one);
        const found = result.findings.map(({ what, text }) => `${what}: ${text}`).join(', ');
        if (found !== '') leaking += 1;
        operations += result.operations;
        rows.push([one.name, ...figuresOf(result), found === '' ? 'nothing' : `**${found}**`]);
        log(`${one.name}, ${result.operations} times: leaves ${found === '' ? 'nothing' : found}`);
      }
      const planted: string[][] = [];
      let missed = 0;
      for (const one of leaks) {
        const { findings } = await run(one, PLANTED_SETTLE_MS).finally(cleanUp);
        const found = findings.find(({ what }) => what === one.foundBy);
        if (found === undefined) missed += 1;
        const said = found === undefined ? '**not found**' : `${found.what}: ${found.text}`;
        planted.push([one.name, said]);
        log(`planted, ${one.name}: ${said}`);
      }
      const head = ['what', 'times', 'bytes each, first half', 'second half', 'left'];
      return {
        holds: chosen.length > 0 && leaking === 0 && missed === 0,
        counts: {
          cases: chosen.length,
          operations,
          leaking,
          planted: leaks.length,
          'planted and not found': missed,
        },
        details: ['## Cases', HOW, table(head, rows), '## Planted', table(['', ''], planted)].join(
          '\n\n',
        ),
      };
    } finally {
      await (await world)?.end();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

const HOW = `Fifty at a time, after as many as a fifth to warm up. The heap is asked for eleven times, each time
after forced collections when nothing is under way; the slopes are those of the two halves. A leak
goes on in the second half as in the first, with more than 12 bytes for each operation. Watches and
ephemeral nodes are counted by the server, entries and requests by the clients; listeners are those
of a signal that all calls are given, and of the sessions' own.`;

function figuresOf({ operations, growth }: LeakRun): string[] {
  const slopes = [growth.firstSlope, growth.secondSlope].map((slope) => slope.toFixed(1));
  return [operations.toLocaleString('en-US'), ...slopes];
}
