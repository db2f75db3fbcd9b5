/**
 * An ensemble of real processes, each Vivarium or a release of Apache ZooKeeper, on folders of
 * their own. It does to them what happens to servers: they are stopped, killed, paused, wiped,
 * replaced by the other kind, and cut off from each other.
 */
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerKind } from '../server-process.js';
import { Addresses, LARGEST_ID } from './addresses.js';
import { Member } from './member.js';
import { Network } from './network.js';
import { type ConfigLines, writeServerFiles } from './server-files.js';

export interface EnsembleOptions {
  /** A server for each, with ids from 1 up. */
  readonly kinds: readonly ServerKind[];
  /** How many of them, the last ones, observe instead of voting. */
  readonly observers?: number;
  /** Lines of everybody's `zoo.cfg` in place of the defaults of the same key. */
  readonly config?: ConfigLines;
  /** Puts a proxy between every two servers, which {@link Ensemble.network} then controls. */
  readonly proxies?: boolean;
  /** Environment of Vivarium's processes. */
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
  readonly jvmArgs?: readonly string[];
  /** Java system properties. */
  readonly properties?: ConfigLines;
  /** Kept at the end; a temporary folder that goes when absent. */
  readonly folder?: string;
}

const LOOK_MS = 25;

export class Ensemble {
  readonly members: readonly Member[];
  readonly #folder: string;
  readonly #isTemporary: boolean;
  readonly #network: Network | undefined;

  private constructor(
    folder: string,
    members: readonly Member[],
    isTemporary: boolean,
    network: Network | undefined,
  ) {
    this.#folder = folder;
    this.members = members;
    this.#isTemporary = isTemporary;
    this.#network = network;
  }

  /** Writes all files; no server is started yet. */
  static async create(options: EnsembleOptions): Promise<Ensemble> {
    const { kinds, observers = 0, config = {}, proxies = false } = options;
    const { env = {}, nodeArgs = [], properties = {} } = options;
    if (kinds.length > LARGEST_ID) throw new Error(`at most ${LARGEST_ID} servers`);
    const addresses = await Addresses.pick();
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'vivarium-ensemble-')));
    const seats = kinds.map((_, at) => ({
      id: at + 1,
      isObserver: at >= kinds.length - observers,
    }));
    const members = seats.map(({ id, isObserver }) => {
      const own = join(folder, String(id));
      mkdirSync(own, { recursive: true });
      writeServerFiles({ folder: own, id, seats, addresses, proxies, config });
      const { jvmArgs } = options;
      return new Member({
        ...{ id, isObserver, env, nodeArgs, properties, folder: own },
        kind: kinds[id - 1]!,
        host: addresses.of(id),
        ...(jvmArgs === undefined ? {} : { jvmArgs }),
      });
    });
    const network = proxies
      ? await Network.open(
          addresses,
          seats.map(({ id }) => id),
        )
      : undefined;
    return new Ensemble(folder, members, options.folder === undefined, network);
  }

  /** What lies between the servers. @throws when the ensemble was made without proxies */
  get network(): Network {
    if (this.#network === undefined) throw new Error('this ensemble has no proxies');
    return this.#network;
  }

  /** @throws when there is no server of that id */
  member(id: number): Member {
    const found = this.members[id - 1];
    if (found === undefined) throw new Error(`the ensemble has no server ${id}`);
    return found;
  }

  get running(): readonly Member[] {
    return this.members.filter(({ isRunning }) => isRunning);
  }

  /** Launches all that do not run, and waits until each serves. */
  async start(): Promise<void> {
    await Promise.all(this.members.filter((each) => !each.isRunning).map((each) => each.launch()));
    await this.untilServing();
  }

  /** Waits until every process that runs serves. */
  async untilServing(limitMs?: number): Promise<void> {
    await Promise.all(this.running.map((member) => member.untilServing(limitMs)));
  }

  /** The server that says it leads; of two, as there may be for a while, the one of later zxids. */
  async leader(): Promise<Member | undefined> {
    const asked = [...this.running];
    const states = await Promise.all(asked.map((member) => member.state()));
    let found: Member | undefined;
    let highest = -1n;
    for (const [at, state] of states.entries()) {
      if (state?.role !== 'leader' || state.zxid <= highest) continue;
      highest = state.zxid;
      found = asked[at];
    }
    return found;
  }

  /** Waits for one. @throws with what all of them say when there is none in time */
  async untilLed(limitMs = 60_000): Promise<Member> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const leader = await this.leader();
      if (leader !== undefined) return leader;
      if (performance.now() > deadline) throw new Error(`nobody leads:\n${this.logs()}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Waits until all have applied the same. @throws when they do not in time */
  async untilEqual(limitMs = 60_000): Promise<bigint> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const states = await Promise.all(this.members.map((member) => member.state()));
      const zxids = new Set(states.map((state) => state?.zxid));
      const [zxid] = zxids;
      if (zxids.size === 1 && zxid !== undefined) return zxid;
      if (performance.now() > deadline) {
        const shown = [...zxids].map((each) => each?.toString(16) ?? 'none').join(', ');
        throw new Error(`the servers stay at different zxids (${shown}):\n${this.logs()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Looks when all have applied the same, and again when something came meanwhile. */
  async lookAtRest<T>(look: () => T): Promise<T> {
    for (let before = await this.untilEqual(); ; ) {
      const seen = look();
      const after = await this.untilEqual();
      if (after === before) return seen;
      before = after;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map((member) => member.stop()));
  }

  async kill(): Promise<void> {
    await Promise.all(this.running.map((member) => member.kill()));
  }

  /** The newest of what each has said. */
  logs(): string {
    return this.members
      .map((member) => `--- server ${member.id}, ${member.kind}\n${member.recentLog()}`)
      .join('\n');
  }

  /** Kills what still runs and removes what is temporary. */
  async destroy(): Promise<void> {
    await this.kill();
    await this.#network?.close();
    if (this.#isTemporary) await rm(this.#folder, { recursive: true, force: true });
  }
}
