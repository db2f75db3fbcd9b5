/**
 * Several things that go wrong in the one order in which a certain mistake would show: chance alone
 * comes there once in thousands of runs. Some runs have a plot; while it lasts nothing else goes
 * wrong, so that it is not spoilt.
 */
import type { Kernel, Micros } from '@vivarium/core/internal/local/kernel';
import type { Script } from '../script.js';
import type { FaultWorld } from './fault-world.js';
import { coup } from './plots/coup.js';
import { late } from './plots/late.js';
import { move } from './plots/move.js';
import { mute } from './plots/mute.js';
import type { Plot } from './plots/scene.js';
import { sleep } from './plots/sleep.js';
import type { Swarm } from './swarm.js';

const plots = { coup, late, move, mute, sleep } satisfies Readonly<Record<string, Plot>>;
type PlotKind = keyof typeof plots;

/** Some make more mistakes visible than others. */
const KINDS: readonly PlotKind[] = ['coup', 'coup', 'mute', 'mute', 'move', 'late', 'sleep'];
/** In how many runs of an ensemble something is plotted. */
const PLOTTED = 0.3;
/** Where the moment does not come in this time, other things go wrong again. */
const PATIENCE_MICROS = 2_000_000;
const RETRY_MICROS = 20_000;

export class Plots {
  readonly #kernel: Kernel;
  readonly #script: Script;
  readonly #kind: PlotKind | undefined;
  readonly #atMs: number;
  /** Until then nothing else is to go wrong. */
  #quietUntil = 0;
  #isWaiting = false;

  constructor(kernel: Kernel, swarm: Swarm, script: Script) {
    this.#kernel = kernel;
    this.#script = script;
    const plan = script.has('p1') ? plotOf(kernel, swarm) : undefined;
    this.#kind = plan?.kind;
    this.#atMs = plan?.atMs ?? 0;
  }

  /** Whether nothing else is to go wrong. */
  get isQuiet(): boolean {
    return this.#isWaiting || this.#kernel.now < this.#quietUntil;
  }

  begin(world: FaultWorld): void {
    const kind = this.#kind;
    if (kind === undefined) return;
    this.#kernel.after(this.#atMs * 1_000, `plot ${kind}`, () => {
      const until = this.#kernel.now + PATIENCE_MICROS;
      this.#isWaiting = true;
      this.#try(world, kind, until);
    });
  }

  #try(world: FaultWorld, kind: PlotKind, until: Micros): void {
    const kernel = this.#kernel;
    if (!world.goesOn()) return;
    const ms = plots[kind](world, kernel.random('plot 1'), (what) => {
      kernel.note(`plot ${kind}: ${what}`);
      this.#script.did('p1', kernel.now, `${kind}: ${what}`);
      world.witness.marks.hit(`plot-${kind}`);
    });
    this.#isWaiting = ms === undefined && kernel.now < until;
    if (ms !== undefined) this.#quietUntil = kernel.now + ms * 1_000;
    if (!this.#isWaiting) return;
    kernel.quietly(RETRY_MICROS, 'a plot waits', () => this.#try(world, kind, until));
  }
}

/** What is plotted in a run, and from when on; undefined in most runs. */
function plotOf(
  kernel: Kernel,
  { faults, configs }: Swarm,
): { readonly kind: PlotKind; readonly atMs: number } | undefined {
  const random = kernel.random('plots');
  const mayPlot = faults.size > 0 && configs.length > 2 && random.chance(PLOTTED);
  if (!mayPlot) return undefined;
  return { kind: random.pick(KINDS), atMs: random.between(200, 3_000) };
}
