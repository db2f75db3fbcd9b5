/**
 * R14: at random moments the disk is copied as a power cut would leave it, and recovered beside the
 * running server. It must come back, with everything that anybody was told of, and with the very
 * tree that its last transaction made.
 */
import type { Config } from '@vivarium/core/internal/config/config';
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import type { LocalServer } from '@vivarium/core/internal/local/server';
import { type Recovered, recover } from '@vivarium/core/internal/storage/recovery';
import type { Database } from '@vivarium/core/internal/tree/database';
import { ROOT_ID } from '@vivarium/core/internal/tree/tree';
import type { Canon, Entry } from './canon.js';
import type { Probe } from './judge.js';
import { demandStat } from './judge-reads.js';
import type { Model } from './model.js';
import { demand, Violation } from './violation.js';

/** How often the disk is looked at, in things that happen. */
const EVERY = 700;

export class RecoveryProbes {
  readonly #canon: Canon;
  readonly #observed: { readonly attested: bigint };
  readonly #config: Config;
  readonly #random;
  readonly #found: { readonly database: Database; readonly last: Entry | undefined }[] = [];

  constructor(
    kernel: Kernel,
    canon: Canon,
    observed: { readonly attested: bigint },
    config: Config,
  ) {
    this.#canon = canon;
    this.#observed = observed;
    this.#config = config;
    this.#random = kernel.random('recoveries');
  }

  get count(): number {
    return this.#found.length;
  }

  maybe(server: LocalServer): void {
    if (server.state !== 'down' && this.#random.between(1, EVERY) === 1) this.look(server);
  }

  look(server: LocalServer): void {
    const recovered = this.#recover(server);
    const { lastZxid } = recovered.database;
    this.#canon.look();
    const due = this.#observed.attested;
    demand(lastZxid >= due && lastZxid >= this.#canon.durableZxid, 'R14', () => {
      const durable = this.#canon.durableZxid;
      return `a power cut would leave ${lastZxid}; attested is ${due}, durable ${durable}`;
    });
    this.#found.push({ database: recovered.database, last: this.#canon.find(lastZxid) });
  }

  /** For the replay: each tree that was found is compared with the model's. */
  probes(): Probe[] {
    return this.#found.flatMap(({ database, last }) => {
      const { lastZxid } = database;
      // What was not durable may since have been lost, and its zxid taken by something else.
      if (lastZxid !== 0n && this.#canon.find(lastZxid) !== last) return [];
      return [{ zxid: lastZxid, look: (model) => judgeTree(database, model) }];
    });
  }

  #recover(server: LocalServer): Recovered {
    const { extendedTypesEnabled, digestEnabled, snapshotTrustEmpty } = this.#config;
    try {
      return recover(server.disk.afterCrash(this.#random), {
        extendedTypes: extendedTypesEnabled,
        digest: digestEnabled,
        hashSeed: 1,
        snapshotTrustEmpty,
        log: () => {},
      });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'RefusedStartError') throw error;
      throw new Violation('R14', `after a power cut the start would be refused: ${error.message}`);
    }
  }
}

function judgeTree({ tree, sessions, lastZxid }: Database, model: Model): void {
  const told = `recovered at ${lastZxid}`;
  const paths = new Set<string>();
  tree.forEachBelow(ROOT_ID, (id) => {
    const path = tree.pathOf(id) || '/';
    paths.add(path);
    const node = model.nodes.get(path);
    demand(node !== undefined, 'R14', () => `${told}: ${path} should not be there`);
    if (!path.startsWith('/sim')) return;
    demandStat(tree.stat(id), model.statOf(path), `${told}: ${path}`, 'R14');
    const data = tree.data(id);
    const isSame =
      data === null || node.data === null
        ? data === node.data
        : data.length === node.data.length && data.every((byte, at) => byte === node.data![at]);
    demand(isSame, 'R14', () => `${told}: ${path} has other data`);
  });
  for (const path of model.nodes.keys()) {
    demand(paths.has(path), 'R14', () => `${told}: ${path} is missing`);
  }
  const table = (entries: Iterable<readonly [bigint, number]>) =>
    [...entries]
      .map(([id, timeoutMs]) => `${id}:${timeoutMs}`)
      .sort()
      .join();
  demand(table(sessions) === table(model.sessions), 'R14', () => `${told}: other sessions`);
}
