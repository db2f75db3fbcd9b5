/**
 * `npm run scenarios -- --seed 42` plays every scenario in the world of seed 42.
 * `npm run scenarios -- --seed 1 --count 100 --only 'a lock'` plays those with the words in their
 * names, with a hundred seeds each, and goes on after a failure. `--list` names them.
 *
 * Exit codes: 0 all passed, 1 some failed, 2 usage.
 */
import { parseArgs } from 'node:util';
import { playSeed, titles } from './catalog.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed ?? 1 + Math.floor(Math.random() * 2 ** 31));
const count = Number(values.count);
const chosen = titles.filter((title) => title.includes(values.only));
if (!Number.isSafeInteger(first) || !(count >= 1) || chosen.length === 0) {
  process.stderr.write('npm run scenarios -- [--seed N] [--count N] [--only WORDS] [--list]\n');
  process.exitCode = 2;
} else if (values.list) {
  for (const title of chosen) process.stdout.write(`${title}\n`);
} else {
  process.exitCode = await playAll();
}

async function playAll(): Promise<number> {
  const began = performance.now();
  let failed = 0;
  for (const title of chosen) {
    const failing: number[] = [];
    let story = '';
    for (let seed = first; seed < first + count; seed++) {
      const { errors } = await playSeed(title, seed);
      if (errors.length === 0) continue;
      failing.push(seed);
      if (story === '') story = errors.map((error) => error.stack).join('\nand then: ');
    }
    if (failing.length === 0) continue;
    failed += failing.length;
    process.stdout.write(`FAILED ${title}\n  with seed ${failing.join(', ')}\n${story}\n\n`);
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  const runs = chosen.length * count;
  process.stdout.write(`${chosen.length} scenarios, ${runs} runs in ${seconds} s\n`);
  process.stdout.write(`${runs - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}
