/** A bug put in on purpose, to see that the simulator finds it. */
import type { BootLocal, LocalMachine } from '@vivarium/core/internal/local/machine';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Batch, Input } from '@vivarium/core/internal/seam/inputs';
import type { DiskStep } from '@vivarium/core/internal/storage/disk';
import type { RecipesModule } from '../../sim/programs/recipes/player.js';

export interface Plant {
  /** What the bug does, in a few words. */
  readonly name: string;
  /** Puts the bug in; what it returns takes it out again. Everything is whole before and after. */
  put(boot: BootLocal): Planted;
  /** The recipes with the bug in them, of one that is there; their runs have much of recipes. */
  recipes?(): Promise<RecipesModule>;
}

export interface Planted {
  readonly boot: BootLocal;
  readonly remove: () => void;
}

/** A bug between a machine and its host. */
export function between(name: string, make: () => Rewiring): Plant {
  return {
    name,
    put: (boot) => ({
      boot: (options) => new Rewired(boot(options), make()),
      remove: () => {},
    }),
  };
}

/** A bug inside: a method of a class that does something else for as long as the bug is there. */
export function inside<T extends object, K extends keyof T & string>(
  name: string,
  prototype: T,
  method: K,
  wrong: (right: T[K]) => T[K],
): Plant {
  return {
    name,
    put(boot) {
      const right = Object.getOwnPropertyDescriptor(prototype, method)!;
      const value = wrong(right.value as T[K]);
      Object.defineProperty(prototype, method, { ...right, value });
      return { boot, remove: () => Object.defineProperty(prototype, method, right) };
    },
  };
}

/** Several bugs that are one. */
export function together(name: string, ...parts: readonly Plant[]): Plant {
  return {
    name,
    put(boot) {
      const done: (() => void)[] = [];
      let planted = boot;
      for (const part of parts) {
        const { boot, remove } = part.put(planted);
        planted = boot;
        done.unshift(remove);
      }
      return {
        boot: planted,
        remove() {
          for (const remove of done) remove();
        },
      };
    },
  };
}

/** Steps that a server's disk is never asked for. */
export function withoutSteps(
  name: string,
  isLeftOut: (step: DiskStep) => boolean,
  lane: 'log' | 'background' = 'log',
): Plant {
  const rewired = (effect: Effect): Effect =>
    effect.type === 'disk' && effect.lane === lane
      ? { ...effect, steps: effect.steps.filter((step) => !isLeftOut(step)) }
      : effect;
  return between(name, () => ({ effects: (effects) => effects.map(rewired) }));
}

/** A bug in a getter: what it gives instead of what it should. */
export function insideGetter<T extends object, K extends keyof T & string>(
  name: string,
  prototype: T,
  property: K,
  wrong: (right: T[K], self: T) => T[K],
): Plant {
  return {
    name,
    put(boot) {
      const right = Object.getOwnPropertyDescriptor(prototype, property)!;
      const get = function (this: T): T[K] {
        return wrong(right.get!.call(this) as T[K], this);
      };
      Object.defineProperty(prototype, property, { ...right, get });
      return { boot, remove: () => Object.defineProperty(prototype, property, right) };
    },
  };
}

/** How a bug changes what passes between a machine and its host. */
export interface Rewiring {
  /** What the machine is told instead; `later` is told in a step of its own, soon. */
  readonly inputs?: (batch: Batch, later: (input: Input) => void) => Batch;
  /** What the host is asked for instead. */
  readonly effects?: (
    effects: readonly Effect[],
    batch: Batch,
    later: (input: Input) => void,
  ) => readonly Effect[];
}

class Rewired implements LocalMachine {
  readonly #inner: LocalMachine;
  readonly #rewiring: Rewiring;
  #later: Input[] = [];

  constructor(inner: LocalMachine, rewiring: Rewiring) {
    this.#inner = inner;
    this.#rewiring = rewiring;
  }

  get wakeAt(): number {
    return this.#later.length > 0 ? 0 : this.#inner.wakeAt;
  }

  get view() {
    return this.#inner.view;
  }

  get stopped(): boolean {
    return this.#inner.stopped;
  }

  step(given: Batch, out: Effect[]): void {
    const waiting = this.#later;
    this.#later = [];
    const later = (input: Input) => {
      this.#later.push(input);
    };
    const whole = { ...given, inputs: [...waiting, ...given.inputs] };
    const batch = this.#rewiring.inputs?.(whole, later) ?? whole;
    const effects: Effect[] = [];
    this.#inner.step(batch, effects);
    out.push(...(this.#rewiring.effects?.(effects, given, later) ?? effects));
  }
}
