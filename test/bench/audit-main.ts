/**
 * `npm run bench -- audit` measures what the audit log costs a server: two of ours, one with
 * `audit.enable=true` and a file, are driven in turn. `--rounds N` and `--seconds N` are those of
 * the other benches.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { CaseName } from './cases.js';
import type { LoadResult } from './load.js';
import { loadInProcess } from './load-process.js';
import { median } from './records.js';
import { removeFolder, type Subject, startSubject } from './subjects.js';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

// Without this a signal would end the bench and leave its servers running.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const cache = fileURLToPath(new URL('../../../.cache/bench/', import.meta.url));
const CASES: readonly CaseName[] = ['get', 'set', 'create'];
const CROWD = { clients: 8, outstanding: 16 };

function drive({ port, pid }: Subject, name: CaseName, run: string): Promise<LoadResult> {
  return loadInProcess({
    ...{ servers: [{ host: '127.0.0.1', port }], pids: [pid], case: name, ...CROWD },
    ...{ warmSeconds: Math.min(2, seconds / 2), seconds, run },
  });
}

function start(name: string, config: Readonly<Record<string, string>>): Promise<Subject> {
  const folder = join(cache, name);
  removeFolder(folder);
  return startSubject('vivarium', { folder, config });
}

const plain = await start('plain', {});
const auditFile = join(cache, 'audited', 'audit.log');
const audit = { 'audit.enable': 'true', 'vivarium.auditFile': auditFile };
const audited = await start('audited', audit);
try {
  for (const subject of [plain, audited]) await drive(subject, 'mixed', 'warm');
  for (const name of CASES) {
    const ratios: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const order = round % 2 === 1 ? [plain, audited] : [audited, plain];
      const spent = new Map<Subject, number>();
      for (const subject of order) {
        const { cpuUsPerOp, opsPerSecond, errors } = await drive(subject, name, `${round}`);
        if (errors > 0) throw new Error(`${errors} operations failed`);
        const which = subject === plain ? 'plain' : 'audited';
        process.stdout.write(
          `${JSON.stringify({ name, round, which, cpuUsPerOp, opsPerSecond })}\n`,
        );
        spent.set(subject, cpuUsPerOp);
      }
      ratios.push(spent.get(audited)! / spent.get(plain)!);
    }
    const [least, greatest] = [Math.min(...ratios), Math.max(...ratios)].map((r) => r.toFixed(2));
    const middle = median(ratios).toFixed(2);
    process.stdout.write(
      `${name}: ${middle} (${least}–${greatest}) of the processor time without\n`,
    );
  }
} finally {
  await Promise.all([plain.stop(), audited.stop()]);
}
