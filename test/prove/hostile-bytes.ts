import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { InProcessResult } from '../interop/hostile/in-process.js';
import { floodServer, type OverSocketsResult } from '../interop/hostile/over-sockets.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';

const run = promisify(execFile);
const FLOOD = fileURLToPath(new URL('../interop/hostile/flood-main.js', import.meta.url));

/** Slices of each part, and frames in each. */
const full = { machine: [20, 250_000], sockets: [5, 20_000] } as const;
const short = { machine: [1, 60_000], sockets: [1, 3000] } as const;

export const prove: Proof = {
  name: 'hostile-bytes',
  what: 'No bytes from the network crash, hang or bloat the server.',
  async run({ short: isShort, slice, log }) {
    const plan = isShort ? short : full;
    const machines: InProcessResult[] = [];
    for (let i = 0; i < plan.machine[0]; i++) {
      const result = await slice(`machine ${i}`, () => flood(1 + i, plan.machine[1]));
      machines.push(result as unknown as InProcessResult);
      log(`machine, seed ${1 + i}: ${JSON.stringify(result)}`);
    }
    const sockets: OverSocketsResult[] = [];
    for (let i = 0; i < plan.sockets[0]; i++) {
      const result = await slice(`sockets ${i}`, async () => {
        return (await floodServer(1 + i, plan.sockets[1])) as unknown as Json;
      });
      sockets.push(result as unknown as OverSocketsResult);
      log(`sockets, seed ${1 + i}: ${JSON.stringify(result)}`);
    }
    const problems = [...machines, ...sockets].flatMap((one) => one.problems);
    const sum = (of: (one: InProcessResult | OverSocketsResult) => number) =>
      [...machines, ...sockets].reduce((total, one) => total + of(one), 0);
    return {
      holds: problems.length === 0,
      counts: {
        'frames into the machine': machines.reduce((total, { frames }) => total + frames, 0),
        'frames over sockets': sockets.reduce((total, { frames }) => total + frames, 0),
        connections: sum((one) => one.connections),
        'requests of the client beside': sum((one) => one.goodRequests),
        problems: problems.length,
      },
      details: [
        WHAT,
        table(
          ['', 'least', 'most'],
          [
            spread('longest step of the machine, ms', machines, (one) => one.longestStepMs),
            spread('growth of the heap, KiB', machines, (one) => one.grownKiB),
            spread('median answer to the client beside, ms', sockets, (one) => one.medianMs),
            spread('99th percentile, ms', sockets, (one) => one.p99Ms),
            spread('slowest answer, ms', sockets, (one) => one.slowestMs),
            spread('growth of the server process, MiB', sockets, (one) => one.grownMiB),
            spread('its peak while nobody reads, MiB', sockets, (one) => one.peakMiB),
          ],
        ),
        ...(problems.length === 0 ? [] : ['## Problems', problems.map((p) => `- ${p}`).join('\n')]),
      ].join('\n\n'),
    };
  },
};

const WHAT = `## What is sent

Frames that real clients sent, as they are, with bits flipped, with numbers replaced, cut, joined
and spliced; paths nobody should ask for; unknown operations; random bytes; wrong lengths; half
frames. Over sockets also other protocols right and wrong (words, HTTP, WebSocket, TLS), streams in
pieces, resets, and clients that ask for hundreds of megabytes and read nothing. Beside them a
client does its work over one connection: each of its answers must be right and come in time. When
the hostile sessions have expired and what they made is removed, sessions, connections, watches,
requests and memory must be what they were.`;

/** In a process of its own: its heap is measured, and a hang can be ended. */
async function flood(seed: number, frames: number): Promise<Json> {
  const words = ['--enable-source-maps', FLOOD, String(seed), String(frames)];
  const limits = { timeout: 300_000, maxBuffer: 16 * 1024 * 1024 };
  const { stdout } = await run(process.execPath, words, limits);
  return JSON.parse(stdout) as Json;
}

function spread<T>(name: string, results: readonly T[], of: (one: T) => number): readonly string[] {
  const values = results.map(of);
  return [name, String(Math.min(...values)), String(Math.max(...values))];
}
