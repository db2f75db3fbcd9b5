/**
 * `npm run bench -- console` measures what a console that stands open costs its server, idle and
 * under load, in the processor time of the server's process. It needs Chromium. What came out is
 * written to docs/internals/proofs/bench-console.md.
 *
 * The server is left alone for fifteen minutes first, so that it has all the history that it keeps;
 * `--age-minutes N` is another time. `--rounds N`, `--seconds N` and `--cases get,set,mixed` do
 * more or less of it, `--short` a little; only a full run writes the page, or one with `--write`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderPage } from '../../prove/page.js';
import { type CaseName, caseNames } from '../cases.js';
import { cpuMs } from '../cpu.js';
import { loadInProcess } from '../load-process.js';
import { removeFolder, startSubject } from '../subjects.js';
import { words } from '../words.js';
import { Onlooker } from './onlooker.js';
import { renderConsole } from './page.js';
import { type ConsoleRecord, judgeConsole, type View, views } from './records.js';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    cases: { type: 'string', default: 'get,set,mixed' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
    'age-minutes': { type: 'string', default: '15' },
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

// Without this a signal would end the bench and leave its server running.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const { short } = values;
const cases = words<CaseName>('cases', short ? 'set' : values.cases, caseNames);
const rounds = short ? 1 : Number(values.rounds);
const seconds = short ? 2 : Number(values.seconds);
const ageMinutes = short ? 0 : Number(values['age-minutes']);
/** Several questions of the page fall into it. */
const idleSeconds = short ? 2 : 3 * seconds;
/** What a page asks for once, when it is opened, is not counted. */
const settleSeconds = short ? 0.5 : 2;
const CROWD = { clients: 8, outstanding: 16 };
const HOST = '127.0.0.1';

const top = fileURLToPath(new URL('../../../..', import.meta.url));
const folder = join(top, '.cache', 'bench', 'console');
const pages = join(top, 'docs', 'internals', 'proofs');
const began = new Date().toISOString();
const records: ConsoleRecord[] = [];

function record(one: ConsoleRecord): void {
  records.push(one);
  process.stdout.write(`${JSON.stringify(one)}\n`);
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function idle(pid: number): Promise<number> {
  await after(settleSeconds * 1_000);
  const cpu = cpuMs(pid);
  const from = performance.now();
  await after(idleSeconds * 1_000);
  return (cpuMs(pid) - cpu) / ((performance.now() - from) / 1_000);
}

async function loaded(port: number, pid: number, name: CaseName, round: number, view: View) {
  const result = await loadInProcess({
    ...{ servers: [{ host: HOST, port }], pids: [pid], case: name, ...CROWD },
    ...{ warmSeconds: Math.min(2, seconds / 2), seconds, run: `${round}-${views.indexOf(view)}` },
  });
  const { opsPerSecond, cpuUsPerOp, errors } = result;
  record({ part: 'loaded', round, view, case: name, opsPerSecond, cpuUsPerOp, errors });
}

removeFolder(folder);
const server = await startSubject('vivarium', { folder });
let version = '';
try {
  const onlooker = await Onlooker.open(server.port);
  version = onlooker.version;
  try {
    const where = { servers: [{ host: HOST, port: server.port }], pids: [], warmSeconds: 0 };
    const warm = { ...where, ...CROWD, seconds: short ? 2 : 20, run: 'warm' };
    await loadInProcess({ ...warm, case: 'mixed' });
    await after(ageMinutes * 60_000);
    for (let round = 1; round <= rounds; round++) {
      const order = round % 2 === 1 ? views : [...views].reverse();
      for (const view of order) {
        const cpuMsPerSecond = await onlooker.during(view, () => idle(server.pid));
        record({ part: 'idle', round, view, cpuMsPerSecond });
      }
      for (const name of cases) {
        for (const view of order) {
          await onlooker.during(view, () => loaded(server.port, server.pid, name, round, view));
        }
      }
    }
  } finally {
    await onlooker.close();
  }
} finally {
  await server.stop();
}

const judged = judgeConsole(records);
const reached = judged.filter(({ holds }) => holds).length;
const errors = records.reduce((sum, one) => sum + (one.part === 'loaded' ? one.errors : 0), 0);
const body = renderConsole(records);
process.stdout.write(`\n${body}\n\n`);
const isFull = !short && rounds >= 5 && ageMinutes >= 15;
if (isFull || values.write) {
  const what = 'What a console that stands open in a browser costs the server that it looks at.';
  const verdict = {
    holds: errors === 0 && reached === judged.length,
    counts: { targets: judged.length, reached, 'failed operations': errors, rounds },
    versions: { Chromium: version },
    details: body,
  };
  mkdirSync(pages, { recursive: true });
  const proof = { name: 'bench-console', what };
  const page = renderPage(proof, verdict, 'npm run bench -- console', began);
  writeFileSync(join(pages, 'bench-console.md'), page);
}
process.stdout.write(
  `${reached} of ${judged.length} targets reached, ${errors} operations failed\n`,
);
// A short run on a busy machine proves that the bench works; only a full one judges the cost.
process.exitCode = errors > 0 || (isFull && reached < judged.length) ? 1 : 0;
