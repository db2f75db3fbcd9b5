import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apacheVersions } from '../interop/apache.js';
import { type ClientRow, clients } from '../interop/clients/programs.js';
import { runRound } from '../interop/clients/round.js';
import { type ServerKind, startServer } from '../interop/server-process.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';

interface RoundResult {
  lines: number;
  /** Lines that are told differently, theirs and ours. */
  differences: string[];
  /** Why there is nothing to compare. */
  failure: string;
}

/** `npm run prove -- clients apache` compares Apache ZooKeeper with itself. */
export const prove: Proof = {
  name: 'clients',
  what: 'The clients that people use today are told the same by Vivarium and Apache ZooKeeper.',
  async run({ args, slice, log }) {
    const subject: ServerKind = args[0] === 'apache' ? apacheVersions.newest : 'vivarium';
    const only = args.find((word) => word !== 'apache');
    const rows: { client: ClientRow; result: RoundResult }[] = [];
    for (const client of clients.filter(({ name }) => only === undefined || name.includes(only))) {
      const result = (await slice(client.name, async () => {
        return (await compare(client, subject)) as unknown as Json;
      })) as unknown as RoundResult;
      rows.push({ client, result });
      const { lines, differences, failure } = result;
      const said = failure === '' ? `${lines} lines, ${differences.length} differ` : failure;
      log(`${client.name}: ${said}`);
    }
    const failed = rows.filter(({ result }) => result.failure !== '');
    const differing = rows.filter(({ result }) => result.differences.length > 0);
    return {
      holds: rows.length > 0 && failed.length === 0 && differing.length === 0,
      counts: {
        clients: rows.length,
        'lines compared': rows.reduce((sum, { result }) => sum + result.lines, 0),
        'lines that differ': rows.reduce((sum, { result }) => sum + result.differences.length, 0),
        'clients that could not be compared': failed.length,
      },
      versions: { 'Apache ZooKeeper': apacheVersions.newest },
      details: `${WHAT}\n\n${cells(rows)}\n\n${story(rows)}`,
    };
  },
};

const WHAT = `## Rounds

Each client does a round of everyday work: create (every kind it knows), get, set with versions,
children, watches of each kind it knows, multi, ACLs with a second client that may not, sync, and a
connection cut in the middle, after which the session, its ephemeral node and a watch must have
lasted; then a close. Curator also does its locks, leases, leader latch, cache, counter, group and
barrier. All that the client prints is compared line by line.`;

async function compare(client: ClientRow, subject: ServerKind): Promise<RoundResult> {
  try {
    const program = await client.prepare();
    const [theirs, ours] = [
      await round(program, apacheVersions.newest),
      await round(program, subject),
    ];
    const differences: string[] = [];
    for (let i = 0; i < Math.max(theirs.length, ours.length); i++) {
      if (theirs[i] === ours[i]) continue;
      differences.push(`line ${i + 1}: Apache '${theirs[i] ?? ''}', ours '${ours[i] ?? ''}'`);
    }
    return { lines: theirs.length, differences, failure: '' };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { lines: 0, differences: [], failure: failure.slice(-2000) };
  }
}

async function round(
  program: Awaited<ReturnType<ClientRow['prepare']>>,
  kind: ServerKind,
): Promise<readonly string[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vivarium-clients-'));
  const server = await startServer(kind, { dataDir });
  try {
    return await runRound(program, server.port);
  } catch (error) {
    throw new Error(`on ${kind}: ${(error as Error).message}`, { cause: error });
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function cells(rows: readonly { client: ClientRow; result: RoundResult }[]): string {
  return table(
    ['client', 'lines', 'differ', 'result'],
    rows.map(({ client, result: { lines, differences, failure } }) => [
      client.name,
      String(lines),
      String(differences.length),
      failure === '' ? (differences.length === 0 ? 'alike' : 'DIFFERS') : 'NOT COMPARED',
    ]),
  );
}

function story(rows: readonly { client: ClientRow; result: RoundResult }[]): string {
  const lines = rows.flatMap(({ client, result: { differences, failure } }) => {
    const first = differences.slice(0, 10).map((line) => `- ${client.name}: ${line}\n`);
    return failure === '' ? first : [...first, `- ${client.name}: ${failure}\n`];
  });
  return lines.length === 0 ? '' : `## What went wrong\n\n${lines.join('')}`;
}
