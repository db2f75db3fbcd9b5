/** Backups that are taken while an ensemble is written to, restored into new servers. */
import { apacheVersions } from '../interop/apache.js';
import { type BackupResult, backUpAndRestore } from '../interop/backup/run.js';
import type { Json, Proof } from './proof.js';

export const prove: Proof = {
  name: 'backup',
  what: 'A backup under load is the tree of one transaction, and servers of both kinds begin with it.',
  async run({ short, slice, log }) {
    const rounds = short
      ? [{ nodes: 500, backups: 3 }]
      : [
          { nodes: 2_000, backups: 9 },
          { nodes: 10_000, backups: 6 },
          { nodes: 200_000, backups: 3 },
        ];
    const results: BackupResult[] = [];
    for (const options of rounds) {
      const result = (await slice(`${options.nodes} nodes`, async () => {
        return (await backUpAndRestore(options)) as unknown as Json;
      })) as unknown as BackupResult;
      results.push(result);
      log(`${options.nodes} nodes: ${result.backups} backups, ${result.problems.length} problems`);
    }
    const sum = (of: (result: BackupResult) => number) =>
      results.reduce((total, result) => total + of(result), 0);
    const problems = results.flatMap((one) => one.problems);
    const backups = rounds.reduce((total, one) => total + one.backups, 0);
    const servers = 4 * rounds.length;
    const equalToReplay = sum((one) => one.equalToReplay);
    const equalDigests = sum((one) => one.equalDigests);
    const equalTrees = sum((one) => one.equalTrees);
    return {
      holds:
        problems.length === 0 &&
        equalToReplay === backups &&
        equalDigests === servers &&
        equalTrees === servers &&
        results.every(({ meanwhile }) => meanwhile > 0),
      counts: {
        'backups under load': sum((one) => one.backups),
        'transactions meanwhile': sum((one) => one.meanwhile),
        'digests equal to a replay of the whole log': equalToReplay,
        'servers that began with a backup and its digest': equalDigests,
        'trees of these, equal node for node': equalTrees,
        'nodes compared in each': results.map(({ nodes }) => nodes).join(', '),
        problems: problems.length,
      },
      versions: { 'Apache ZooKeeper': apacheVersions.newest },
      details: [WHAT, ...problems.map((line) => `- ${line}`)].join('\n\n'),
    };
  },
};

const WHAT = `## Backups

On each of three servers, clients set, create and remove nodes without a pause, and a snapshot is
begun every few hundred transactions, in the largest tree every few thousand. Meanwhile
\`vivarium backup\` asks one server after the other.
When all is done, the log is replayed from its very first transaction, without any snapshot, up to
the zxid that a backup says: the digest must be the backup's.

The last backup is restored by \`vivarium restore\` into three new servers of Vivarium and into one
of Apache ZooKeeper. The first transaction that each logs has the digest of its tree, which must be
the backup's; and its tree must be the replayed one, in data, ACL and Stat of every node. Left out
are \`/zookeeper\`, which holds the config of the servers, and \`cversion\`, which the digest
covers.`;
