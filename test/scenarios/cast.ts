/** Clients for tests that do something to servers, to the ways between, or to an event loop. */
import { type Client, type ConnectOptions, connect } from '@vivarium/core';
import type { LocalServerHandle } from '@vivarium/core/local';
import type { Hold } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { FaultyHost } from '../compliance/faulty-host.js';
import type { TestContext } from '../support/suite.js';
import type { SeededWorld } from './seeded-world.js';
import type { UnevenHost } from './uneven-host.js';

export interface Actor {
  readonly zk: Client;
  readonly faults: FaultyHost;
  readonly host: UnevenHost;
}

/**
 * A client, which goes when the test ends.
 *
 * @param servers those it knows, in the order in which it is to try them; all when left out
 */
export async function actorOf(
  t: TestContext,
  world: SeededWorld,
  options: ConnectOptions = {},
  servers?: readonly LocalServerHandle[],
): Promise<Actor> {
  const { host } = world;
  const faults = new FaultyHost(host);
  const places = servers?.map(({ address }) => address.replace('memory://', ''));
  const connectString = places === undefined ? world.connectString : `memory://${places.join(',')}`;
  const keepOrder = places !== undefined;
  const zk = await connect(connectString, { graceMs: 0, keepOrder, ...options, host: faults });
  // A test that wants a client at a server would show nothing with the client at another.
  if (places !== undefined) assert.ok(zk.state.server?.endsWith(places[0]!), zk.state.server);
  t.cleanup(() => {
    faults.refusing = false;
    faults.deaf = false;
    world.ensemble.isolate(host.place, false);
    return zk.close();
  });
  return { zk, faults, host };
}

/** From now on the client cannot reach a server any more, and has lost its connection. */
export function keepFrom({ faults }: Actor, { address }: LocalServerHandle): void {
  faults.unreachable.add(/\/\/([^:]+)/.exec(address)![1]!);
  faults.cut();
}

/** Resolves when so much of the world's time has passed. */
export function pause({ clock }: TestContext, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(ms, resolve));
}

/** Whether a client may be certain by its clock; asks nothing that it would remember. */
export function isCertain({ zk }: Actor): boolean {
  return zk.clock.now() < zk.certainUntil;
}

/** Sees that no two are certain at the same time, and that tokens grow. */
export class Exclusion {
  readonly #holds = new Set<{ readonly hold: Hold; readonly actor: Actor }>();
  #newest = 0n;
  granted = 0;

  /** To be called in the turn of the grant. */
  enter(hold: Hold, actor: Actor): () => void {
    for (const other of this.#holds) {
      const isHeld = !other.hold.signal.aborted && isCertain(other.actor);
      assert.not(isHeld, 'two are certain');
    }
    assert.ok(hold.token.zxid > this.#newest, 'a token that does not grow');
    this.#newest = hold.token.zxid;
    this.granted++;
    const entry = { hold, actor };
    this.#holds.add(entry);
    return () => this.#holds.delete(entry);
  }
}
