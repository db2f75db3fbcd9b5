/**
 * What goes wrong in a run, and when. All of it is planned before the run begins, and each fault
 * has a stream of chance of its own, so that leaving one out changes none of the others.
 */
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import type { Script } from '../script.js';
import type { FaultKind } from './fault-kinds.js';
import type { FaultAct, FaultWorld } from './fault-world.js';
import { ambushFaults } from './faults/ambush.js';
import { clientFaults } from './faults/of-clients.js';
import { connectionFaults } from './faults/of-connections.js';
import { diskFaults } from './faults/of-disks.js';
import { linkFaults } from './faults/of-links.js';
import { serverFaults } from './faults/of-servers.js';
import { Plots } from './plots.js';
import type { Swarm } from './swarm.js';

const acts: Readonly<Record<FaultKind, FaultAct>> = {
  ...serverFaults,
  ...diskFaults,
  ...connectionFaults,
  ...clientFaults,
  ...linkFaults,
  ...ambushFaults,
};

interface Planned {
  /** From 1, in the order of time. */
  readonly number: number;
  readonly atMs: number;
  readonly kind: FaultKind;
}

/** A fault that took effect. */
export interface Happened extends Planned {
  readonly what: string;
}

export class Faults {
  /** Those that took effect, in the order of time. */
  readonly happened: Happened[] = [];
  readonly #kernel: Kernel;
  readonly #script: Script;
  readonly #plan: readonly Planned[];
  readonly #plots: Plots;
  #isOver = false;

  constructor(kernel: Kernel, swarm: Swarm, script: Script) {
    this.#kernel = kernel;
    this.#script = script;
    this.#plan = planned(kernel, swarm).filter(({ number }) => script.has(`f${number}`));
    this.#plots = new Plots(kernel, swarm, script);
  }

  begin(world: FaultWorld): void {
    this.#plots.begin(world);
    for (const fault of this.#plan) {
      this.#kernel.after(fault.atMs * 1_000, 'fault', () => {
        if (this.#isOver || this.#plots.isQuiet) return;
        const { number, kind } = fault;
        acts[kind](world, this.#kernel.random(`fault ${number}`), (what) => {
          this.#kernel.note(`fault ${number} ${kind}: ${what}`);
          this.#script.did(`f${number}`, this.#kernel.now, `${kind}: ${what}`);
          this.happened.push({ ...fault, what });
        });
      });
    }
  }

  /** No more faults. */
  stop(): void {
    this.#isOver = true;
  }
}

function planned(kernel: Kernel, { faults, faultEveryMs, chaosMs }: Swarm): Planned[] {
  const random = kernel.random('faults');
  const plan: Planned[] = [];
  const kinds = [...faults].flatMap(([kind, weight]) => Array<FaultKind>(weight).fill(kind));
  if (kinds.length === 0) return plan;
  for (let atMs = 0; ; ) {
    atMs += random.between(1, 2 * faultEveryMs);
    if (atMs >= chaosMs) return plan;
    plan.push({ number: plan.length + 1, atMs, kind: random.pick(kinds) });
  }
}
