/** Everything that is written down about the recipes of a run, and its judges. */
import type { Random } from '@vivarium/core/internal/local/random';
import type { Marks } from '../../marks.js';
import type { Probe, Replayed } from '../replay.js';
import { ChangesJudge } from './changes.js';
import { CohortsJudge } from './cohorts.js';
import { HoldsJudge } from './holds.js';
import { JobsJudge } from './jobs.js';
import { leftoverProbe } from './leftovers.js';
import { MembersJudge } from './members.js';
import { PermitsJudge } from './permits.js';
import { placeOf } from './places.js';
import { Waits } from './waits.js';
import { WorksJudge } from './works.js';

/** Each addition to the counter has a digit of its own, which counts how often it was made. */
export const COUNTER_BASE = 4n;
/** So many digits fit 63 bits. */
const MOST_ADDITIONS = 31;
const MOST_CHANGES = 60;

export class RecipeJudges {
  /** Sessions that somebody ended behind their clients' backs: nobody can be certain of these. */
  readonly ended = new Set<bigint>();
  readonly waits = new Waits();
  readonly holds: HoldsJudge;
  readonly works = new WorksJudge();
  readonly permits: PermitsJudge;
  readonly members = new MembersJudge();
  readonly cohorts: CohortsJudge;
  readonly counter: ChangesJudge;
  readonly config: ChangesJudge;
  readonly jobs: JobsJudge;
  readonly #leftovers: Probe[] = [];

  constructor(marks: Marks, random: Random) {
    this.holds = new HoldsJudge(marks, this.ended);
    this.permits = new PermitsJudge(marks, this.ended);
    this.cohorts = new CohortsJudge(random.pick([2, 2, 3]), marks, this.ended);
    this.counter = new ChangesJudge(placeOf('counter'), MOST_ADDITIONS, additionsIn, marks);
    this.config = new ChangesJudge(placeOf('config'), MOST_CHANGES, entriesIn, marks);
    this.jobs = new JobsJudge(marks);
  }

  /** Everything has come to rest. @param sessions of those who go on, with their clients' names */
  rest(zxid: bigint, sessions: ReadonlyMap<bigint, string>): void {
    this.members.rest(zxid);
    const stay = [...this.members.joined.keys()].map(({ path }) => path);
    this.#leftovers.push(leftoverProbe(zxid, sessions, stay));
  }

  probes(): readonly Probe[] {
    return [...this.members.probes(), ...this.#leftovers];
  }

  /** @throws Violation */
  judge(replayed: Replayed): void {
    this.holds.judge(replayed);
    this.works.judge();
    this.cohorts.judge(replayed);
    this.counter.judge(replayed);
    this.config.judge(replayed);
  }
}

function additionsIn(data: Uint8Array): ReadonlyMap<number, number> {
  const times = new Map<number, number>();
  if (data.length === 0) return times;
  let sum = new DataView(data.buffer, data.byteOffset).getBigUint64(0);
  for (let number = 0; sum > 0n; number++, sum /= COUNTER_BASE) {
    const digit = Number(sum % COUNTER_BASE);
    if (digit > 0) times.set(number, digit);
  }
  return times;
}

function entriesIn(data: Uint8Array): ReadonlyMap<number, number> {
  const times = new Map<number, number>();
  if (data.length === 0) return times;
  for (const number of JSON.parse(new TextDecoder().decode(data)) as readonly number[]) {
    times.set(number, (times.get(number) ?? 0) + 1);
  }
  return times;
}
