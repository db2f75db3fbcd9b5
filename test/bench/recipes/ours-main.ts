/**
 * Our side of the bench of recipes: does one order a line, and answers with the times that it took,
 * in milliseconds. Takes a connect string. Curator's side is Bench.java.
 */
import { createInterface } from 'node:readline';
import { barrier, barriers } from './barrier-orders.js';
import { count } from './counter-orders.js';
import { Candidates, resign } from './election-orders.js';
import { tell } from './group-orders.js';
import { handOver, lock, Queue } from './lock-orders.js';
import { Pool } from './pool.js';

const pool = new Pool(process.argv[2]!);
const candidates = new Candidates(pool);
let queue: Queue | undefined;

async function obey([order, ...words]: readonly string[]): Promise<readonly number[]> {
  const [a = 0, b = 0, c = 0] = words.map(Number);
  switch (order) {
    case 'lock':
      return lock(pool, a);
    case 'hand-over':
      return handOver(pool, a, b);
    case 'queue':
      queue = await Queue.begin(pool, a);
      await pool.wake();
      return [];
    case 'drain':
      return queue!.drain(a);
    case 'disperse':
      await queue!.disperse();
      return [];
    case 'resign':
      return resign(pool, a, b);
    case 'stand':
      await candidates.stand(words[0]!, b, c);
      return [];
    case 'led':
      await candidates.led();
      return [];
    case 'withdraw':
      await candidates.withdraw();
      return [];
    case 'tell':
      return tell(pool, a, b, c);
    case 'barrier':
      return barrier(pool, a, b);
    case 'barriers':
      return barriers(pool, a, b);
    case 'count':
      return count(pool, a, b);
    default:
      throw new Error(`there is no order '${order}'`);
  }
}

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const said = await obey(line.split(' ')).then(
    (times) => ['result', ...times.map((ms) => ms.toFixed(4))].join(' '),
    (error: Error) => `failed ${error.message}`,
  );
  process.stdout.write(`${said}\n`);
}
await pool.close();
