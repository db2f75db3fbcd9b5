import { type ApacheVersion, apacheVersions } from '../interop/apache.js';
import {
  type Ending,
  type ExchangeOptions,
  type ExchangeResult,
  exchange,
} from '../interop/exchange/run.js';
import { nameOf, type ServerKind } from '../interop/server-process.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';

const { newest, oldest } = apacheVersions;

/** `npm run prove -- disk-exchange apache`: the two Apache releases exchange with each other. */
export const prove: Proof = {
  name: 'disk-exchange',
  what: 'A data folder written by either server is read by the other, to the last digest.',
  async run({ short, args, slice, log }) {
    const cases = casesOf(args[0] === 'apache', short);
    const rows: { options: ExchangeOptions; result: ExchangeResult }[] = [];
    for (const options of cases) {
      const result = (await slice(JSON.stringify(options), async () => {
        return (await exchange(options)) as unknown as Json;
      })) as unknown as ExchangeResult;
      rows.push({ options, result });
      log(`${inWords(options)}: ${result.problems.length} problems, ${result.nodes} nodes`);
    }
    const sum = (of: (result: ExchangeResult) => number) =>
      rows.reduce((total, { result }) => total + of(result), 0);
    const problems = rows.flatMap(({ result }) => result.problems);
    const legs = rows.reduce((total, { options }) => total + options.legs.length - 1, 0);
    const digests = sum((one) => one.digests);
    return {
      holds: problems.length === 0 && digests === legs,
      counts: {
        folders: rows.length,
        'times read by the other server': legs,
        'equal dumps of the whole tree': sum((one) => one.comparisons),
        'equal tree digests': digests,
        'sessions taken up': sum((one) => one.sessions),
        problems: problems.length,
      },
      versions: { 'Apache ZooKeeper': `${newest} and ${oldest}` },
      details: `${WHAT}\n\n${cells(rows)}\n\n${listOf(problems)}`,
    };
  },
};

const WHAT = `## Folders

Each folder is written by the first server, read and written on by the second, and so by the third.
It holds data of all sizes, ACLs, counters, containers, TTL nodes, a quota, multis, and ephemeral
nodes of three live sessions: one is taken up again by its password on every leg, one is taken up
and closed, one is left to expire. A wrong password must be refused each time. The dump compares
each node's data, ACL and all of its stat; the digest is the one that each server logs beside its
first transaction, against the last that the server before it logged.

Endings: in good order, by \`kill -9\`, or by that with half a record behind the last, before
allocated zeros (torn) or at the end of the file (cut). Sessions that Vivarium made have passwords
that Apache cannot compute, so there they are refused, unless
\`vivarium.sessionPasswords=apache\`.

Where snapshots are compressed (\`snapshot.compression.method\`), each leg of Apache's leaves
nothing but the newest of them and the log that begins behind it: all older files are removed.
Apache reads the same file again behind Vivarium, which must have left it as it was. No session is
left to expire there.`;

function casesOf(apacheOnly: boolean, short: boolean): readonly ExchangeOptions[] {
  if (apacheOnly) {
    const legs: readonly ServerKind[] = [oldest, newest, oldest];
    const endings: readonly Ending[] = short ? ['kill'] : ['stop', 'kill', 'cut'];
    return endings.map((ending) => ({ legs, ending, snapshots: ending === 'stop' }));
  }
  if (short) {
    return [
      { legs: [newest, 'vivarium', newest], ending: 'kill', snapshots: false },
      { legs: ['vivarium', oldest, 'vivarium'], ending: 'stop', snapshots: true },
      { ...compressed(newest, 'kill'), legs: [newest, 'vivarium', newest, 'vivarium'] },
    ];
  }
  const cases: ExchangeOptions[] = [];
  for (const release of [oldest, newest]) {
    for (const legs of [
      [release, 'vivarium', release],
      ['vivarium', release, 'vivarium'],
    ] as const) {
      for (const snapshots of [false, true]) {
        cases.push({ legs, ending: 'stop', snapshots }, { legs, ending: 'kill', snapshots });
      }
      cases.push({ legs, ending: 'cut', snapshots: false });
    }
    // Apache takes half a record before zeros for damage, and would not start again.
    cases.push({ legs: [release, 'vivarium'], ending: 'torn', snapshots: false });
    const legs = ['vivarium', release, 'vivarium'] as const;
    cases.push({ legs, ending: 'kill', snapshots: true, apachePasswords: true });
    cases.push(compressed(release, 'stop'), compressed(release, 'kill'));
  }
  cases.push({ legs: ['vivarium', 'vivarium'], ending: 'torn', snapshots: true });
  return cases;
}

/** Both ways to compress, each read by Vivarium and then by Apache again. */
function compressed(release: ApacheVersion, ending: Ending): ExchangeOptions {
  const legs = [release, 'vivarium', release, 'vivarium', release] as const;
  return { legs, ending, snapshots: false, compressed: true };
}

function inWords(options: ExchangeOptions): string {
  const { legs, ending, snapshots, apachePasswords } = options;
  const files =
    options.compressed === true
      ? 'snapshots compressed as gz, then as snappy'
      : snapshots
        ? 'snapshots and logs'
        : 'logs only';
  const passwords = apachePasswords === true ? ', passwords as Apache makes them' : '';
  return `${legs.map(nameOf).join(' → ')}, ${ending}, ${files}${passwords}`;
}

function cells(rows: readonly { options: ExchangeOptions; result: ExchangeResult }[]): string {
  const head = ['folder', 'nodes', 'snapshots', 'logs', 'equal digests', 'sessions', 'problems'];
  const lines = rows.map(({ options, result }) => {
    const { nodes, snapshots, logs, digests, sessions, problems } = result;
    const counts = [nodes, snapshots, logs, digests, sessions, problems.length];
    return [inWords(options), ...counts.map(String)];
  });
  return table(head, lines);
}

function listOf(problems: readonly string[]): string {
  return problems.length === 0
    ? ''
    : `## Problems\n\n${problems.map((one) => `- ${one}\n`).join('')}`;
}
