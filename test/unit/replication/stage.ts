/** Ensembles on a stage: a script says what happens to them, and a transcript what comes of it. */
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import type { LocalServer } from '@vivarium/core/internal/local/server';
import type { DiskStep } from '@vivarium/core/internal/storage/disk';
import { EnsembleRig } from '../peer/ensemble-rig.js';
import { type Moment, NarratedMachine } from './narrator.js';
import { zxidText } from './packet-words.js';
import { ScriptClient } from './script-client.js';

/** By then a connection that was reset has ended on both sides. */
const NOTICED_MS = 10;
const SETTLED_MS = 30_000;
const ANSWERED_MS = 20_000;

/**
 * Runs a script, of which every line that begins with `> ` is a command, and writes the transcript:
 * the commands, with what came of each below it. Bytes take the same time on every way, so what is
 * written down stands still when other things change.
 *
 * Zxids are written `epoch:counter`. Votes are left out: elections have transcripts of their own.
 *
 * | Command | |
 * | --- | --- |
 * | `ensemble 3 observers 1 snapCount 5` | begins; options of every server may follow |
 * | `start`, `start 1 2` | servers start, all or some |
 * | `settle` | time passes until all that are up serve |
 * | `pass 200` | milliseconds go by |
 * | `client A at 2`, `client B at 3 as A` | a client connects, for a session of its own or not |
 * | `A create /x 1`, `A get /x watch` | it asks, and time passes until it is answered |
 * | `A begins create /x 1` | it asks; the answer comes when it comes |
 * | `A leaves` | it closes its connection and lets its session be |
 * | `kill 1`, `power 1` | a process dies, or its machine with what was not synced |
 * | `pause 1`, `resume 1` | SIGSTOP and SIGCONT |
 * | `resume 1 sockets` | it was stopped while it read: what has come is read before timers are |
 * | `wipe 1` | a server that is down loses its data |
 * | `initialize 1` | an operator says that it is to vote although it has none |
 * | `cut 1 2`, `mute 1 2`, `join` | the ways between two, one way, all are whole again |
 * | `fail 1 sync` | the next such step of a disk fails |
 * | `disk 2 5000` | from now on each step of a server's disk takes so many microseconds |
 * | `when 2 sends ACK power 2` | a command for a moment that is to come, once |
 * | `when 2 hears TRUNC power 2 after 4` | so many milliseconds later |
 * | `quiet`, `loud` | packets are told, or not |
 * | `pings`, `no-pings` | heartbeats too, or not |
 * | `compare` | what the servers have; all trees must be the same |
 */
export async function runScript(script: string): Promise<string> {
  const stage = new Stage();
  for (const line of script.split('\n')) {
    if (line.startsWith('#') || line === '') stage.lines.push(line);
    if (!line.startsWith('> ')) continue;
    stage.lines.push(line);
    try {
      await stage.run(line.slice(2).split(' '));
    } catch (error) {
      throw new Error(`after\n${stage.lines.join('\n')}`, { cause: error });
    }
  }
  return `${stage.lines.join('\n').trimEnd()}\n`;
}

interface Wait {
  readonly server: number;
  readonly verb: string;
  readonly packet: string;
  readonly command: readonly string[];
  readonly delayMs: number;
}

class Stage {
  readonly lines: string[] = [];
  #rig: EnsembleRig | undefined;
  readonly #clients = new Map<string, ScriptClient>();
  readonly #names = new Map<bigint, string>();
  #waits: Wait[] = [];
  #isQuiet = false;
  #showsPings = false;

  async run(words: readonly string[]): Promise<void> {
    const [command = '', ...rest] = words;
    if (this.#treats(words)) return;
    const client = this.#clients.get(command);
    switch (command) {
      case 'ensemble':
        this.#begin(rest);
        break;
      case 'settle':
        await this.#pass(NOTICED_MS);
        await this.#until('all serve', () => this.#serves());
        break;
      case 'pass':
        await this.#pass(Number(rest[0]));
        break;
      case 'client':
        await this.#enters(rest);
        break;
      case 'when': {
        const [server, verb, packet, ...then] = rest;
        const isLater = then.at(-2) === 'after';
        const delayMs = isLater ? Number(then.at(-1)) : 0;
        const command = isLater ? then.slice(0, -2) : then;
        this.#waits.push({
          server: Number(server),
          verb: verb!,
          packet: packet!,
          command,
          delayMs,
        });
        break;
      }
      case 'quiet':
      case 'loud':
        this.#isQuiet = command === 'quiet';
        break;
      case 'pings':
      case 'no-pings':
        this.#showsPings = command === 'pings';
        break;
      case 'compare':
        this.#compare();
        break;
      default:
        if (client === undefined) throw new Error(`there is no command '${command}'`);
        await this.#asks(client, rest);
    }
  }

  /** What may also be done at a moment that was waited for; false when it is something else. */
  #treats([command, ...words]: readonly string[]): boolean {
    const [first = 0, second = 0] = words.map(Number);
    const server = () => this.#server(first);
    switch (command) {
      case 'start':
        for (const [at, each] of this.#all.entries()) {
          if (each.state !== 'down' || (words.length > 0 && !words.includes(`${at + 1}`))) continue;
          each.start();
        }
        return true;
      case 'kill':
        server().kill();
        return true;
      case 'power':
        server().cutPower();
        return true;
      case 'pause':
        server().pause();
        return true;
      case 'resume':
        server().resume(words.at(-1) === 'sockets' ? 'sockets' : 'timers');
        return true;
      case 'wipe':
        server().disk = new MemoryDisk();
        return true;
      case 'initialize': {
        const file = 'snapshots/initialize';
        server().disk.perform([
          { step: 'create', file },
          { step: 'sync-folder', folder: 'snapshots/' },
        ]);
        return true;
      }
      case 'fail': {
        const failure = { code: 'EIO', message: 'the script says so' };
        server().disk.failNext(words[1] as DiskStep['step'], failure);
        return true;
      }
      case 'disk':
        server().diskStepMicros = [second, second];
        return true;
      case 'mute':
        this.#sever(first, second);
        return true;
      case 'cut':
        this.#sever(first, second);
        this.#sever(second, first);
        return true;
      case 'join':
        this.#stage.network.mend();
        return true;
      default:
        return false;
    }
  }

  get #stage(): EnsembleRig {
    if (this.#rig === undefined) throw new Error(`a script begins with 'ensemble'`);
    return this.#rig;
  }

  get #all(): readonly LocalServer[] {
    return this.#stage.servers;
  }

  #server(id: number): LocalServer {
    const server = this.#all[id - 1];
    if (server === undefined) throw new Error(`there is no server ${id}`);
    return server;
  }

  #sever(from: number, to: number): void {
    this.#stage.network.sever(this.#server(from).address, this.#server(to).address, true);
  }

  #begin([servers, ...words]: readonly string[]): void {
    let observers = 0;
    const config: Record<string, number> = {};
    for (let at = 0; at + 1 < words.length; at += 2) {
      const value = Number(words[at + 1]);
      if (words[at] === 'observers') observers = value;
      else config[words[at]!] = value;
    }
    const parts = {
      tell: (line: string) => {
        if (!this.#isQuiet) this.lines.push(line);
      },
      came: (moment: Moment) => this.#came(moment),
      showsPings: () => this.#showsPings,
      sessionName: (id: bigint) => this.#names.get(id) ?? 'a new session',
    };
    this.#rig = new EnsembleRig({
      servers: Number(servers),
      observers,
      config,
      isEven: true,
      watched: (machine, id) => new NarratedMachine(machine, id, parts),
    });
  }

  /** Does what was to be done at a moment. True if the server dies of it before it hears it. */
  #came(moment: Moment): boolean {
    const { server, verb, packet } = moment;
    const due = this.#waits.filter(
      (wait) => wait.server === server && wait.verb === verb && wait.packet === packet,
    );
    this.#waits = this.#waits.filter((wait) => !due.includes(wait));
    let dies = false;
    for (const { command, delayMs } of due) {
      const [what, whom] = command;
      const isOwnEnd = (what === 'kill' || what === 'power') && Number(whom) === server;
      if (isOwnEnd && verb === 'hears' && delayMs === 0) dies = true;
      const { kernel } = this.#stage;
      kernel.after(delayMs * 1_000, 'what a script has', () => this.#does(moment, command));
    }
    return dies;
  }

  #does({ server, verb, packet }: Moment, command: readonly string[]): void {
    this.lines.push(`when ${server} ${verb} ${packet}: ${command.join(' ')}`);
    const [name = '', ...words] = command;
    const client = this.#clients.get(name);
    if (client !== undefined) client.ask(words.slice(1));
    else if (!this.#treats(command)) throw new Error(`there is no time for '${command.join(' ')}'`);
  }

  async #enters([name = '', , server, , other]: readonly string[]): Promise<void> {
    const tell = (line: string) => this.lines.push(line);
    const from = other === undefined ? undefined : this.#clients.get(other);
    const client = await ScriptClient.at(this.#stage, Number(server), name, tell, from);
    this.#clients.set(name, client);
    if (client.session !== undefined && from === undefined) this.#names.set(client.session, name);
    this.#hear();
  }

  async #asks(client: ScriptClient, words: readonly string[]): Promise<void> {
    if (words[0] === 'leaves') {
      client.connection.vanish();
      return;
    }
    const isPatient = words[0] === 'begins';
    client.ask(isPatient ? words.slice(1) : words);
    if (!isPatient) await this.#until('an answer', () => !client.waits, ANSWERED_MS);
  }

  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left--) {
      await this.#stage.time.advance(1);
      this.#hear();
    }
  }

  async #until(what: string, holds: () => boolean, limitMs = SETTLED_MS): Promise<void> {
    for (let left = limitMs; !holds(); left--) {
      if (left === 0) throw new Error(`not within ${limitMs} ms: ${what}`);
      await this.#pass(1);
    }
    await this.#pass(20);
  }

  #hear(): void {
    for (const client of this.#clients.values()) client.hear();
  }

  #serves(): boolean {
    const up = this.#all.filter(({ state }) => state === 'running');
    return up.every(({ view }) => view?.serving === true && view.mode !== 'read-only');
  }

  /** Same sizes, sessions and owners; other differences a later write would have told of. */
  #compare(): void {
    const up = this.#all.filter(({ state }) => state === 'running').map(({ view }) => view!);
    const texts = up.map(({ serverId, lastZxid }) => `${serverId} at ${zxidText(lastZxid)}`);
    const facts = up.map((view) => {
      const sessions = [...view.globalSessions()].sort();
      const owned = [...view.ephemerals()].map(([id, paths]) => [id, [...paths].sort()]).sort();
      const { lastZxid, nodeCount, approximateDataSize } = view;
      return [lastZxid, nodeCount, approximateDataSize, ...sessions, ...owned].join(' ');
    });
    const mismatch = this.#stage.events.find(({ event }) => event === 'digest.mismatch');
    if (mismatch !== undefined) throw new Error(`server ${mismatch.server}: ${mismatch.message}`);
    if (new Set(facts).size !== 1) throw new Error(`the servers differ:\n${facts.join('\n')}`);
    this.lines.push(`all have the same: ${texts.join(', ')}`);
  }
}
