/** Our client and recipes over Apache ZooKeeper, and beside Curator's recipes. */
import { fileURLToPath } from 'node:url';
import { apacheVersions } from '../interop/apache.js';
import { nameOf, type ServerKind } from '../interop/server-process.js';
import { runFile } from '../support/runner.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';

const suites = {
  compliance: 'the suite of the client',
  recipes: 'the suite of the recipes',
  curator: 'one lock and one election with Curator',
} as const;
type SuiteName = keyof typeof suites;

const LIMIT_MS = 5 * 60_000;
const OUTPUT_TOLD_CHARS = 4_000;
const { newest, oldest } = apacheVersions;

/** Each suite on each server that it is for; of these the short form does the newest. */
const runs: readonly (readonly [SuiteName, ServerKind])[] = [
  ['compliance', newest],
  ['recipes', newest],
  ['curator', newest],
  ['curator', 'vivarium'],
  ['compliance', oldest],
  ['recipes', oldest],
];

interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  readonly problems: readonly string[];
}

export const prove: Proof = {
  name: 'on-apache',
  what: 'The client and the recipes keep all their promises over Apache ZooKeeper too.',
  async run({ short, slice, log }) {
    const rows: { name: SuiteName; kind: ServerKind; result: SuiteResult }[] = [];
    for (const [name, kind] of runs.filter(([, on]) => !short || on !== oldest)) {
      const result = (await slice(`${name} ${kind}`, async () => {
        const result = await runFile(programOf(name), LIMIT_MS, [kind]);
        const { passed, failed, problems, output } = result;
        if (problems.length > 0) log(output.slice(-OUTPUT_TOLD_CHARS));
        return { passed, failed, problems: [...problems] } as unknown as Json;
      })) as unknown as SuiteResult;
      rows.push({ name, kind, result });
      const said = `${result.passed} passed, ${result.failed} failed`;
      log([`${suites[name]} on ${nameOf(kind)}: ${said}`, ...result.problems].join('\n  '));
    }
    const failed = rows.reduce((sum, { result }) => sum + result.failed, 0);
    return {
      holds: rows.every(({ result }) => result.failed === 0 && result.passed > 0),
      counts: {
        suites: rows.length,
        'tests passed': rows.reduce((sum, { result }) => sum + result.passed, 0),
        'tests failed': failed,
      },
      versions: { 'Apache ZooKeeper': short ? newest : `${newest} and ${oldest}` },
      details: table(
        ['suite', 'server', 'passed', 'failed', 'what went wrong'],
        rows.map(({ name, kind, result }) => [
          suites[name],
          nameOf(kind),
          String(result.passed),
          String(result.failed),
          result.problems.map((problem) => problem.split('\n')[0]).join('; '),
        ]),
      ),
    };
  },
};

function programOf(name: SuiteName): string {
  return fileURLToPath(new URL(`../interop/on-apache/${name}-main.js`, import.meta.url));
}
