/** Who is a quorum, and what `/zookeeper/config` says of it, beside Apache ZooKeeper. */
import { type ApacheVersion, apacheVersions } from '../interop/apache.js';
import {
  compareConfigNodes,
  layouts,
  type NodesResult,
} from '../interop/quorum-rules/config-nodes.js';
import { compareRules, type RulesResult } from '../interop/quorum-rules/rules.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';

const { newest, oldest } = apacheVersions;
const ENSEMBLES_OF_A_SLICE = 2500;
/** Up to 15 texts are compared byte by byte. */
const LARGEST_IDS = [15, 255] as const;

export const prove: Proof = {
  name: 'quorum-rules',
  what: 'The same servers are a quorum here and in Apache ZooKeeper, and the config node says the same.',
  async run({ short, slice, log }) {
    const versions: readonly ApacheVersion[] = short ? [newest] : [newest, oldest];
    const rules: RulesResult[] = [];
    const nodes: { readonly name: string; readonly result: NodesResult }[] = [];
    for (const version of versions) {
      for (let seed = 0; seed < (short ? 2 : 8); seed++) {
        const largest = LARGEST_IDS[seed % LARGEST_IDS.length]!;
        const work = () => compareRules(version, seed, ENSEMBLES_OF_A_SLICE, largest);
        const result = await slice(`rules ${version} ${seed}`, asJson(work));
        rules.push(result as unknown as RulesResult);
      }
      log(`${version}: ${rules.length * ENSEMBLES_OF_A_SLICE} ensembles so far`);
      for (const layout of layouts) {
        const work = () => compareConfigNodes(version, layout);
        const result = await slice(`nodes ${version} ${layout.name}`, asJson(work));
        nodes.push({
          name: `${version}, ${layout.name}`,
          result: result as unknown as NodesResult,
        });
        log(`${version}: ${layout.name}`);
      }
    }
    const sum = (of: (one: RulesResult) => number) => rules.reduce((all, one) => all + of(one), 0);
    const differences = [...rules, ...nodes.map(({ result }) => result)].flatMap(
      (one) => one.differences,
    );
    return {
      holds: differences.length === 0 && sum(({ quorums }) => quorums) > 0,
      counts: {
        'random ensembles': sum(({ ensembles }) => ensembles),
        'sets of servers': sum(({ questions }) => questions),
        'of them quorums': sum(({ quorums }) => quorums),
        'running ensembles': nodes.length,
        'config nodes': nodes.reduce((all, { result }) => all + result.servers, 0),
        differences: differences.length,
      },
      versions: { 'Apache ZooKeeper': versions.join(' and ') },
      details: [
        table(
          ['running ensemble', 'its config node'],
          nodes.map(({ name, result }) => [name, result.text.replaceAll('\n', '<br>')]),
        ),
        ...differences.slice(0, 5).map((text) => `\`\`\`text\n${text}\n\`\`\``),
      ].join('\n\n'),
    };
  },
};

function asJson(work: () => Promise<object>): () => Promise<Json> {
  return async () => (await work()) as Json;
}
