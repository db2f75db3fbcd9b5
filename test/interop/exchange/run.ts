/** One data folder, handed from server to server: what each finds is what the last one left. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, open, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexLong } from '@vivarium/core/internal/base/long';
import type { HandshakeReply } from '@vivarium/core/internal/wire/connect';
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { fourLetterWord } from '../apache.js';
import { filesOf, readLogFile, readLogs, readSnapshot } from '../data-files.js';
import { nameOf, type ServerKind, type ServerProcess, startServer } from '../server-process.js';
import { dumpTree } from '../tree-dump.js';
import { WireClient } from '../wire-client.js';
import {
  type CompressedFile,
  type CompressionMethod,
  compressedIn,
  leaveCompressedOnly,
} from './compressed-only.js';
import { authenticate, create, fill, goOn } from './fill.js';

/**
 * How each leg ends: in good order, by `kill -9`, or by that with half a record behind the last:
 * before zeros that were allocated (`torn`) or at the end of the file (`cut`).
 */
export type Ending = 'stop' | 'kill' | 'torn' | 'cut';

export interface ExchangeOptions {
  readonly legs: readonly ServerKind[];
  readonly ending: Ending;
  /** Few transactions between snapshots, or so many that there are only logs. */
  readonly snapshots: boolean;
  /** `vivarium.sessionPasswords=apache`: then Apache lets Vivarium's sessions in as well. */
  readonly apachePasswords?: boolean;
  /**
   * Each leg of Apache's ends with nothing but a compressed snapshot and the log behind it: the
   * first of `gz`, the second of `snappy`, and so on.
   */
  readonly compressed?: boolean;
}

export interface ExchangeResult {
  nodes: number;
  comparisons: number;
  digests: number;
  sessions: number;
  snapshots: number;
  logs: number;
  readonly problems: string[];
}

interface Keeper {
  readonly name: string;
  readonly session: HandshakeReply;
  readonly madeBy: ServerKind;
}

const SUPER = 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs='; // of super:admin
const LONG_MS = 40_000;
const BRIEF_MS = 8000;

/** Hands a folder along all legs. */
export async function exchange(options: ExchangeOptions): Promise<ExchangeResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vivarium-exchange-'));
  const run = new Exchange(options, dataDir);
  try {
    await run.all();
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    run.result.problems.push(`${run.where}: ${text}`);
  } finally {
    await run.end();
    await rm(dataDir, { recursive: true, force: true });
  }
  return run.result;
}

class Exchange {
  readonly result: ExchangeResult = {
    nodes: 0,
    comparisons: 0,
    digests: 0,
    sessions: 0,
    snapshots: 0,
    logs: 0,
    problems: [],
  };
  readonly #options: ExchangeOptions;
  readonly #dataDir: string;
  readonly #open: WireClient[] = [];
  #server: ServerProcess | undefined;
  #leg = 0;
  #compressed: CompressedFile | undefined;
  #keepers: Keeper[] = [];
  #left: ReadonlyMap<string, string> = new Map();
  #lastZxid = 0n;
  #lastDigest = 0n;

  constructor(options: ExchangeOptions, dataDir: string) {
    this.#options = options;
    this.#dataDir = dataDir;
  }

  get #kind(): ServerKind {
    return this.#options.legs[this.#leg]!;
  }

  get where(): string {
    const { legs, ending } = this.#options;
    const name = nameOf(this.#kind);
    return `leg ${this.#leg + 1} of ${legs.map(nameOf).join(' → ')}, ${ending}: ${name}`;
  }

  async end(): Promise<void> {
    for (const client of this.#open) client.destroy();
    await this.#server?.kill();
  }

  async all(): Promise<void> {
    const { legs } = this.#options;
    await this.#start();
    const one = await this.#newSession('one', LONG_MS);
    const two = await this.#newSession('two', LONG_MS);
    await fill(one, two);
    if (this.#options.compressed !== true) await this.#openBrief();
    await this.#endLeg();
    for (this.#leg = 1; this.#leg < legs.length; this.#leg++) {
      await this.#start();
      await this.#compare('finds');
      await this.#checkDigest();
      const owner = await this.#checkSessions();
      await goOn(owner, this.#leg);
      await this.#endLeg();
    }
  }

  /** How the snapshots of this leg are compressed. */
  get #method(): CompressionMethod | undefined {
    if (this.#options.compressed !== true || this.#kind === 'vivarium') return undefined;
    return this.#leg % 4 === 0 ? 'gz' : 'snappy';
  }

  async #endLeg(): Promise<void> {
    await this.#leave();
    const kept = this.#compressed;
    if (kept !== undefined && !readFileSync(kept.path).equals(kept.bytes)) {
      this.#problem(`has changed ${kept.path}`);
    }
    const method = this.#method;
    if (method === undefined) return;
    // At a start a snapshot is taken of all that there is.
    await this.#start();
    await this.#leave();
    this.#compressed = leaveCompressedOnly(this.#dataDir, method);
  }

  async #start(): Promise<void> {
    const { snapshots, apachePasswords } = this.#options;
    const method = this.#method;
    this.#server = await startServer(this.#kind, {
      dataDir: this.#dataDir,
      config: {
        tickTime: 500,
        snapCount: snapshots ? 100 : 100_000,
        maxSessionTimeout: 60_000,
        preAllocSize: 1024,
        'DigestAuthenticationProvider.superDigest': SUPER,
        'vivarium.sessionPasswords': apachePasswords === true ? 'apache' : 'keyed',
        ...(method === undefined ? {} : { 'snapshot.compression.method': method }),
      },
    });
  }

  /** Remembers what this server shows, and ends it. */
  async #leave(): Promise<void> {
    this.#left = await this.#dump();
    this.result.nodes = Math.max(this.result.nodes, this.#left.size);
    const { ending } = this.#options;
    if (ending === 'stop') await this.#server!.stop();
    else await this.#server!.kill();
    this.#server = undefined;
    for (const client of this.#open.splice(0)) client.destroy();
    const txns = readLogs(this.#dataDir);
    const last = txns[txns.length - 1]!;
    this.#lastZxid = last.header.zxid;
    if (last.digest === undefined) this.#problem('its last transaction has no digest');
    this.#lastDigest = last.digest?.treeDigest ?? 0n;
    this.result.logs = filesOf(this.#dataDir, 'log').length;
    const plain = filesOf(this.#dataDir, 'snapshot');
    this.result.snapshots = plain.length + compressedIn(this.#dataDir).length;
    for (const name of plain) readSnapshot(this.#dataDir, name);
    if (ending === 'torn' || ending === 'cut') await this.#tear(ending);
  }

  /** Puts half of a record behind the last one. */
  async #tear(how: 'torn' | 'cut'): Promise<void> {
    const name = filesOf(this.#dataDir, 'log').at(-1)!;
    const { end } = readLogFile(this.#dataDir, name);
    const path = join(this.#dataDir, 'version-2', name);
    const half = Buffer.alloc(60, 0x11);
    half.writeBigUInt64BE(0x1234_5678n, 0);
    half.writeInt32BE(100, 8);
    if (how === 'cut') await truncate(path, end);
    const file = await open(path, 'r+');
    await file.write(half, 0, half.length, end);
    await file.close();
  }

  async #compare(verb: string): Promise<void> {
    const now = await this.#dump();
    this.result.comparisons++;
    for (const [path, text] of this.#left) {
      const found = now.get(path);
      if (found !== text) this.#problem(`${verb} ${path} as ${found ?? 'nothing'}, not ${text}`);
    }
    for (const path of now.keys()) {
      if (!this.#left.has(path)) this.#problem(`${verb} ${path}, which was not there`);
    }
  }

  /**
   * The first transaction of this leg opened a session and changed no node: the digest that the
   * server put beside it is that of the tree as it read it.
   */
  async #checkDigest(): Promise<void> {
    const txns = readLogs(this.#dataDir);
    const first = txns.find(({ header }) => header.zxid === this.#lastZxid + 1n);
    if (first?.header.type !== txnTypes.createSession || first.digest === undefined) {
      this.#problem(`has no session with a digest at zxid ${this.#lastZxid + 1n}`);
    } else if (first.digest.treeDigest !== this.#lastDigest) {
      const [ours, theirs] = [first.digest.treeDigest, this.#lastDigest].map(hexLong);
      this.#problem(`has the digest ${ours}, not ${theirs}`);
    } else {
      this.result.digests++;
    }
    const words = await fourLetterWord(this.#server!.port, 'mntr');
    const mismatches = /^zk_digest_mismatches_count\s+(\d+)/m.exec(words)?.[1];
    if (mismatches !== '0') this.#problem(`counts ${mismatches} digest mismatches`);
  }

  /** Takes up what is alive, loses what is not kept; returns who goes on with the work. */
  async #checkSessions(): Promise<WireClient> {
    const { port } = this.#server!;
    for (const keeper of this.#keepers) {
      const wrong = keeper.session.passwd!.map((byte) => byte ^ 1);
      const refused = await this.#handshake(keeper, wrong);
      if (refused) this.#problem(`lets ${keeper.name} in with a wrong password`);
    }
    if (this.#leg === 1) await this.#loseBrief();
    let owner: WireClient | undefined;
    const kept: Keeper[] = [];
    for (const keeper of this.#keepers) {
      const readable =
        keeper.madeBy !== 'vivarium' ||
        this.#kind === 'vivarium' ||
        this.#options.apachePasswords === true;
      const client = await this.#handshake(keeper, keeper.session.passwd!);
      if (readable !== (client !== undefined)) {
        this.#problem(`${readable ? 'refuses' : 'takes in'} ${keeper.name} of ${keeper.madeBy}`);
      }
      if (client !== undefined) this.result.sessions++;
      if (client !== undefined && keeper.name === 'two') {
        await client.call(opcodes.closeSession, null, null);
        const left = await this.#dump();
        if (left.has('/live/two')) this.#problem('keeps a node of a session that was closed');
        continue;
      }
      kept.push(keeper);
      owner ??= client;
    }
    this.#keepers = kept;
    return owner ?? (await WireClient.session(port, { timeOut: LONG_MS }));
  }

  async #openBrief(): Promise<void> {
    const brief = await this.#newSession('brief', BRIEF_MS);
    await create(brief, '/live/brief', 'c', createModes.ephemeral.flag);
  }

  /** A session that nobody takes up ends with its time, and its node with it. */
  async #loseBrief(): Promise<void> {
    this.#keepers = this.#keepers.filter(({ name }) => name !== 'brief');
    const deadline = Date.now() + 2.5 * BRIEF_MS;
    while ((await this.#dump()).has('/live/brief')) {
      if (Date.now() > deadline) {
        this.#problem('keeps a node of a session that is long over');
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async #handshake(keeper: Keeper, passwd: Uint8Array): Promise<WireClient | undefined> {
    const client = await WireClient.open(this.#server!.port);
    const { sessionId, timeOut } = keeper.session;
    const reply = await client.handshake({ sessionId, passwd, timeOut });
    if (reply === undefined || reply.timeOut <= 0) {
      client.destroy();
      return undefined;
    }
    if (reply.sessionId !== sessionId) this.#problem(`gives ${keeper.name} another session`);
    this.#open.push(client);
    return client;
  }

  async #newSession(name: string, timeOut: number): Promise<WireClient> {
    const client = await WireClient.session(this.#server!.port, { timeOut });
    this.#open.push(client);
    this.#keepers.push({ name, session: client.session, madeBy: this.#kind });
    return client;
  }

  /** Every node as a line of text. */
  async #dump(): Promise<ReadonlyMap<string, string>> {
    const client = await WireClient.session(this.#server!.port, { timeOut: LONG_MS });
    await authenticate(client, 'super:admin');
    const lines = new Map<string, string>();
    for (const [path, { data, stat, acl }] of await dumpTree(client)) {
      const hash = data === null ? 'null' : createHash('sha1').update(data).digest('base64');
      const acls = acl.map(({ perms, id }) => `${perms}:${id.scheme}:${id.id}`).join(' ');
      lines.set(path, `${Object.values(stat).join(' ')} ${hash} ${acls}`);
    }
    await client.call(opcodes.closeSession, null, null);
    client.destroy();
    return lines;
  }

  #problem(text: string): void {
    if (this.result.problems.length < 20) this.result.problems.push(`${this.where} ${text}`);
  }
}
