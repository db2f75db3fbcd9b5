/** What the compliance suite is run against, and how its tests get clients. */
import type { Client, ClientHost, ConnectOptions } from '@vivarium/core';
import { connect } from '@vivarium/core';
import type { TestContext } from '../support/suite.js';
import { FaultyHost } from './faulty-host.js';

/** One kind of server, reached in one way. */
export interface Target {
  readonly connectString: string;
  /** How a client meets the world; to be asked for once for each client. */
  readonly host: ClientHost;
  /** A path that nobody has had yet, where the default, a global one, does not do. */
  readonly newHome?: () => string;
  /** Ends the server; called after the last test. */
  readonly stop?: () => Promise<void>;
  /** What servers of this kind cannot do. */
  readonly lacks?: readonly (
    | 'zxid-in-events'
    | 'stat-in-multi'
    | 'exists-checks-read'
    | 'watches-side-by-side'
  )[];
}

/** A client with a folder of its own at the server, and its breakable connections. */
export interface Rig {
  readonly zk: Client;
  readonly faults: FaultyHost;
  /** An empty persistent node that only this test uses. */
  readonly home: string;
  /** Another client of the same server; by another connect string when one is given. */
  another(
    options?: ConnectOptions,
    connectString?: string,
  ): Promise<{ zk: Client; faults: FaultyHost }>;
}

let homes = 0;

/** A path that only one test uses. */
export function newHome({ newHome }: Target, label: string): string {
  return newHome?.() ?? `/${label}-${process.pid}-${++homes}`;
}

export async function rigOf(
  t: TestContext,
  target: Target,
  options: ConnectOptions = {},
): Promise<Rig> {
  const another = async (more: ConnectOptions = {}, connectString = target.connectString) => {
    const faults = new FaultyHost(target.host);
    const zk = await connect(connectString, { graceMs: 0, ...more, host: faults });
    t.cleanup(() => {
      faults.refusing = false;
      faults.deaf = false;
      faults.late = false;
      return zk.close();
    });
    return { zk, faults };
  };
  const { zk, faults } = await another(options);
  const home = newHome(target, 'home');
  await zk.create(home);
  return { zk, faults, home, another };
}
