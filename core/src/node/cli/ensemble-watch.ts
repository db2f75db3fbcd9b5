import type { LogEvent } from '../../base/log-event.js';
import type { Log } from '../logger.js';
import { exitCodes } from '../start-error.js';
import { askWord } from './ask-word.js';
import type { EnsembleMember, MemberNews } from './ensemble-members.js';
import type { World } from './world.js';

/** What a shell says of a process that a second Ctrl-C ended. */
const INTERRUPTED = 130;
const LOOK_MS = 50;
/** How long the servers may take to agree on a leader before the person is told what there is. */
const START_LIMIT_MS = 60_000;
/** So long the same news of one server are not told again. */
const SILENCE_MS = 10_000;

/** Watches the servers of an ensemble for the person who started it, and stops them all. */
export class EnsembleWatch implements MemberNews {
  readonly #world: World;
  readonly #log: Log;
  readonly #told = new Map<string, number>();
  readonly #living = new Set<EnsembleMember>();
  readonly #endings: Promise<void>[] = [];
  #members: readonly EnsembleMember[] = [];
  /** What the process ends with. */
  #code: number = exitCodes.ok;
  #hasBegun = false;
  #isStopping = false;
  /** Who leads, as the person was told last. */
  #leader: number | undefined = undefined;
  #tellsLeaders = false;
  #looking = Promise.resolve();

  constructor(world: World, log: Log) {
    this.#world = world;
    this.#log = log;
  }

  /** Waits until all members serve. False when one of them has ended instead, and so have all. */
  async begin(members: readonly EnsembleMember[]): Promise<boolean> {
    this.#members = members;
    for (const member of members) this.#follow(member);
    if (this.#isStopping) this.#stopAll();
    const limit = performance.now() + START_LIMIT_MS;
    while (performance.now() < limit) {
      const modes = await this.modes();
      if (this.#isStopping || this.#living.size < members.length) break;
      if (members.every(({ id }) => modes.has(id))) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    if (!this.#isStopping && this.#living.size === members.length) {
      this.#hasBegun = true;
      return true;
    }
    this.#isStopping = true;
    this.#stopAll();
    return false;
  }

  /** What each server is to the others, of those that serve: `leader`, `follower`, `observer`. */
  async modes(): Promise<ReadonlyMap<number, string>> {
    const modes = new Map<number, string>();
    const ask = async ({ id, port }: EnsembleMember) => {
      const mode = /^Mode: (leader|follower|observer)$/m.exec(
        (await askWord({ port }, 'srvr')) ?? '',
      )?.[1];
      if (mode !== undefined) modes.set(id, mode);
    };
    await Promise.all([...this.#living].map(ask));
    this.#leader = [...modes].find(([, mode]) => mode === 'leader')?.[0] ?? this.#leader;
    return modes;
  }

  /** From now on the person is told when another server leads. */
  tellOfLeaders(): void {
    this.#tellsLeaders = true;
  }

  /**
   * Resolves when every server has ended: with 0 when somebody asked for it and those that were
   * left ended well.
   */
  async ended(): Promise<number> {
    await Promise.all(this.#endings);
    return this.#code;
  }

  /** Somebody wants the ensemble to stop; who asks a second time does not want to wait. */
  stop(_signal: string): void {
    if (this.#isStopping && this.#hasBegun) {
      this.#world.exit(INTERRUPTED);
      return;
    }
    this.#isStopping = true;
    this.#hasBegun = true;
    this.#world.stdout.write('\n');
    this.#stopAll();
  }

  said(id: number, line: string): void {
    this.#world.stderr.write(`server ${id}: ${line}\n`);
  }

  happened(id: number, event: LogEvent): void {
    if (event.event === 'member.serving') {
      this.#looking = this.#looking.then(() => this.#lookForLeader());
    }
    if (this.#isStopping || (event.level !== 'warn' && event.level !== 'error')) return;
    const key = `${id} ${event.event}`;
    const now = performance.now();
    if (now - (this.#told.get(key) ?? Number.NEGATIVE_INFINITY) < SILENCE_MS) return;
    this.#told.set(key, now);
    this.#log({ ...event, message: `server ${id}: ${event.message}` });
  }

  async #lookForLeader(): Promise<void> {
    const before = this.#leader;
    await this.modes();
    const leader = this.#leader;
    if (!this.#tellsLeaders || this.#isStopping || leader === before) return;
    const message = `server ${leader} leads now`;
    this.#log({ level: 'info', event: 'ensemble.leader', message });
  }

  #follow(member: EnsembleMember): void {
    this.#living.add(member);
    const ending = member.ended.then(({ code, reason }) => {
      this.#living.delete(member);
      if (this.#isStopping) {
        this.#code ||= code;
        return;
      }
      this.#tellOfEnd(member, reason);
      // An ensemble can do without a server, but not without all, nor without one at the start.
      if (this.#hasBegun && this.#living.size > 0) return;
      this.#code ||= code === exitCodes.ok ? exitCodes.unexpected : code;
    });
    this.#endings.push(ending);
  }

  #tellOfEnd({ id, pid }: EnsembleMember, reason: string): void {
    const left = this.#living.size;
    const others = `${left} of ${this.#members.length} servers are left`;
    const message = `server ${id} (pid ${pid}) is gone: ${reason}; ${others}`;
    this.#log({ level: 'warn', event: 'ensemble.server-gone', message });
  }

  #stopAll(): void {
    for (const member of this.#living) member.stop();
  }
}
