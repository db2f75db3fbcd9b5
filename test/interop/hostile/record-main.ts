/**
 * Writes recording.txt anew: what the clients of the `clients` proof send to a server in their
 * rounds, one frame a line. `node test/dist/interop/hostile/record-main.js`
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { apacheVersions } from '../apache.js';
import { clients } from '../clients/programs.js';
import { runRound } from '../clients/round.js';
import { startServer } from '../server-process.js';
import { RECORDING } from './recording.js';

/** Frames of one opcode and length say the same often enough. */
const KEPT_OF_A_KIND = 2;

const kept = new Map<string, number>();
const lines: string[] = [];
for (const client of clients) {
  const dataDir = mkdtempSync(join(tmpdir(), 'vivarium-record-'));
  const server = await startServer(apacheVersions.newest, { dataDir });
  const recorder = createServer((from) => {
    const to = connect(server.port, '127.0.0.1');
    const frames = new FrameSplitter(1_000_000);
    let first = true;
    from.on('data', (bytes) => {
      to.write(bytes);
      frames.push(new Uint8Array(bytes));
      for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
        const bytes = Buffer.from(frame);
        const kind = `${first ? 'hello' : bytes.readInt32BE(4)} ${bytes.length}`;
        kept.set(kind, (kept.get(kind) ?? 0) + 1);
        if (kept.get(kind)! <= KEPT_OF_A_KIND) {
          lines.push(`${first ? 'hello' : 'frame'} ${bytes.toString('base64')}`);
        }
        first = false;
      }
    });
    to.on('data', (bytes) => from.write(bytes));
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => recorder.listen(0, '127.0.0.1', resolve));
  const { port } = recorder.address() as { port: number };
  await runRound(await client.prepare(), port);
  recorder.close();
  await server.stop();
  rmSync(dataDir, { recursive: true });
}
writeFileSync(RECORDING, `${lines.join('\n')}\n`);
