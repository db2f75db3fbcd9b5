/** A client whose answers a test writes itself, for what no real server does on demand. */
import type { Client, SessionInfo, Stat } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { NEVER, of } from 'rxjs';

export const session: SessionInfo = {
  id: 7n,
  timeoutMs: 10_000,
  epoch: 1,
  previous: undefined,
  ended: new AbortController().signal,
};

/** The parts of a stat that recipes look at. */
export function statOf(facts: Partial<Stat>): Stat {
  return { czxid: 1n, version: 0, ephemeralOwner: session.id, ...facts } as Stat;
}

export function refused(name: ConstructorParameters<typeof ZkError>[0]): ZkError {
  return new ZkError(name);
}

type Answers = { [K in keyof Client]?: unknown };

/**
 * Every method that is not in `answers` throws: nothing is called that a test did not foresee.
 * `calls` has the names of the called ones in order.
 */
export function scripted(answers: Answers): { readonly zk: Client; readonly calls: string[] } {
  const calls: string[] = [];
  const timers: (() => void)[] = [];
  const basics = {
    session,
    session$: of(session),
    state$: NEVER,
    state: { type: 'connected' },
    generation: 1,
    isCertain: () => true,
    certainUntil: 1_000,
    lastAckSentAt: 0,
    sessionTimeoutMs: session.timeoutMs,
    chroot: '',
    // Paths are checked by it.
    exists$: () => NEVER,
    unwatch: () => {},
    clock: {
      now: () => 0,
      setTimer: (_: number, run: () => void) => {
        timers.push(run);
        return () => timers.splice(timers.indexOf(run), 1);
      },
    },
  };
  const all: Record<string, unknown> = {};
  for (const [key, value] of Object.entries({ ...basics, ...answers })) {
    if (typeof value !== 'function' || key in basics) {
      all[key] = value;
      continue;
    }
    all[key] = async (...args: readonly unknown[]) => {
      calls.push(key);
      return value(...args);
    };
  }
  const zk = new Proxy(all, {
    get(target, key) {
      if (key in target) return target[key as string];
      throw new Error(`nobody foresaw ${String(key)}`);
    },
  });
  return { zk: zk as unknown as Client, calls };
}
