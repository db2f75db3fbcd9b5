/** An ensemble, and programs over Curator, kazoo and Vivarium that work in it beside each other. */
import { type Client, connect } from '@vivarium/core';
import type { Program } from '../clients/round.js';
import { Ensemble } from '../ensemble/ensemble.js';
import { mergeLogs } from '../load/merged-order.js';
import { ServerLogReader } from '../load/server-log.js';
import type { ServerKind } from '../server-process.js';
import { type Change, changesBelow } from './changes.js';
import { Participant } from './participant.js';

export interface FleetOptions {
  readonly servers: readonly ServerKind[];
  /** By the names of their seats: `curator1`. */
  readonly programs: ReadonlyMap<string, Program>;
  readonly sessionMs: number;
}

const CONFIG = { tickTime: 500, initLimit: 20, syncLimit: 10 };

export class Fleet {
  readonly ensemble: Ensemble;
  /** The harness's own, to look and to make folders. */
  readonly zk: Client;
  readonly #options: FleetOptions;
  readonly #address: string;
  readonly #seats = new Map<string, Participant>();
  readonly #lives = new Map<string, number>();
  readonly #logs: readonly ServerLogReader[];

  private constructor(options: FleetOptions, ensemble: Ensemble, address: string, zk: Client) {
    this.#options = options;
    this.ensemble = ensemble;
    this.#address = address;
    this.zk = zk;
    this.#logs = ensemble.members.map(({ id, dataDir }) => new ServerLogReader(id, dataDir));
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const ensemble = await Ensemble.create({ kinds: options.servers, config: CONFIG });
    let zk: Client | undefined;
    try {
      await ensemble.start();
      const address = ensemble.members.map(({ host, port }) => `${host}:${port}`).join(',');
      zk = await connect(address, { sessionTimeoutMs: options.sessionMs });
      const fleet = new Fleet(options, ensemble, address, zk);
      await Promise.all([...options.programs.keys()].map((seat) => fleet.launch(seat)));
      return fleet;
    } catch (error) {
      await zk?.close();
      const said = ensemble.logs();
      await ensemble.destroy();
      throw new Error(`the fleet does not start: ${String(error)}\n${said}`, { cause: error });
    }
  }

  get seats(): readonly string[] {
    return [...this.#seats.keys()];
  }

  at(seat: string): Participant {
    return this.#seats.get(seat)!;
  }

  /** Starts the program of a seat, again if need be: with a name of its own each time. */
  async launch(seat: string): Promise<Participant> {
    const life = this.#lives.get(seat) ?? 0;
    this.#lives.set(seat, life + 1);
    const participant = await Participant.start(this.#options.programs.get(seat)!, {
      ADDRESS: this.#address,
      NAME: `${seat}.${life}`,
      SESSION_MS: String(this.#options.sessionMs),
    });
    this.#seats.set(seat, participant);
    return participant;
  }

  /**
   * What the logs of all servers say has happened below a folder.
   *
   * @throws Violation when the servers' logs contradict each other
   */
  async changes(folder: string): Promise<readonly Change[]> {
    const readAll = () => this.#logs.map((reader) => reader.read());
    const now = await this.ensemble.lookAtRest(readAll);
    return changesBelow(mergeLogs({ now, before: [] }).entries, folder);
  }

  /** The same, of one server's log, while the others may be behind. */
  async changesSoFar(folder: string): Promise<readonly Change[]> {
    const { members } = this.ensemble;
    const { id } = members.length === 1 ? members[0]! : await this.ensemble.untilLed();
    return changesBelow(this.#logs[id - 1]!.read().chains.flat(), folder);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#seats.values()].map((participant) => participant.kill()));
    await this.zk.close();
    await this.ensemble.destroy();
  }
}
