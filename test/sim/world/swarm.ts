/** What a seed decides before the run begins: its size, its speeds, and which faults it has. */
import type { Config } from '@vivarium/core/internal/config/config';
import type { Random } from '@vivarium/core/internal/local/random';
import { type Game, games } from '../judges/recipes/places.js';
import { type FaultKind, kindsFor } from './fault-kinds.js';
import { chooseOddities, type Oddities } from './oddities.js';
import { chooseConfigs } from './swarm-configs.js';

/** How long a run is: 20 virtual seconds with all that comes after, or two minutes. */
export type Length = 'short' | 'medium';

/** What there is most of: requests of all kinds, or recipes. */
export type Focus = 'requests' | 'recipes';

export interface Swarm {
  /** One for each server. */
  readonly configs: readonly Config[];
  readonly tickTime: number;
  /** How much slower snapshots are written than the log: the slower, the more happens meanwhile. */
  readonly backgroundSlowness: number;
  readonly clients: number;
  readonly sessionTimeoutMs: readonly number[];
  readonly latencyMicros: readonly [from: number, to: number];
  /** The kinds of this run and how often each comes, by weight. */
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** Mean time between two faults. */
  readonly faultEveryMs: number;
  /** Mean time that a client waits between two rounds of requests. */
  readonly thinkMs: number;
  /** Most requests that a client sends without waiting. */
  readonly depth: number;
  /** Requests that each client makes at most. */
  readonly requests: number;
  /** Which share of the programs uses recipes too. */
  readonly holders: number;
  /** Which recipes these use. */
  readonly games: ReadonlySet<Game>;
  /** How many keys the registers have. */
  readonly keys: number;
  /** How far clocks are wrong at most, in thousandths. */
  readonly driftPermille: number;
  readonly chaosMs: number;
  /** At the heal whatever is more than a quorum may stay as broken as it is. */
  readonly freezes: boolean;
  /** What hosts do to their machines that they seldom do. */
  readonly oddities: Oddities;
}

export interface SwarmOptions {
  /** The run has no faults at all. */
  readonly quiet: boolean;
  readonly length: Length;
  /** `requests` unless given. */
  readonly focus?: Focus | undefined;
  /** How many servers there are; the seed decides unless given. */
  readonly servers?: number;
}

/** Requests that a client makes at most, by the focus. */
const requests = { requests: [20, 60, 120], recipes: [0, 5, 20] } as const;
/** Which share of the programs uses recipes. */
const holders = { requests: [0, 0.5, 1], recipes: [1] } as const;
/** How many recipes there are in one run: each costs time. */
const GAMES = { requests: 2, recipes: 3 } as const;

export function chooseSwarm(random: Random, options: SwarmOptions): Swarm {
  const { quiet, length, focus = 'requests' } = options;
  const tickTime = random.pick([200, 400, 500]);
  const clients = random.between(2, 5);
  const isLong = length === 'medium';
  const configs = chooseConfigs(random, tickTime, options.servers);
  const isEnsemble = configs.length > 1;
  const chaosMs = isEnsemble ? random.between(6_000, 12_000) : random.between(3_000, 8_000);
  return {
    configs,
    tickTime,
    backgroundSlowness: random.pick([1, 10, 50]),
    clients,
    sessionTimeoutMs: Array.from({ length: clients }, () => tickTime * random.between(2, 12)),
    latencyMicros: random.pick([
      [20, 200],
      [100, 3_000],
      [500, 30_000],
    ] as const),
    faults: chooseFaults(random, quiet, configs.length),
    faultEveryMs: random.pick(isEnsemble ? [100, 300, 800] : [50, 200, 600]),
    thinkMs: random.pick([5, 30, 150]) * (isLong ? 5 : 1),
    depth: random.pick([1, 3, 10]),
    requests: random.pick(requests[focus]) * (isLong ? 5 : 1),
    holders: random.pick(holders[focus]),
    keys: random.between(2, 6),
    driftPermille: quiet ? 0 : random.pick([0, 0, 5, 50]),
    chaosMs: isLong ? 100_000 : chaosMs,
    freezes: !quiet && isEnsemble && random.chance(0.4),
    oddities: quiet ? new Map() : chooseOddities(random),
    games: mayOwn(configs[0]!) ? chooseGames(random, focus) : new Set(),
  };
}

/** Whether sessions may own nodes: without them there is no recipe. */
function mayOwn({ localSessionsEnabled, localSessionsUpgradingEnabled }: Config): boolean {
  return !localSessionsEnabled || localSessionsUpgradingEnabled;
}

function chooseGames(random: Random, focus: Focus): ReadonlySet<Game> {
  const chosen = new Set<Game>();
  while (chosen.size < GAMES[focus]) chosen.add(random.pick(games));
  return chosen;
}

/** Some kinds are off, so that the others are not drowned; each of the rest has a weight. */
function chooseFaults(
  random: Random,
  quiet: boolean,
  servers: number,
): ReadonlyMap<FaultKind, number> {
  const faults = new Map<FaultKind, number>();
  for (const kind of kindsFor(servers)) {
    const weight = random.between(1, 10);
    const isWanted = random.chance(kind === 'ambush' ? 0.8 : 0.6);
    if (isWanted && !quiet) faults.set(kind, kind === 'ambush' ? 3 * weight : weight);
  }
  if (faults.size === 0 && !quiet) faults.set('power', 1);
  return faults;
}
