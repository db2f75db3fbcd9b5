/** Kills a server again and again under load, and judges what each start brings back. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../back-to-back/random.js';
import { LogsReader } from '../data-files.js';
import { type ServerKind, type ServerProcess, startServer } from '../server-process.js';
import { dumpTree } from '../tree-dump.js';
import { launchVivarium } from '../vivarium.js';
import { WireClient } from '../wire-client.js';
import { addFindings, type Findings, judgeLog, judgeTree } from './judge.js';
import { LoadClient } from './load-client.js';
import type { Model } from './model.js';
import { createOf, places, SHARED_NODES } from './writes.js';

export interface CrashOptions {
  readonly kind: ServerKind;
  readonly seed: number;
  readonly kills: number;
  /** What `VIVARIUM_TEST_DISK` says. */
  readonly disk: '' | 'forgetful' | 'lying';
}

export interface CrashResult extends Findings {
  kills: number;
  /** Kills before the server served again. */
  killsWhileStarting: number;
  /** Kills that left a snapshot half written; on the forgetful disk, under a name of its own. */
  killsInSnapshot: number;
  refusedStarts: number;
  /** Sessions taken up again after a kill. */
  reattached: number;
  readonly refusals: string[];
}

const LASTING = { clients: 5, timeoutMs: 20_000 };
/** Sessions that nobody takes up again after a kill. */
const PASSING = { clients: 1, timeoutMs: 3000 };
const LONGEST_LOAD_MS = 500;
const LONGEST_START_MS = 500;

/** One data folder, from its first start over `kills` crashes to a clean end. */
export async function crashRun(options: CrashOptions): Promise<CrashResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vivarium-crash-'));
  const run = new Run(options, dataDir);
  try {
    return await run.all();
  } catch (error) {
    throw new Error(`seed ${options.seed}: ${run.log().slice(-3000)}`, { cause: error });
  } finally {
    await run.end();
    await rm(dataDir, { recursive: true, force: true });
  }
}

class Run {
  readonly #options: CrashOptions;
  readonly #dataDir: string;
  readonly #random: Random;
  readonly #logs: LogsReader;
  readonly #clients: LoadClient[] = [];
  readonly #ownSessions = new Set<bigint>();
  readonly #result: CrashResult;
  /** Wrong in ways that the log does not tell, beside those that it does. */
  readonly #problems: string[] = [];
  #server: ServerProcess | undefined;
  #lasting: LoadClient[] = [];
  #unansweredConnects = 0;

  constructor(options: CrashOptions, dataDir: string) {
    this.#options = options;
    this.#dataDir = dataDir;
    this.#logs = new LogsReader(dataDir);
    this.#random = new Random(options.seed);
    this.#result = {
      acknowledged: 0,
      lost: 0,
      unknownKept: 0,
      unknownGone: 0,
      transactions: 0,
      expired: 0,
      problems: [],
      kills: 0,
      killsWhileStarting: 0,
      killsInSnapshot: 0,
      refusedStarts: 0,
      reattached: 0,
      refusals: [],
    };
  }

  /** What the server has said since it was started last. */
  log(): string {
    return this.#server?.log() ?? 'no server runs';
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.leave();
    await this.#server?.kill();
  }

  async all(): Promise<CrashResult> {
    const { kills, disk } = this.#options;
    if (disk === 'lying') await this.#beginHonestly();
    while (this.#result.kills < kills) {
      if (!(await this.#start())) return this.#summary();
      const model = await this.#judge();
      // On a disk that lies there is nothing to go on from once something is lost.
      if (disk === 'lying' && this.#result.lost > 0) return this.#summary();
      await this.#loadUntilKilled(model);
    }
    if (await this.#start()) await this.#endWell(await this.#judge());
    return this.#summary();
  }

  /**
   * A disk that lies from the first start on leaves no snapshot that can be read, and the server
   * refuses to start. Here it begins to lie on a folder that is sound: then writes are lost.
   */
  async #beginHonestly(): Promise<void> {
    const { kind } = this.#options;
    await (await startServer(kind, { dataDir: this.#dataDir })).stop();
  }

  #summary(): CrashResult {
    return { ...this.#result, problems: [...this.#problems, ...this.#result.problems] };
  }

  /** Starts the server, now and then killing it while it starts; false when it refuses to. */
  async #start(): Promise<boolean> {
    const { kind, disk } = this.#options;
    const options = {
      dataDir: this.#dataDir,
      config: {
        tickTime: 500,
        snapCount: 1 + this.#random.below(3000),
        preAllocSize: this.#random.pick([64, 1024, 65_536]),
        'autopurge.purgeInterval': 0,
        maxSessionTimeout: 60_000,
      },
      env: { VIVARIUM_TEST_DISK: disk },
    };
    while (kind === 'vivarium' && this.#result.kills > 0 && this.#random.chance(0.25)) {
      const starting = await launchVivarium(options);
      const soon = sleep(this.#random.below(LONGEST_START_MS)).then(() => 'killed');
      const first = await Promise.race([soon, starting.serving.then(() => 'serving')]).catch(
        () => 'refused',
      );
      await starting.kill();
      if (first === 'refused') return this.#refused(starting.log());
      if (first === 'killed') this.#result.killsWhileStarting++;
    }
    try {
      this.#server = await startServer(kind, options);
      return true;
    } catch (error) {
      return this.#refused(error instanceof Error ? error.message : String(error));
    }
  }

  #refused(story: string): false {
    this.#result.refusedStarts++;
    this.#result.refusals.push(story.slice(-1500));
    return false;
  }

  /** Reads log and tree, while nothing happens between the two, and compares all there is. */
  async #judge(): Promise<Model> {
    const checker = await WireClient.session(this.#server!.port, { timeOut: 20_000 });
    this.#ownSessions.add(checker.session.sessionId);
    try {
      for (;;) {
        const before = this.#logs.read();
        const dump = await dumpTree(checker);
        const txns = this.#logs.read();
        if (txns.length !== before.length) continue; // a session expired meanwhile
        const { findings, model } = judgeLog({
          txns,
          clients: this.#clients.filter(({ session }) => session !== 0n),
          ownSessions: this.#ownSessions,
          unansweredConnects: this.#unansweredConnects,
        });
        addFindings(this.#result, findings, judgeTree(dump, model));
        return model;
      }
    } finally {
      checker.destroy();
    }
  }

  async #loadUntilKilled(model: Model): Promise<void> {
    const server = this.#server!;
    const clients = await this.#attachAll(model);
    if (model.nodes.size === 1) await this.#layOut(clients[0]!);
    for (const client of clients) client.start();
    await sleep(this.#random.below(LONGEST_LOAD_MS));
    await server.kill();
    this.#server = undefined;
    await Promise.all(clients.map((client) => client.drained()));
    this.#result.kills++;
    const files = await readdir(join(this.#dataDir, 'version-2'));
    if (files.some((name) => /^(vivarium-draft$|not-durable)/.test(name))) {
      this.#result.killsInSnapshot++;
    }
  }

  /** Takes up the lasting sessions again, and opens what is missing and the passing ones. */
  async #attachAll(model: Model): Promise<readonly LoadClient[]> {
    const { port } = this.#server!;
    const clients: LoadClient[] = [];
    for (const client of this.#lasting) {
      const known = client.session !== 0n && model.sessions.has(client.session);
      const how = await client.attach(port);
      if (how === 'attached') {
        clients.push(client);
        if (known) this.#result.reattached++;
        else this.#problems.push(`${client.name} was taken in after its end`);
      } else if (known) this.#problems.push(`${client.name} could not come back: ${how}`);
    }
    this.#lasting = [...clients];
    const open = async ({ timeoutMs }: { timeoutMs: number }) => {
      const name = `c${this.#clients.length}`;
      const seed = this.#random.below(2 ** 31);
      const client = new LoadClient(name, timeoutMs, new Random(seed));
      if ((await client.attach(port)) !== 'attached') {
        this.#unansweredConnects++;
        return;
      }
      this.#clients.push(client);
      clients.push(client);
      if (timeoutMs === LASTING.timeoutMs) this.#lasting.push(client);
    };
    while (this.#lasting.length < LASTING.clients) await open(LASTING);
    for (let i = 0; i < PASSING.clients; i++) await open(PASSING);
    return clients;
  }

  async #layOut(client: LoadClient): Promise<void> {
    for (const path of places) await client.once(createOf(path, '', 0));
    for (let i = 0; i < SHARED_NODES; i++) await client.once(createOf(`/sets/${i}`, '', 0));
  }

  /** Closes the lasting sessions, waits for the others' expiry, and judges a last time. */
  async #endWell(model: Model): Promise<void> {
    const server = this.#server!;
    for (const client of this.#lasting) {
      if (!model.sessions.has(client.session)) continue;
      const how = await client.attach(server.port);
      if (how !== 'attached') this.#problems.push(`${client.name} could not come back: ${how}`);
      else if ((await client.once('closeSession'))?.err !== 0) {
        this.#problems.push(`${client.name} could not close its session`);
      }
      client.leave();
    }
    const deadline = Date.now() + 4 * PASSING.timeoutMs;
    for (;;) {
      const last = await this.#judge();
      const own = [...last.sessions].filter((session) => this.#ownSessions.has(session)).length;
      const owned = [...last.nodes.values()].some(
        ({ owner }) => owner !== 0n && !this.#ownSessions.has(owner),
      );
      if (last.sessions.size === own && !owned) break;
      if (Date.now() > deadline) {
        this.#problems.push('sessions that nobody keeps do not end, or leave nodes behind');
        break;
      }
      await sleep(500);
    }
    await server.stop();
    this.#server = undefined;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
