/** Quorums and texts of random ensembles, as Apache ZooKeeper's own classes have them and we. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EnsembleSpec } from '@vivarium/core/internal/config/ensemble';
import { Membership } from '@vivarium/core/internal/zab/membership';
import { linesOf, randomEnsemble } from '../../support/random-ensemble.js';
import { type ApacheVersion, apacheJars } from '../apache.js';
import { Random } from '../back-to-back/random.js';

const run = promisify(execFile);

/** Sources that are not TypeScript stay where they are when the tests are built. */
const SOURCE = fileURLToPath(
  new URL('../../../interop/quorum-rules/QuorumRules.java', import.meta.url),
);
const QUESTIONS = 20;

export interface RulesResult {
  readonly ensembles: number;
  readonly questions: number;
  /** How many of the questions were quorums. */
  readonly quorums: number;
  /** The first differences, in words. */
  readonly differences: readonly string[];
}

interface Case {
  readonly spec: EnsembleSpec;
  readonly lines: readonly string[];
  readonly questions: readonly (readonly number[])[];
}

/**
 * Compares some random ensembles.
 *
 * @param largestId up to 15 texts must be equal; above, Apache's order depends on more than the
 * servers, and the texts must be equal once they are read and written by us
 */
export async function compareRules(
  version: ApacheVersion,
  seed: number,
  count: number,
  largestId: number,
): Promise<RulesResult> {
  const random = new Random(seed);
  const below = (limit: number) => random.below(limit);
  const cases = Array.from({ length: count }, (): Case => {
    const spec = randomEnsemble(below, largestId);
    // Apache counts whatever it is given as a vote, so that only voters may be asked about.
    const voters = [...new Membership(spec).voters];
    const questions = Array.from({ length: QUESTIONS }, () =>
      voters.filter(() => random.chance(0.6)),
    );
    return { spec, lines: linesOf(spec, below), questions };
  });
  const answers = await askApache(version, cases);
  const differences: string[] = [];
  let quorums = 0;
  for (const [at, { spec, questions }] of cases.entries()) {
    const members = new Membership(spec);
    const ours = questions.map((ids) => (members.hasQuorum(ids) ? '1' : '0')).join('');
    const { text = '', verdicts = '' } = answers[at] ?? {};
    if (verdicts !== ours) differences.push(`${members.text}: ${verdicts}, here ${ours}`);
    const asWritten = largestId <= 15 ? text : Membership.parse(text).text;
    if (asWritten !== members.text) differences.push(`${text}\nhere\n${members.text}`);
    quorums += ours.replaceAll('0', '').length;
  }
  const asked = count * QUESTIONS;
  return { ensembles: count, questions: asked, quorums, differences: differences.slice(0, 5) };
}

async function askApache(
  version: ApacheVersion,
  cases: readonly Case[],
): Promise<readonly { readonly text: string; readonly verdicts: string }[]> {
  const jars = join(await apacheJars(version), '*');
  const folder = await mkdtemp(join(tmpdir(), 'vivarium-rules-'));
  try {
    await run('javac', ['-nowarn', '-d', folder, '-cp', jars, SOURCE]);
    const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off';
    // A host file without hosts, so that nobody is asked for the names, which are of nobody.
    const alone = '-Djdk.net.hosts.file=/dev/null';
    const words = [
      quiet,
      alone,
      '-XX:TieredStopAtLevel=1',
      '-cp',
      `${jars}:${folder}`,
      'QuorumRules',
    ];
    const child = spawn('java', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const blocks = cases.map(({ lines, questions }) =>
      [...lines, ...questions.map((ids) => `? ${ids.join(' ')}`), '--\n'].join('\n'),
    );
    child.stdin.end(blocks.join(''));
    let output = '';
    child.stdout.setEncoding('utf8');
    for await (const part of child.stdout) output += part;
    return output.split('\n--\n').slice(0, -1).map(answerOf);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function answerOf(block: string): { readonly text: string; readonly verdicts: string } {
  const end = block.lastIndexOf('\n');
  return { text: block.slice(0, end), verdicts: block.slice(end + 1) };
}
