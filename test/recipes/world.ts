/** Clients for tests of recipes: each with connections and a clock that break to order. */
import { type Client, type ConnectOptions, connect } from '@vivarium/core';
import { FaultyHost } from '../compliance/faulty-host.js';
import { Tap } from '../compliance/tap.js';
import { newHome, type Target } from '../compliance/target.js';
import type { TestContext } from '../support/suite.js';

/** What a test can do to a client's world. */
class Faults extends FaultyHost {
  readonly #world: World;

  constructor(world: World) {
    super(world);
    this.#world = world;
  }

  /** What the client sends is lost on the way, until the next cut. */
  set mute(isMute: boolean) {
    this.#world.isMute = isMute;
  }

  /** Called before each piece that the client sends. */
  set sending(listener: (piece: Uint8Array) => void) {
    this.#world.sending = listener;
  }

  /** The clocks jump ahead, as after a long block of the event loop: no timer has run yet. */
  jump(byMs: number): void {
    this.#world.aheadMs += byMs;
  }

  /** The wall clock jumps alone, as after a sleep of the machine, or when somebody sets it. */
  setWallClock(byMs: number): void {
    this.#world.wallAheadMs += byMs;
  }

  /** Loses the connection for good: the server hears nothing more, and no new one is to be had. */
  partition(): void {
    this.refusing = true;
    this.cut();
  }

  heal(): void {
    this.refusing = false;
  }
}

/** What a client sends, and its clocks. */
class World extends Tap {
  aheadMs = 0;
  wallAheadMs = 0;

  override now = () => this.inner.now() + this.aheadMs;
  override wallNow = () => this.inner.wallNow() + this.aheadMs + this.wallAheadMs;
}

export interface Person {
  readonly zk: Client;
  readonly faults: Faults;
}

export interface Stage {
  /** An empty folder that only this test uses. */
  readonly home: string;
  /** Lets another client come; it goes when the test ends. */
  person(options?: ConnectOptions): Promise<Person>;
}

export async function stageOf(t: TestContext, target: Target): Promise<Stage> {
  const person = async (options: ConnectOptions = {}) => {
    const faults = new Faults(new World(target.host));
    const zk = await connect(target.connectString, { graceMs: 0, ...options, host: faults });
    t.cleanup(() => {
      faults.refusing = false;
      faults.deaf = false;
      faults.late = false;
      faults.mute = false;
      return zk.close();
    });
    return { zk, faults };
  };
  const home = newHome(target, 'recipes');
  return { home, person };
}

/** Lets everything that is on its way arrive: the client's own requests, and what they cause. */
export async function settle(...clients: readonly Client[]): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const zk of clients) await zk.sync();
  }
}

/**
 * Breaks the connection at each of the next pieces that somebody sends on it, a little later: what
 * was sent is lost with the `requests`, what comes back with the `answers`. The returned function
 * ends it.
 */
export function cutAtEachPiece(
  { zk, faults }: Person,
  lost: 'answers' | 'requests',
  pieces: number,
): () => void {
  let left = pieces;
  let isCutting = false;
  faults.sending = () => {
    if (left === 0 || isCutting || zk.state.type !== 'connected') return;
    isCutting = true;
    left--;
    faults[lost === 'answers' ? 'deaf' : 'mute'] = true;
    zk.clock.setTimer(5, () => {
      faults.deaf = false;
      faults.mute = false;
      faults.cut();
      isCutting = false;
    });
  };
  return () => {
    left = 0;
  };
}
