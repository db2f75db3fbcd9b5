/**
 * Gives out the instances of a service, one for each call. It makes no nodes: it reads those of
 * `service.ts`.
 *
 * Connected it picks from the present list. Suspended, and when the session is lost, it picks from
 * the last one that it saw.
 */
import type { Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { ReplaySubject } from 'rxjs';
import { assertCount } from '../shared/counts.js';
import { deskOf } from '../shared/desk.js';
import { firstThat } from '../shared/first-that.js';
import { fractionOf } from '../shared/fraction-of.js';
import { patienceOf, type WaitOptions } from '../shared/patience.js';
import type { Instance } from './instance.js';
import { type InstancesOptions, instances$ } from './service.js';

export interface PickerOptions extends InstancesOptions {
  /**
   * - `round-robin` (the default): one after the other.
   * - `random`: any, each as likely as the others.
   * - `sticky`: the same one as long as it is there.
   */
  readonly strategy?: 'round-robin' | 'random' | 'sticky' | undefined;
  /** How many reports in a row put an instance aside; 2 when left out. */
  readonly downAfter?: number | undefined;
  /** For how long it is put aside, milliseconds; 30000 when left out. */
  readonly downForMs?: number | undefined;
}

/** Gives out the instances of a service. Must be closed. */
export interface Picker<M = unknown> extends Disposable {
  /**
   * An instance to call now; undefined when there is none. Those put aside are given only when all
   * are. Synchronous: from the list as we last saw it, also while disconnected.
   */
  pick(): Instance<M> | undefined;
  /**
   * Like {@link pick}, but waits until there is one.
   *
   * @throws RecipeError TIMED_OUT; ZkError NO_AUTH when the list may not be read, SESSION_EXPIRED
   *   when client or picker is closed; the reason of `options.signal`
   */
  next(options?: WaitOptions): Promise<Instance<M>>;
  /** Tells what came of a call: with an error the instance may be put aside, without it is well. */
  report(instance: Instance<M>, error?: unknown): void;
  /** Ends its watches. */
  close(): void;
}

/** How an instance has done of late. */
interface Health {
  errors: number;
  /** Until when it is put aside, by the client's clock. */
  downUntil: number;
}

/**
 * Picks instances of a service, to call one after the other without a load balancer. It keeps the
 * list by itself from now on, so a pick costs nothing; and it remembers which instances failed.
 *
 * @throws ZkError BAD_ARGUMENTS for a `downAfter` or `downForMs` that is none
 */
export function picker<M = unknown>(
  zk: Client,
  name: string,
  options: PickerOptions = {},
): Picker<M> {
  const { strategy = 'round-robin', downAfter = 2, downForMs = 30_000, ...which } = options;
  assertCount(name, 'downAfter', downAfter, Number.MAX_SAFE_INTEGER);
  assertCount(name, 'downForMs', downForMs, Number.MAX_SAFE_INTEGER);
  const lists = new ReplaySubject<readonly Instance<M>[]>(1);
  let all: readonly Instance<M>[] = [];
  const health = new Map<string, Health>();
  const next = strategies[strategy]<M>(zk);

  lists.subscribe({
    next(list) {
      all = list;
      // Who comes back under its id begins well.
      const ids = new Set(list.map(({ id }) => id));
      for (const id of health.keys()) if (!ids.has(id)) health.delete(id);
    },
    // Who waits is told; who picks has the list as it was last seen.
    error: () => {},
  });
  const listing = instances$<M>(zk, name, which).subscribe(lists);

  const pick = () => {
    const now = zk.clock.now();
    const isUp = ({ id }: Instance<M>) => (health.get(id)?.downUntil ?? 0) <= now;
    const up = all.filter(isUp);
    return next(up.length > 0 ? up : all);
  };
  const close = () => {
    listing.unsubscribe();
    lists.complete();
    all = [];
  };
  return {
    pick,
    async next(waiting = {}) {
      const patience = patienceOf(zk, name, waiting);
      try {
        for (;;) {
          await firstThat(lists, (list) => list.length > 0, patience.signal);
          const picked = pick();
          if (picked !== undefined) return picked;
          if (listing.closed) throw new ZkError('SESSION_EXPIRED', { reason: 'it is closed' });
        }
      } finally {
        patience.end();
      }
    },
    report({ id }, error) {
      if (error === undefined) {
        health.delete(id);
        return;
      }
      const { errors } = health.get(id) ?? { errors: 0 };
      const isDown = errors + 1 >= downAfter;
      const downUntil = isDown ? zk.clock.now() + downForMs : 0;
      health.set(id, { errors: errors + 1, downUntil });
    },
    close,
    [Symbol.dispose]: close,
  };
}

type Choose<M> = (from: readonly Instance<M>[]) => Instance<M> | undefined;

const strategies = {
  'round-robin': inTurn,
  random: atRandom,
  sticky: alwaysTheSame,
} as const;

/** By id, so that a list that changes in between passes nobody over. */
function inTurn<M>(): Choose<M> {
  let last = '';
  return (from) => {
    const picked = from.find(({ id }) => id > last) ?? from[0];
    last = picked?.id ?? '';
    return picked;
  };
}

/** No secret depends on it: what counts is that clients differ, and so do their turns. */
function atRandom<M>(zk: Client): Choose<M> {
  const { nextGuid } = deskOf(zk);
  return (from) => from[Math.floor(from.length * fractionOf(nextGuid(zk.session?.id ?? 0n)))];
}

function alwaysTheSame<M>(zk: Client): Choose<M> {
  const any = atRandom<M>(zk);
  let chosen: string | undefined;
  return (from) => {
    const picked = from.find(({ id }) => id === chosen) ?? any(from);
    chosen = picked?.id;
    return picked;
  };
}
