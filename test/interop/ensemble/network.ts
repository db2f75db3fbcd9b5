/** What servers of an ensemble say to each other goes through here, and can be hindered. */
import { type Addresses, ports } from './addresses.js';
import { Link } from './link.js';
import { Path, type PathState } from './path.js';

/** As long as ZooKeeper's learners try to reach a leader that does not listen yet. */
const QUORUM_PATIENCE_MS = 500;

export class Network {
  readonly #paths = new Map<string, Path>();
  readonly #links = new Map<string, readonly Link[]>();
  readonly #ids: readonly number[];

  private constructor(ids: readonly number[]) {
    this.#ids = ids;
    for (const [from, to] of this.#pairs()) this.#paths.set(`${from} ${to}`, new Path());
  }

  /** Puts a proxy between every two servers, in both directions and for both ports. */
  static async open(addresses: Addresses, ids: readonly number[]): Promise<Network> {
    const network = new Network(ids);
    for (const [from, to] of network.#pairs()) {
      const options = {
        host: addresses.between(from, to),
        target: addresses.of(to),
        there: network.#path(from, to),
        back: network.#path(to, from),
      };
      const { quorum, election } = ports;
      network.#links.set(`${from} ${to}`, [
        await Link.open({ ...options, port: quorum, patienceMs: QUORUM_PATIENCE_MS }),
        await Link.open({ ...options, port: election, patienceMs: 0 }),
      ]);
    }
    return network;
  }

  /** What `from` sends to `to` waits, or arrives so much later; connections stay as they are. */
  set(from: number, to: number, state: PathState, delayMs = 0): void {
    this.#path(from, to).set(state, delayMs);
    this.#look();
  }

  /** Servers of different groups hear nothing of each other; a server in no group is alone. */
  partition(...groups: readonly (readonly number[])[]): void {
    for (const [from, to] of this.#pairs()) {
      const together = groups.some((group) => group.includes(from) && group.includes(to));
      this.#path(from, to).set(together ? 'pass' : 'stop');
    }
    this.#look();
  }

  /** Resets all connections between two servers. */
  reset(a: number, b: number): void {
    for (const link of this.#between(a, b)) link.reset();
  }

  /**
   * All connections between two servers are half open: `gone` has none of them any more, the other
   * server believes in them, and no new ones can be made.
   */
  halfOpen(gone: number, other: number): void {
    for (const link of this.#links.get(`${gone} ${other}`)!) link.vanish('dialing');
    for (const link of this.#links.get(`${other} ${gone}`)!) link.vanish('dialed');
    this.#path(gone, other).set('stop');
    this.#path(other, gone).set('stop');
  }

  /** Everything passes again; `halfOpen` connections stay until they are reset. */
  heal(): void {
    for (const path of this.#paths.values()) path.set('pass');
    this.#look();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].flat().map((link) => link.close()));
  }

  *#pairs(): Generator<readonly [from: number, to: number]> {
    for (const from of this.#ids) for (const to of this.#ids) if (from !== to) yield [from, to];
  }

  #path(from: number, to: number): Path {
    const path = this.#paths.get(`${from} ${to}`);
    if (path === undefined) throw new Error(`there is no path from server ${from} to ${to}`);
    return path;
  }

  #between(a: number, b: number): readonly Link[] {
    return [...this.#links.get(`${a} ${b}`)!, ...this.#links.get(`${b} ${a}`)!];
  }

  #look(): void {
    for (const links of this.#links.values()) for (const link of links) link.look();
  }
}
