/** Whether a server starts on what `--repair` and `--chop` leave, and is where they say. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from '../../support/run-inspect.js';
import { fourLetterWord } from '../apache.js';
import { filesOf } from '../data-files.js';
import { nameOf, type ServerProcess, startServer } from '../server-process.js';
import { recordsOf } from './layout.js';
import { type SeedFolder, seedOf, zxidIn } from './seeds.js';

export interface ServedResult {
  /** Times that a server served a mended folder. */
  readonly served: number;
  /** Times that it did not want to serve the folder before. */
  readonly refusedBefore: number;
  readonly problems: readonly string[];
}

/**
 * Tears the last log of a copy of a folder, or spoils a record of it, mends it, and has the server
 * that wrote it serve it.
 */
export async function servedAgain(
  seed: SeedFolder,
  how: 'torn' | 'spoilt',
  work: string,
  asksBefore: boolean,
): Promise<ServedResult> {
  const dataDir = join(work, `${seed.kind}-${how}`);
  cpSync(join(seed.dataDir, 'version-2'), join(dataDir, 'version-2'), { recursive: true });
  const copy = seedOf(seed.kind, dataDir);
  const path = copy.logs.at(-1)!;
  const bytes = readFileSync(path);
  const records = recordsOf(bytes);
  const kept = how === 'torn' ? keptOfTorn(bytes, records, seed) : spoil(bytes, records);
  writeFileSync(path, kept.bytes);
  const problems: string[] = [];
  let refusedBefore = 0;
  if (asksBefore) {
    const early = await start(seed, dataDir).catch(() => undefined);
    if (early === undefined) refusedBefore++;
    else await early.kill();
    writeFileSync(path, kept.bytes);
  }
  const words = how === 'torn' ? ['--repair'] : ['--chop', kept.last];
  const { code, err } = await inspect('log', ...words, path);
  if (code !== 0) return { served: 0, refusedBefore, problems: [`${path}: ${code}: ${err}`] };
  const server = await start(seed, dataDir).catch((error: Error) => error);
  if (server instanceof Error) {
    const problem = `${nameOf(seed.kind)} does not serve what was mended (${how}): ${server.message}`;
    return { served: 0, refusedBefore, problems: [problem] };
  }
  try {
    const zxid = /^Zxid: (0x[0-9a-f]+)$/m.exec(await fourLetterWord(server.port, 'srvr'))?.[1];
    if (!goesOnFrom(dataDir, kept.last, zxid)) {
      problems.push(`${nameOf(seed.kind)} is at ${zxid}, not ${kept.last}`);
    }
  } finally {
    await server.stop();
  }
  return { served: 1, refusedBefore, problems };
}

/** Whether a server is at a transaction, or has gone on from it, since sessions end meanwhile. */
function goesOnFrom(dataDir: string, last: string, zxid: string | undefined): boolean {
  if (zxid === undefined || zxid === last) return zxid === last;
  const later = filesOf(dataDir, 'log').filter((name) => zxidIn(name) > BigInt(last));
  return BigInt(zxid) > BigInt(last) && zxidIn(later[0] ?? 'log.0') === BigInt(last) + 1n;
}

function start({ kind }: SeedFolder, dataDir: string): Promise<ServerProcess> {
  return startServer(kind, { dataDir, config: { tickTime: 6000 } });
}

interface Damaged {
  readonly bytes: Buffer;
  /** The transaction that is the last one then. */
  readonly last: string;
}

type Records = ReturnType<typeof recordsOf>;

/** A half of a record: of the last one of Apache's, before zeros; behind the last one of ours. */
function keptOfTorn(bytes: Buffer, records: Records, { kind }: SeedFolder): Damaged {
  const last = records.at(-1)!;
  const half = last.at + Math.floor((last.end - last.at) / 2);
  if (kind !== 'vivarium') {
    const torn = Buffer.from(bytes);
    torn.fill(0, half);
    return { bytes: torn, last: records.at(-2)!.zxid };
  }
  const more = bytes.subarray(last.at, half);
  return { bytes: Buffer.concat([bytes.subarray(0, last.end), more]), last: last.zxid };
}

/** A bit of a record near the end is another one. */
function spoil(bytes: Buffer, records: Records): Damaged {
  const spoilt = Buffer.from(bytes);
  spoilt[records.at(-3)!.at + 40]! ^= 0x10;
  return { bytes: spoilt, last: records.at(-4)!.zxid };
}
