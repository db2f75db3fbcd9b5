import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@vivarium/core';
import { apacheVersions } from '../interop/apache.js';
import { nameOf, type ServerKind, startServer } from '../interop/server-process.js';
import {
  compareSingles,
  differencesOf,
  markNodes,
  ourShell,
  type Shell,
  theirShell,
  typeLines,
} from '../interop/shell/compare.js';
import { lines, meant, singles } from '../interop/shell/lines.js';
import { promptStory, type Story } from '../interop/shell/story.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';

export const prove: Proof = {
  name: 'shell',
  what: "The shell answers zkCli's commands as zkCli does, and works at a terminal.",
  async run({ short, slice, log }) {
    const kinds: readonly ServerKind[] = short
      ? [apacheVersions.newest]
      : [apacheVersions.newest, 'vivarium'];
    const differences: string[] = [];
    for (const kind of kinds) {
      const found = (await slice(`lines ${kind}`, () => compareLines(kind))) as readonly string[];
      log(`${nameOf(kind)}: ${lines.length} lines, ${found.length} differ`);
      differences.push(...found.map((text) => `${nameOf(kind)}: ${text}`));
    }
    const codes = (await slice('exit codes', compareCodes)) as readonly string[];
    log(`${singles.length} single commands, ${codes.length} exit codes differ`);
    const story = (await slice('terminal', atTerminal)) as unknown as Story & { failure?: string };
    log(story.failure ?? `${story.seen.length} things seen at a terminal`);
    return {
      holds: differences.length === 0 && codes.length === 0 && story.failure === undefined,
      counts: {
        servers: kinds.length,
        'lines typed into both shells': lines.length,
        'of them meant to differ somewhere': Object.keys(meant).length,
        'lines that differ': differences.length,
        'exit codes compared': singles.length,
        'exit codes that differ': codes.length,
        'things seen at a terminal': story.seen.length,
      },
      versions: { 'Apache ZooKeeper': apacheVersions.newest },
      details: pageOf([...differences, ...codes], story),
    };
  },
};

function pageOf(differences: readonly string[], story: Story & { failure?: string }): string {
  const parts = [
    '## Beside zkCli',
    'The same lines go into both shells over a pipe, each with a server of its own; standard ' +
      'output and standard error are compared line by line, without times and ids. Where standard error ' +
      'differs on purpose, standard output is still compared.',
    table(
      ['line', 'differs in'],
      Object.entries(meant).map(([line, how]) => [`\`${line}\``, how]),
    ),
    ...differences.map((text) => `- ${text}`),
    '## At a terminal',
    ...(story.failure === undefined ? [] : [`\`\`\`text\n${story.failure}\n\`\`\``]),
    story.seen.map((what) => `- ${what}`).join('\n'),
    ...Object.values(story.captures).map((text) => `\`\`\`text\n${text}\n\`\`\``),
  ];
  return parts.join('\n\n');
}

async function compareLines(kind: ServerKind): Promise<Json> {
  const theirs = await inSession(kind, theirShell);
  const ours = await inSession(kind, async (port) => ourShell(port));
  return differencesOf(theirs, ours);
}

async function inSession(kind: ServerKind, shellOf: (port: number) => Promise<Shell>) {
  return onServer(kind, async (port) => typeLines(await shellOf(port), `127.0.0.1:${port}`));
}

function compareCodes(): Promise<Json> {
  return onServer(apacheVersions.newest, async (port) =>
    compareSingles(await theirShell(port), ourShell(port)),
  );
}

/** A failure is a result, so that the page can show the screen. */
async function atTerminal(): Promise<Json> {
  return onServer('vivarium', async (port, folder) => {
    try {
      return (await promptStory(`127.0.0.1:${port}`, folder)) as unknown as Json;
    } catch (error) {
      return { seen: [], captures: {}, failure: (error as Error).message };
    }
  });
}

/** A fresh server, with the nodes that the marks are read from. */
async function onServer<T>(
  kind: ServerKind,
  work: (port: number, folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'vivarium-shell-'));
  const server = await startServer(kind, { dataDir: join(folder, 'data') });
  try {
    const zk = await connect(`127.0.0.1:${server.port}`);
    for (const path of ['/marks', ...markNodes]) await zk.create(path);
    await zk.close();
    return await work(server.port, folder);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
