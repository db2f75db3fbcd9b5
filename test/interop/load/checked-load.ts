/** Several clients over all servers of an ensemble, what they say and hear, and the judgement. */
import { writesOf } from '../../sim/judges/wire-requests.js';
import { Violation } from '../../sim/violation.js';
import type { History } from '../../sim/world/history.js';
import { Random } from '../back-to-back/random.js';
import type { Ensemble } from '../ensemble/ensemble.js';
import type { Member } from '../ensemble/member.js';
import { type DumpedNode, dumpTree } from '../tree-dump.js';
import { layout } from './choices.js';
import { type JudgedLoad, judgeLoad, type LoadEvidence, type Tolerance } from './judge-all.js';
import { RecordedClient } from './recorded-client.js';
import { type ServerLog, ServerLogReader } from './server-log.js';

export interface CheckedLoadOptions {
  readonly seed: number;
  readonly clients?: number;
  /** Of the clients that are meant to keep their sessions through everything. */
  readonly timeoutMs?: number;
  readonly window?: number;
  readonly restMs?: number;
  readonly moves?: boolean;
}

/** What came out of one load. */
export interface LoadResult {
  /** Undefined when a property did not hold. */
  readonly judged: JudgedLoad | undefined;
  readonly acknowledged: number;
  readonly unknown: number;
  readonly connections: number;
  readonly problems: readonly string[];
}

export class CheckedLoad {
  readonly history: History = { connections: [] };
  readonly #ensemble: Ensemble;
  readonly #clients: readonly RecordedClient[];
  readonly #readers: ReadonlyMap<number, ServerLogReader>;
  readonly #before: ServerLog[] = [];

  constructor(ensemble: Ensemble, options: CheckedLoadOptions) {
    const {
      seed,
      clients = 6,
      timeoutMs = 15_000,
      window = 8,
      restMs = 24,
      moves = true,
    } = options;
    this.#ensemble = ensemble;
    const { history } = this;
    const places = ensemble.members;
    this.#clients = Array.from({ length: clients }, (_, at) => {
      const random = new Random(seed * 1000 + at);
      const shared = { history, places, random, window, restMs, moves };
      return new RecordedClient({ name: `c${at}`, timeoutMs, ...shared });
    });
    this.#readers = new Map(
      ensemble.members.map(({ id, dataDir }) => [id, new ServerLogReader(id, dataDir)]),
    );
  }

  /** Opens all clients, makes what they need, and lets them work. */
  async start(): Promise<void> {
    for (const client of this.#clients) client.open();
    for (const client of this.#clients) await client.untilAttached();
    const reply = await this.#clients[0]!.ask(layout());
    if (reply?.err !== 0) throw new Error(`the layout was answered with ${reply?.err}`);
    this.work();
  }

  work(): void {
    for (const client of this.#clients) client.work();
  }

  /** Remembers what a server's log says now that it is down, whatever becomes of it later. */
  look({ id }: Member): void {
    this.#before.push(this.#readers.get(id)!.read());
  }

  /** Nothing more is asked for; resolves when all is answered that will be. */
  async rest(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.rest()));
  }

  /** Lets all clients rest and end their sessions, and waits until all servers are equal. */
  async finish(): Promise<void> {
    await this.rest();
    for (const client of this.#clients) {
      await client.untilAttached();
      await client.close();
    }
    await this.#ensemble.untilEqual();
  }

  /** What there is to judge; the servers must be at rest. */
  async evidence(): Promise<LoadEvidence> {
    const dumps = new Map<number, ReadonlyMap<string, DumpedNode>>();
    for (const member of this.#ensemble.members) {
      const client = await member.session();
      dumps.set(member.id, await dumpTree(client));
      client.destroy();
    }
    const readAll = () => this.#ensemble.members.map(({ id }) => this.#readers.get(id)!.read());
    const now = await this.#ensemble.lookAtRest(readAll);
    return { history: this.history, logs: { now, before: this.#before }, dumps };
  }

  /** Judges everything. */
  async judge(tolerance: Tolerance): Promise<LoadResult> {
    const problems = this.#clients.flatMap((client) => client.problems);
    let judged: JudgedLoad | undefined;
    try {
      judged = judgeLoad(await this.evidence(), tolerance);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      problems.push(error.message);
    }
    const writes = this.history.connections
      .flatMap(({ requests }) => requests)
      .filter((request) => writesOf(request) !== undefined);
    const acknowledged = writes.filter(({ reply }) => reply?.err === 0).length;
    const unknown = writes.filter(({ reply }) => reply === undefined).length;
    return {
      judged,
      acknowledged,
      unknown,
      connections: this.history.connections.length,
      problems,
    };
  }

  leave(): void {
    for (const client of this.#clients) client.leave();
  }
}
