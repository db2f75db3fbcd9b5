/** A round in which programs work side by side until enough is done, while some are killed. */
import type { Fleet } from './fleet.js';
import { type Ground, kindOf, markOf, pairs } from './names.js';

export interface Round {
  readonly ground: Ground;
  /** What each seat is told; seats that are left out stay away. `turn` is another each time. */
  readonly orders: ReadonlyMap<string, (turn: number) => string>;
  /** Done one after the other, spread over the round. */
  readonly disturbances: readonly Disturbance[];
  /** How much is done. */
  progress(): Promise<number>;
  readonly enough: number;
  /** The pairs of kinds that have handed over so far. */
  seen(): Promise<ReadonlySet<string>>;
}

/** @returns what was done, in words */
export type Disturbance = (running: RunningRound) => Promise<string>;

export interface RunningRound {
  readonly fleet: Fleet;
  /** Starts the program of a seat that was killed, and has it take part. */
  rejoin(seat: string): Promise<void>;
  /** Who holds at this moment, as the marks say. */
  holders(): Promise<readonly string[]>;
}

export interface RoundEnd {
  /** What each said at its end, by the name of its last life. */
  readonly told: ReadonlyMap<string, number>;
  readonly disturbances: readonly string[];
  /** The pairs that could have handed over to each other, and did not. */
  readonly missing: readonly string[];
  readonly ms: number;
}

const LOOK_MS = 50;
/** Nothing is done for so long: somebody waits for what does not come. */
const STUCK_MS = 90_000;
/** A round goes on for so many quarters of its length when a pair is missing: some are rare. */
const MORE = 80;

/** @throws when it comes to a standstill, or a program says that something has gone wrong */
export async function runRound(fleet: Fleet, round: Round): Promise<RoundEnd> {
  const { ground, orders, disturbances, enough } = round;
  const seats = [...orders.keys()];
  const began = performance.now();
  await fleet.zk.ensure(ground.marks);
  let turn = 0;
  const start = (seat: string) => fleet.at(seat).tell(orders.get(seat)!(turn++));
  const until = async (count: number) => {
    let last = await round.progress();
    for (let since = performance.now(); last < count; ) {
      await sleep(LOOK_MS);
      const now = await round.progress();
      if (now > last) since = performance.now();
      last = now;
      if (performance.now() - since < STUCK_MS) continue;
      throw new Error(
        `${ground.folder}: all stand still at ${now}: ${await around(fleet, ground)}`,
      );
    }
  };
  const running: RunningRound = {
    fleet,
    rejoin: async (seat) => {
      await fleet.launch(seat);
      start(seat);
    },
    holders: () => holdersOf(fleet, ground),
  };
  for (const seat of seats) start(seat);
  const done: string[] = [];
  for (const [at, disturb] of disturbances.entries()) {
    await until(Math.floor((enough * (at + 1)) / (disturbances.length + 1)));
    done.push(await disturb(running));
  }
  const wanted = pairsOf(seats);
  let missing = wanted;
  for (let more = 0; more < MORE && missing.length > 0; more++) {
    await until(Math.ceil(enough * (1 + more / 4)));
    const seen = await round.seen();
    missing = wanted.filter((pair) => !seen.has(pair));
  }
  for (const seat of seats) fleet.at(seat).tell('stop');
  const told = new Map<string, number>();
  for (const seat of seats) {
    const participant = fleet.at(seat);
    const said = await participant.answer();
    if (!said.startsWith('done ')) {
      throw new Error(`${participant.trouble(said).message}\n${await around(fleet, ground)}`);
    }
    told.set(participant.name, Number(said.slice('done '.length)));
  }
  return { told, disturbances: done, missing, ms: Math.round(performance.now() - began) };
}

/** The pairs of kinds that can hand over to each other. */
function pairsOf(seats: readonly string[]): readonly string[] {
  const absent = (kind: string) => !seats.some((seat) => kindOf(seat) === kind);
  return pairs.filter((pair) => !pair.split(' → ').some(absent));
}

async function holdersOf(fleet: Fleet, { marks }: Ground): Promise<readonly string[]> {
  await fleet.zk.sync(marks);
  const { children } = await fleet.zk.children(marks);
  const read = children.flatMap((name) => markOf(name) ?? []);
  const ended = new Set(read.filter(({ says }) => says === 'end').map(({ hold }) => hold));
  return read.filter(({ hold }) => !ended.has(hold)).map(({ participant }) => participant);
}

/** What stands there, for a person to see what went wrong. */
async function around(fleet: Fleet, { site }: Ground): Promise<string> {
  const { children } = await fleet.zk.children(site);
  return `at ${site} stand ${[...children].sort().join(', ')}`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
