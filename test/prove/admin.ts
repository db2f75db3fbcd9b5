/** What administrators and monitoring are told, beside Apache ZooKeeper. */

import { type Comparison, compareAlone, compareInEnsemble } from '../interop/admin/compare.js';
import { meant } from '../interop/admin/meant.js';
import { checkMetrics, type MetricsCheck } from '../interop/admin/promtool.js';
import { apacheVersions } from '../interop/apache.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';

export const prove: Proof = {
  name: 'admin',
  what: 'Four-letter words, admin commands and metrics are answered as by Apache ZooKeeper.',
  async run({ short, slice, log }) {
    const work: Record<string, () => Promise<Comparison>> = {
      'a server alone': compareAlone,
      ...(!short && {
        'a leader, a follower and an observer': () =>
          compareInEnsemble(['leader', 'follower', 'observer']),
      }),
    };
    const found: Comparison[] = [];
    for (const [name, compare] of Object.entries(work)) {
      const one = (await slice(name, asJson(compare))) as unknown as Comparison;
      log(`${name}: ${one.asked} questions, ${one.differences.length} differences`);
      found.push(one);
    }
    const metrics = (await slice('promtool', asJson(checkMetrics))) as unknown as MetricsCheck;
    log(`promtool: ${metrics.families} metrics, ${metrics.problems.length} problems`);
    const differences = found.flatMap((one) => one.differences);
    const asMeant = new Set(found.flatMap((one) => one.meant));
    return {
      holds:
        differences.length === 0 &&
        metrics.problems.length === 0 &&
        metrics.families > 0 &&
        metrics.rulesHold,
      counts: {
        'questions asked of both': found.reduce((sum, { asked }) => sum + asked, 0),
        'answers that differ on purpose': asMeant.size,
        'answers that differ': differences.length,
        'metrics read by promtool': metrics.families,
        'problems of our own metrics': metrics.problems.length,
        'alarms read by promtool': Number(/(\d+) rules found/.exec(metrics.rules)?.[1] ?? 0),
      },
      versions: { 'Apache ZooKeeper': apacheVersions.newest, promtool: metrics.version },
      details: [
        WHAT,
        '## What differs on purpose',
        table(
          ['question', 'difference', 'why'],
          meant.map(({ question, difference, why }) => [
            `\`${question.source}\``,
            `\`${difference.source}\``,
            why,
          ]),
        ),
        ...section('What differs', differences),
        ...(metrics.rulesHold ? [] : section('What promtool says of the alarms', [metrics.rules])),
        ...section('What promtool says of our own metrics', metrics.problems),
      ].join('\n\n'),
    };
  },
};

const WHAT = `## Questions

Both servers are in the same scene: nodes, an ephemeral one, watches of two clients. Each is asked
every four-letter word, every admin command and \`/metrics\`. Words whose answer is the same whoever
gives it are compared line by line, with ids, addresses and times replaced; JSON by its fields and
their types, where a whole number is told from one with a fraction; metrics by name, type and
quantiles.

\`promtool check metrics\` reads what \`/metrics\` says; it has opinions on names that are
ZooKeeper's, so only those on Vivarium's own count. \`promtool check rules\` reads the alarms.`;

function section(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  return [`## ${title}`, lines.map((line) => `- ${line.replaceAll('\n', ' ')}`).join('\n')];
}

function asJson(work: () => Promise<unknown>): () => Promise<Json> {
  return async () => (await work()) as Json;
}
