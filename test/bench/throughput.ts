/** The rounds of cases: each case on each server in turn, in alternating order. */
import { type CaseName, type Level, levels } from './cases.js';
import { loadInProcess } from './load-process.js';
import type { CaseRecord } from './records.js';
import type { Subject } from './subjects.js';

const HOST = '127.0.0.1';

export interface ThroughputOptions {
  readonly cases: readonly CaseName[];
  readonly levels: readonly Level[];
  readonly rounds: number;
  readonly seconds: number;
  /** How long each server is driven before the first round. */
  readonly warmSeconds: number;
  readonly record: (record: CaseRecord) => void;
}

/** Warms every subject, then measures. The subjects run all the while; only one is driven. */
export async function measureCases(
  subjects: readonly Subject[],
  canned: Subject,
  options: ThroughputOptions,
): Promise<void> {
  for (const { port } of subjects) {
    const seconds = options.warmSeconds / 2;
    const where = { servers: [{ host: HOST, port }], pids: [] };
    const job = { ...where, seconds, warmSeconds: 0, clients: 8, outstanding: 16, run: 'warm' };
    await loadInProcess({ ...job, case: 'mixed' });
    await loadInProcess({ ...job, case: 'create' });
  }
  for (const level of options.levels) {
    options.record(await one(canned, 'get', level, 0, Math.min(2, options.seconds)));
  }
  for (let round = 1; round <= options.rounds; round++) {
    const order = round % 2 === 1 ? subjects : [...subjects].reverse();
    for (const name of options.cases) {
      for (const level of options.levels) {
        for (const subject of order) {
          options.record(await one(subject, name, level, round, options.seconds));
        }
      }
    }
  }
}

async function one(
  subject: Subject,
  name: CaseName,
  level: Level,
  round: number,
  seconds: number,
): Promise<CaseRecord> {
  const { clients, outstanding } = level;
  const result = await loadInProcess({
    ...{ servers: [{ host: HOST, port: subject.port }], pids: [subject.pid] },
    ...{ case: name, clients, outstanding, seconds },
    ...{ warmSeconds: Math.min(1, seconds / 2), run: `${round}-${levels.indexOf(level)}` },
    ...{ canned: subject.name === 'canned' },
  });
  return { part: 'cases', round, subject: subject.name, case: name, level: level.name, ...result };
}
