/** What the audit log says, beside Apache ZooKeeper's. */
import { apacheVersions } from '../interop/apache.js';
import { type AuditComparison, compareAlone, compareThree } from '../interop/audit/compare.js';
import { meant } from '../interop/audit/lines.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';

export const prove: Proof = {
  name: 'audit',
  what: "The audit log has the lines of Apache ZooKeeper's, on each server, in the same order.",
  async run({ short, slice, log }) {
    const work: Record<string, () => Promise<AuditComparison>> = {
      'a server alone': compareAlone,
      ...(!short && { 'three servers': compareThree }),
    };
    const found: AuditComparison[] = [];
    for (const [name, compare] of Object.entries(work)) {
      const asJson = async () => (await compare()) as unknown as Json;
      const one = (await slice(name, asJson)) as unknown as AuditComparison;
      log(`${name}: ${one.lines} lines, ${one.differences.length} differences`);
      found.push(one);
    }
    const differences = found.flatMap((one) => one.differences);
    const counts = meant.map((_row, at) => found.reduce((sum, one) => sum + one.meant[at]!, 0));
    const lines = found.reduce((sum, one) => sum + one.lines, 0);
    return {
      holds: differences.length === 0 && lines > 0 && counts.every((count) => count > 0),
      counts: {
        'lines compared': lines,
        'lines that differ on purpose': counts.reduce((sum, count) => sum + count, 0),
        'lines that differ': differences.length,
      },
      versions: { 'Apache ZooKeeper': apacheVersions.newest },
      details: [
        WHAT,
        '## What differs on purpose',
        table(
          ['difference', 'why', 'lines'],
          meant.map(({ difference, why }, at) => [difference, why, String(counts[at])]),
        ),
        ...(differences.length === 0
          ? []
          : ['## What differs', differences.map((one) => `- ${one}`).join('\n')]),
      ].join('\n\n'),
    };
  },
};

const WHAT = `## The scene

Servers of both kinds are started with \`audit.enable=true\`, and stopped at the end. Between,
clients create nodes of every kind, change, close off and delete them, by single requests and by
\`multi\`, each also in vain; one has proved who it is, one is the super user; one is never heard
again, so that its session expires. Of three servers, the leader and a follower are told all of
this. Then what every server has said is compared line by line: field by field in their order, with
names in place of session ids, and the users of a line in one order.`;
