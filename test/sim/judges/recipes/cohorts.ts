/**
 * X4, the judge of a double barrier. As told: all who pass in one cohort agree on who is in it,
 * nobody is in two, nobody passes when all have left, and nobody has left alone. In the tree: a
 * cohort is formed when as many as the barrier is for are there, and gone when none of it is.
 */
import type { Cohort } from '@vivarium/recipes';
import type { Marks } from '../../marks.js';
import { demand } from '../../violation.js';
import type { SentRequest } from '../../world/history.js';
import type { Replayed } from '../replay.js';
import { writesOf } from '../wire-requests.js';
import { placeOf } from './places.js';

interface Round {
  readonly members: readonly string[];
  /** Those who have passed, by their nodes' names. */
  readonly inside: Map<string, Pass>;
  /** Somebody was told that all have left. */
  isOver: boolean;
}

/** One who has passed. */
interface Pass {
  readonly cohort: Cohort;
  /** Whether its program lives, and is certain of its session. */
  readonly isLive: () => boolean;
  readonly session: bigint;
  isLeaving: boolean;
}

/** What the barrier's node says. */
interface Said {
  readonly size: number;
  readonly generation: number;
  readonly cohort: readonly string[];
}

const BARRIER = placeOf('double-barrier');
const decoder = new TextDecoder();

export class CohortsJudge {
  /** How many the barrier is for. */
  readonly size: number;
  readonly #marks: Marks;
  readonly #ended: ReadonlySet<bigint>;
  readonly #rounds = new Map<number, Round>();
  readonly #known = new Set<string>();

  /** @param ended sessions that somebody ended: their clients cannot know */
  constructor(size: number, marks: Marks, ended: ReadonlySet<bigint>) {
    this.size = size;
    this.#marks = marks;
    this.#ended = ended;
  }

  passed(client: string, cohort: Cohort, session: bigint, isLive: () => boolean): void {
    const { generation, member, members } = cohort;
    const told = `${client} has passed with cohort ${generation} [${members}]`;
    let round = this.#rounds.get(generation);
    if (round === undefined) {
      demand(members.length === this.size, 'X4', () => `${told}, not with ${this.size}`);
      for (const each of members) {
        demand(!this.#known.has(each), 'X4', () => `${told}, and ${each} was in another`);
        this.#known.add(each);
      }
      round = { members, inside: new Map(), isOver: false };
      this.#rounds.set(generation, round);
      this.#marks.hit('cohort-passed');
    }
    const { members: others, isOver, inside } = round;
    demand(members.join() === others.join(), 'X4', () => `${told}, another with [${others}]`);
    demand(members.includes(member) && !inside.has(member), 'X4', () => `${told} as ${member}`);
    const isUnaware = cohort.signal.aborted || this.#ended.has(session);
    demand(!isOver || isUnaware, 'X4', () => `${told} when all had left`);
    inside.set(member, { cohort, isLive, session, isLeaving: false });
  }

  leaves({ generation, member }: Cohort): void {
    this.#rounds.get(generation)!.inside.get(member)!.isLeaving = true;
  }

  /** Somebody was told that nobody is inside any more. */
  left(client: string, { generation }: Cohort): void {
    const round = this.#rounds.get(generation)!;
    round.isOver = true;
    for (const [member, { cohort, isLive, session, isLeaving }] of round.inside) {
      const isOut = isLeaving || cohort.signal.aborted || !isLive() || this.#ended.has(session);
      demand(isOut, 'X4', () => {
        return `${client} was told that cohort ${generation} has left, and ${member} is inside`;
      });
    }
  }

  /** @throws Violation when the barrier's own node says what cannot be */
  judge({ applied, zxidOf, changes }: Replayed): void {
    const written = new Map<bigint, Said>();
    for (const request of applied) {
      const said = saidBy(request);
      if (said !== undefined) written.set(zxidOf.get(request)!, said);
    }
    if (written.size === 0) return;
    const standing = new Set<string>();
    let before: Said = { size: 0, generation: 0, cohort: [] };
    const formed = new Set<string>();
    for (const [zxid, list] of changes) {
      for (const { type, path } of list) {
        if (!path.startsWith(`${BARRIER}/`)) continue;
        const name = path.slice(BARRIER.length + 1);
        if (type === 'created') standing.add(name);
        if (type === 'deleted') standing.delete(name);
      }
      const now = written.get(zxid);
      if (now === undefined) continue;
      this.#judgeStep(zxid, before, now, standing);
      if (now.cohort.length > 0) formed.add(`${now.generation} ${now.cohort}`);
      before = now;
    }
    for (const [generation, { members }] of this.#rounds) {
      demand(formed.has(`${generation} ${members}`), 'X4', () => {
        return `cohort ${generation} [${members}] has passed, and was never formed`;
      });
    }
  }

  #judgeStep(zxid: bigint, before: Said, now: Said, standing: ReadonlySet<string>): void {
    const told = `${zxid}: cohort ${now.generation} [${now.cohort}]`;
    const inside = before.cohort.filter((name) => standing.has(name));
    if (now.cohort.length === 0) {
      if (before.cohort.length === 0) return;
      demand(inside.length === 0, 'X4', () => `${told} is said to be gone; [${inside}] is inside`);
      return;
    }
    demand(before.cohort.length === 0, 'X4', () => `${told} is formed while another is inside`);
    demand(now.generation === before.generation + 1, 'X4', () => `${told} is out of turn`);
    const here = now.cohort.filter((name) => standing.has(name));
    demand(here.length === this.size && now.cohort.length === this.size, 'X4', () => {
      return `${told} is formed when [${here}] is there, for ${this.size}`;
    });
  }
}

/** What a request writes into the barrier's node; undefined when it does not. */
function saidBy(request: SentRequest): Said | undefined {
  for (const op of writesOf(request)!) {
    if (op.op !== 'set' || op.path !== BARRIER) continue;
    return JSON.parse(decoder.decode(op.data ?? new Uint8Array(0))) as Said;
  }
  return undefined;
}
