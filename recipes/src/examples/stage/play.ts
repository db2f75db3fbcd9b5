import { setTimeout as pause } from 'node:timers/promises';
import { type ActorNews, type Look, ProcessActor } from './actor.js';
import { type Actor, BrokenPromise, type Example, type Note, type Stage } from './example.js';
import { HoldRecord } from './hold-record.js';
import type { ExampleHost, HostServers } from './host.js';
import type { Report } from './messages.js';
import { Programme } from './programme.js';
import { Relay } from './relay.js';

/** How long a person who looks on has to read what is being done. */
const READING_MS = 1_200;

/**
 * Plays an example on servers of its own, and ends all that it has started.
 *
 * @returns whether it did what it promises
 */
export async function play(name: string, example: Example, host: ExampleHost): Promise<boolean> {
  const servers = await host.startServers(example.settings ?? {});
  const programme = new Programme(host, example.cast);
  const stage = new RealStage(name, programme, host, servers);
  try {
    programme.begins(name, example.title, servers.ports);
    await unlessStopped(Promise.race([example.play(stage), stage.trouble]), host.stop);
    await unlessStopped(stage.empty(), host.stop);
    programme.ends(true, example.promise);
    return true;
  } catch (error) {
    if (!host.stop.aborted) programme.ends(false, storyOf(error));
    return false;
  } finally {
    await stage.end();
    await servers.close();
  }
}

function storyOf(error: unknown): string {
  if (error instanceof BrokenPromise) return `Not as promised: ${error.message}.`;
  return `It got stuck: ${error instanceof Error ? error.message : String(error)}`;
}

function unlessStopped(work: Promise<void>, stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopped = () => reject(new Error('stopped'));
    if (stop.aborted) stopped();
    stop.addEventListener('abort', stopped, { once: true });
    work.then(resolve, reject).finally(() => stop.removeEventListener('abort', stopped));
  });
}

class RealStage implements Stage, ActorNews {
  readonly servers: Stage['servers'];
  readonly #example: string;
  readonly #programme: Programme;
  readonly #host: ExampleHost;
  readonly #ports: readonly number[];
  readonly #actors = new Set<ProcessActor>();
  readonly #holds = new HoldRecord();
  readonly #notes: (Note<unknown> & { readonly kind: string })[] = [];
  /** Rejects when a participant has failed, whoever waits for it. */
  readonly trouble: Promise<never>;
  #fail: (error: Error) => void = () => {};
  #isOver = false;

  constructor(example: string, programme: Programme, host: ExampleHost, servers: HostServers) {
    this.#example = example;
    this.#programme = programme;
    this.#host = host;
    this.#ports = servers.ports;
    this.servers = servers;
    this.trouble = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.trouble.catch(() => {}); // Nobody may be there yet who hears it, or any more.
  }

  async enter(name: string, role: string, ...words: readonly string[]): Promise<Actor> {
    const relay = await Relay.open(this.#ports);
    // A play that has failed goes on until it waits for something again: nobody ends who comes now.
    if (this.#isOver) {
      relay.close();
      throw new Error('the play is over');
    }
    const actor = new ProcessActor({ example: this.#example, role, name, words }, relay, this);
    this.#actors.add(actor);
    await actor.ready();
    return actor;
  }

  async tell(text: string): Promise<void> {
    this.#programme.told(text);
    if (this.#host.isWatched) await pause(READING_MS, undefined, { signal: this.#host.stop });
  }

  async anyone(actors: readonly Actor[], text: string): Promise<Actor> {
    const found = new AbortController();
    const first = await Promise.race(
      (actors as readonly ProcessActor[]).map(async (actor) => {
        await actor.says(text, found.signal);
        found.abort();
        return actor;
      }),
    );
    return first;
  }

  notes<T>(kind: string): readonly Note<T>[] {
    return this.#notes.filter(
      (note) => note.kind === kind,
    ) as readonly Note<unknown>[] as Note<T>[];
  }

  demand(condition: boolean, story: string): void {
    if (!condition) throw new BrokenPromise(story);
  }

  demandNeverMoreThan(limit: number): void {
    this.#holds.demandNeverMoreThan(limit);
  }

  heard(actor: ProcessActor, report: Report): void {
    if (this.#isOver) return;
    const who = actor.name;
    if (report.type === 'failed') this.#fail(new Error(`${who}: ${report.story}`));
    if (report.type === 'says') this.#programme.said(who, report.text);
    if (report.type === 'certain') this.#holds.add(`${who} (${actor.pid})`, report.sample);
    if (report.type === 'notes') {
      this.#notes.push({ who, kind: report.kind, value: report.value });
    }
  }

  looks(actor: ProcessActor, look: Look): void {
    if (look === 'absent') this.#actors.delete(actor);
    this.#programme.looks(actor.name, look);
  }

  /** Asks all who are still there to leave. */
  async empty(): Promise<void> {
    await Promise.all([...this.#actors].map((actor) => actor.leave()));
  }

  /** Ends all who are still there. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#actors].map((actor) => actor.kill()));
  }
}
