/** Elections around a table: a script says who looks, whose words arrive, and who dies. */
import { zxidOf } from '@vivarium/core/internal/base/ids';
import { type Notification, peerStates } from '@vivarium/core/internal/wire/election';
import { Election } from '@vivarium/core/internal/zab/election';
import { ensembleOf, upTo } from './ensembles.js';

interface Seat {
  readonly election: Election;
  /** Whether its decision stands in the transcript. */
  isDecided: boolean;
}

/**
 * Runs a script, of which every line that begins with `> ` is a command, and writes the transcript:
 * the commands, with what came of each below it. Words between two servers arrive in order; those
 * of different servers arrive in turns.
 *
 * Histories are written `epoch/zxid`, zxids `epoch:counter`.
 *
 * | Command | |
 * | --- | --- |
 * | `ensemble 3 observers 4 weightless 2` | begins |
 * | `look 1 2/2:7` | a server looks, with this history; `empty` or `doubtful` may follow |
 * | `deliver`, `deliver 1 2` | everything arrives, or one thing from one server to another |
 * | `drop 1 2` | what is under way is lost, without the link |
 * | `pass 200` | milliseconds go by |
 * | `crash 3` | a server is gone, and others notice at once |
 * | `vanish 3` | a machine loses its power: its links look whole |
 * | `restart 3` | it can be reached again, and says nothing yet |
 * | `cut 1 2`, `join 1 2` | two servers lose their link, or have one again |
 * | `epoch 3 5` | a server tells the epoch of its leader from now on |
 * | `say 3 to 1 v0 following 2 1/1:4 round 6` | words of a server that is not at the table |
 * | `show` | what everybody is |
 */
export function runScript(script: string): string {
  const table = new Table();
  for (const line of script.split('\n')) {
    if (line.startsWith('#') || line === '') table.lines.push(line);
    if (!line.startsWith('> ')) continue;
    table.lines.push(line);
    table.run(line.slice(2).split(' '));
  }
  return `${table.lines.join('\n').trimEnd()}\n`;
}

class Table {
  readonly lines: string[] = [];
  #now = 0;
  #membership = ensembleOf({ voters: [1] });
  readonly #seats = new Map<number, Seat>();
  readonly #queues = new Map<string, Notification[]>();
  /** Pairs without a link, and without a chance of one. */
  readonly #apart = new Set<string>();
  #said: { from: number; to: number; notification: Notification }[] = [];

  run([command, ...words]: readonly string[]): void {
    const numbers = words.map(Number);
    const [first = 0, second = 0] = numbers;
    switch (command) {
      case 'ensemble':
        this.#begin(words);
        break;
      case 'look':
        this.#look(first, words.slice(1));
        break;
      case 'deliver':
        if (words.length === 2) this.#deliver(first, second);
        else while (this.#deliverRound());
        break;
      case 'drop':
        this.#queues.delete(`${first} ${second}`);
        break;
      case 'pass':
        this.#pass(first);
        break;
      case 'crash':
        this.#seats.delete(first);
        for (const id of this.#ids) if (id !== first) this.#separate(first, id);
        break;
      case 'vanish':
        this.#seats.delete(first);
        for (const id of this.#ids) this.#queues.delete(`${first} ${id}`);
        break;
      case 'restart':
        for (const id of this.#ids) if (this.#seats.has(id)) this.#connect(first, id);
        break;
      case 'cut':
        this.#separate(first, second);
        break;
      case 'join':
        this.#connect(first, second);
        break;
      case 'epoch':
        this.#seats.get(first)!.election.newEpoch(second);
        break;
      case 'say':
        this.#seats
          .get(Number(words[2]))!
          .election.heard(first, readWords(words.slice(3)), this.#now);
        break;
      case 'show':
        for (const [id, { election }] of this.#seats) {
          const { greeting } = election;
          if (greeting !== undefined) this.lines.push(`${id} is ${describe(greeting)}`);
        }
        break;
      default:
        throw new Error(`there is no command '${command}'`);
    }
    this.#stepAll();
    this.#flush();
  }

  get #ids(): number[] {
    return [...this.#membership.voters, ...this.#membership.observers];
  }

  #begin(words: readonly string[]): void {
    const listAfter = (name: string): number[] => {
      const at = words.indexOf(name);
      const found: number[] = [];
      for (let i = at + 1; at >= 0 && /^\d+$/.test(words[i] ?? ''); i++)
        found.push(Number(words[i]));
      return found;
    };
    this.#membership = ensembleOf({
      voters: upTo(Number(words[0])),
      observers: listAfter('observers'),
      weightless: listAfter('weightless'),
    });
  }

  #look(id: number, [history = '0/0:0', ...kinds]: readonly string[]): void {
    let seat = this.#seats.get(id);
    if (seat === undefined) {
      const election = new Election({
        serverId: id,
        membership: this.#membership,
        minNotificationMs: 200,
        maxNotificationMs: 60_000,
        finalizeWaitMs: 200,
        passOverMs: 5_000,
        send: (to, notification) => this.#said.push({ from: id, to, notification }),
        isReachable: (other) => !this.#apart.has(`${id} ${other}`),
        log: ({ level, message }) => {
          if (level === 'warn') this.lines.push(`${id} warns: ${message}`);
        },
      });
      seat = { election, isDecided: false };
      this.#seats.set(id, seat);
    }
    const own = readHistory(history);
    const isTrusted = !kinds.includes('doubtful');
    seat.isDecided = false;
    seat.election.look({ ...own, isTrusted, isEmpty: kinds.includes('empty') }, this.#now);
  }

  #deliver(from: number, to: number): boolean {
    const notification = this.#queues.get(`${from} ${to}`)?.shift();
    if (notification === undefined) return false;
    this.#seats.get(to)?.election.heard(from, notification, this.#now);
    return true;
  }

  /** One thing from each server to each other; false when there was nothing. */
  #deliverRound(): boolean {
    let hasDelivered = false;
    for (const from of this.#ids) {
      for (const to of this.#ids) if (this.#deliver(from, to)) hasDelivered = true;
    }
    this.#stepAll();
    this.#flush();
    return hasDelivered;
  }

  #pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = Math.min(...[...this.#seats.values()].map((seat) => seat.election.wakeAt));
      if (next > end) break;
      this.#now = Math.max(this.#now, next);
      this.#stepAll();
      this.#flush();
    }
    this.#now = end;
  }

  #separate(one: number, other: number): void {
    for (const [a, b] of [
      [one, other],
      [other, one],
    ] as const) {
      this.#apart.add(`${a} ${b}`);
      this.#queues.delete(`${a} ${b}`);
      this.#seats.get(a)?.election.lost(b);
    }
  }

  #connect(one: number, other: number): void {
    for (const [a, b] of [
      [one, other],
      [other, one],
    ] as const) {
      this.#apart.delete(`${a} ${b}`);
      const notification = this.#seats.get(a)?.election.greeting;
      if (notification !== undefined) this.#said.push({ from: a, to: b, notification });
    }
  }

  #stepAll(): void {
    for (const { election } of this.#seats.values()) election.step(this.#now);
  }

  /** Writes down what was said and decided, and sends it on its way. */
  #flush(): void {
    const said = this.#said;
    this.#said = [];
    for (let at = 0; at < said.length; ) {
      const { from, notification } = said[at]!;
      const listeners: number[] = [];
      for (; at < said.length; at++) {
        const next = said[at]!;
        if (next.from !== from || next.notification !== notification) break;
        const pair = `${from} ${next.to}`;
        if (this.#apart.has(pair)) continue;
        listeners.push(next.to);
        const queue = this.#queues.get(pair) ?? [];
        queue.push(notification);
        this.#queues.set(pair, queue);
      }
      if (listeners.length > 0) {
        this.lines.push(`${from} tells ${listeners.join(' ')}: ${describe(notification)}`);
      }
    }
    for (const [id, seat] of this.#seats) {
      const { decision, state } = seat.election;
      if (decision === undefined || seat.isDecided) continue;
      seat.isDecided = true;
      const at = this.#now === 0 ? '' : ` after ${this.#now} ms`;
      this.lines.push(`${id} decides${at}: ${state} ${decision.leader}`);
    }
  }
}

function readHistory(text: string): { zxid: bigint; peerEpoch: number } {
  const [, peerEpoch, epoch, counter] = /^(\d+)\/(\d+):(\d+)$/.exec(text)!;
  return { zxid: zxidOf(Number(epoch), Number(counter)), peerEpoch: Number(peerEpoch) };
}

/** `v0 following 2 1/1:4 round 6` */
function readWords(words: readonly string[]): Notification {
  const [version, state, leader, history, , round] = words;
  return {
    state: peerStates.find((one) => one === state)!,
    leader: Number(leader),
    ...readHistory(history!),
    round: Number(round),
    version: Number(version!.slice(1)),
    config: '',
  };
}

function describe({ state, leader, zxid, peerEpoch, round }: Notification): string {
  const whom = leader < 0 ? 'nobody' : leader;
  const history =
    zxid === -1n
      ? 'in doubt'
      : zxid < 0n
        ? ''
        : `${peerEpoch}/${zxid >> 32n}:${zxid & 0xffff_ffffn}`;
  return `${state} ${whom} ${history} round ${round}`.replace('  ', ' ');
}
