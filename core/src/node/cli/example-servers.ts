import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes, StartError } from '../start-error.js';
import { askWord } from './ask-word.js';
import { type EnsembleSeat, prepareEnsemble } from './ensemble-files.js';
import { type EnsembleMember, launchMembers } from './ensemble-members.js';
import type { World } from './world.js';

/** The servers that an example is played on, each a process of its own, on loopback. */
export interface ExampleServers {
  /** In the order of their numbers, which begin at 1. */
  readonly ports: readonly number[];
  /** The one that leads, as soon as one does. */
  leader(): Promise<number>;
  /** Process id of a server; undefined while it does not run. */
  pid(id: number): number | undefined;
  /** Ends a server with `kill -9`. Resolves when its process is gone. */
  kill(id: number): Promise<void>;
  /** Starts a server that was killed. Resolves when it serves. */
  start(id: number): Promise<void>;
  /** Ends all of them at once, and removes their data. */
  close(): Promise<void>;
}

const LOOK_MS = 50;
/** Ample: a machine may have other things to do. */
const LIMIT_MS = 60_000;
/** A port that was free may be taken before a server listens to it. */
const ATTEMPTS = 5;

/**
 * Short ticks, so that sessions may be short, and long patience between the servers, so that they
 * stay together where processors are scarce.
 */
const timing = { tickTime: '500', initLimit: '60', syncLimit: '30' };

/**
 * Starts three servers with their data in a temporary folder. Resolves when all of them serve.
 *
 * @param settings further keys of their `zoo.cfg`
 * @throws StartError when they do not come to serve
 */
export async function launchExampleServers(
  world: World,
  settings: Readonly<Record<string, string>>,
): Promise<ExampleServers> {
  for (let attempt = 1; ; attempt++) {
    const folder = mkdtempSync(join(tmpdir(), 'vivarium-example-'));
    const request = { folder, port: 0, settings: { ...timing, ...settings } };
    const servers = new Servers(world, folder, (await prepareEnsemble(request)).seats);
    try {
      await servers.begin();
      return servers;
    } catch (error) {
      await servers.close();
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

class Servers implements ExampleServers {
  readonly ports: readonly number[];
  readonly #world: World;
  readonly #folder: string;
  readonly #seats: readonly EnsembleSeat[];
  readonly #running = new Map<number, EnsembleMember>();
  /** What a server said last that was no event: a reason why it does not run. */
  #lastWords = '';

  constructor(world: World, folder: string, seats: readonly EnsembleSeat[]) {
    this.#world = world;
    this.#folder = folder;
    this.#seats = seats;
    this.ports = seats.map(({ port }) => port);
  }

  async begin(): Promise<void> {
    for (const { id } of this.#seats) this.#launch(id);
    await Promise.all(this.#seats.map(({ id }) => this.#serving(id)));
  }

  async leader(): Promise<number> {
    return until('no server leads', async () => {
      const modes = await Promise.all([...this.#running.keys()].map((id) => this.#mode(id)));
      return [...this.#running.keys()][modes.indexOf('leader')];
    });
  }

  pid(id: number): number | undefined {
    return this.#running.get(id)?.pid;
  }

  async kill(id: number): Promise<void> {
    const member = this.#running.get(id);
    if (member === undefined) return;
    this.#running.delete(id);
    end(member);
    await member.ended;
  }

  async start(id: number): Promise<void> {
    this.#launch(id);
    await this.#serving(id);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.kill(id)));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #launch(id: number): void {
    const seat = this.#seats[id - 1]!;
    const news = { said: (_: number, line: string) => this.#hears(line), happened: () => {} };
    const [member] = launchMembers([seat], this.#world, news);
    this.#running.set(id, member!);
    void member!.ended.then(() => {
      if (this.#running.get(id) === member) this.#running.delete(id);
    });
  }

  async #serving(id: number): Promise<void> {
    await until(`server ${id} does not serve`, async () => {
      if (this.#running.has(id)) return this.#mode(id);
      const story = `Server ${id} has ended at its start. ${this.#lastWords}`;
      throw new StartError(story.trimEnd(), exitCodes.unexpected);
    });
  }

  async #mode(id: number): Promise<string | undefined> {
    const answer = await askWord(this.#seats[id - 1]!, 'srvr');
    return /^Mode: (leader|follower)$/m.exec(answer ?? '')?.[1];
  }

  #hears(line: string): void {
    this.#lastWords = line;
  }
}

/** A server that has ended already cannot be killed, and need not be. */
function end({ pid }: EnsembleMember): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function until<T>(failure: string, look: () => Promise<T | undefined>): Promise<T> {
  const limit = performance.now() + LIMIT_MS;
  while (performance.now() < limit) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new StartError(`After ${LIMIT_MS / 1000} s ${failure}.`, exitCodes.unexpected);
}
