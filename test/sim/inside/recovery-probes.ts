/**
 * R14: at random moments the disk is copied as a power cut would leave it, and recovered beside the
 * running server. It must come back, with everything that anybody was told of, and with the very
 * tree that its last transaction made.
 */

import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import type { Config } from '@vivarium/core/internal/config/config';
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import type { LocalServer } from '@vivarium/core/internal/local/server';
import { type DiskStep, folders } from '@vivarium/core/internal/storage/disk';
import { type Recovered, recover } from '@vivarium/core/internal/storage/recovery';
import type { Database } from '@vivarium/core/internal/tree/database';
import { ROOT_ID } from '@vivarium/core/internal/tree/tree';
import type { Model } from '../judges/model.js';
import { sameAcl } from '../judges/permissions.js';
import { demandStat } from '../judges/reads.js';
import type { Probe } from '../judges/replay.js';
import { demand, Violation } from '../violation.js';
import type { Canon, Entry } from './canon.js';

/** How often the disk is looked at, in things that happen; beside that, after snapshots. */
const EVERY = 700;

export class RecoveryProbes {
  readonly #canon: Canon;
  readonly #observed: { readonly attested: bigint };
  readonly #config: Config;
  readonly #random;
  #isDue = false;
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

  /** A step of the server's disk was performed; with this one a snapshot may have its name. */
  stepped(step: DiskStep): void {
    if (step.step === 'sync-folder' && step.folder === folders.snapshots) {
      this.#isDue ||= this.#random.chance(0.3);
    }
  }

  get count(): number {
    return this.#found.length;
  }

  maybe(server: LocalServer): void {
    const isDue = this.#isDue || this.#random.between(1, EVERY) === 1;
    if (server.state === 'down' || !isDue) return;
    this.#isDue = false;
    this.look(server);
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

  /**
   * What a power cut would leave: whatever snapshot has its name then must be sound (R13). Now and
   * then the newest are damaged: those before them must do as well, with the logs that a purge has
   * left, which keeps what the newest three need.
   */
  #imageOf(server: LocalServer): { readonly image: MemoryDisk; readonly damaged: Set<string> } {
    const image = server.disk.afterCrash(this.#random);
    const snapshots = snapshotsOf(image);
    if (snapshots.length < 2 || !this.#random.chance(0.3)) return { image, damaged: new Set() };
    const count = this.#random.between(1, Math.min(2, snapshots.length - 1));
    const damaged = new Set(snapshots.slice(-count).map((name) => folders.snapshots + name));
    for (const file of damaged) image.perform([{ step: 'truncate', file, size: 100 }]);
    return { image, damaged };
  }

  #recover(server: LocalServer): Recovered {
    const { extendedTypesEnabled, digestEnabled, snapshotTrustEmpty } = this.#config;
    const { image, damaged } = this.#imageOf(server);
    const isBad = ({ event, fields }: LogEvent) =>
      event === 'storage.bad-snapshot' && !damaged.has(String(fields?.file));
    try {
      return recover(image, {
        extendedTypes: extendedTypesEnabled,
        digest: digestEnabled,
        hashSeed: 1,
        snapshotTrustEmpty,
        log: (event) => demand(!isBad(event), 'R13', () => `after a power cut: ${event.message}`),
      });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'RefusedStartError') throw error;
      throw new Violation('R14', `after a power cut the start would be refused: ${error.message}`);
    }
  }
}

/** Names of the snapshots on a disk, newest last. */
function snapshotsOf(disk: MemoryDisk): string[] {
  const names = disk.list(folders.snapshots).map(({ name }) => name);
  const zxidOf = (name: string) => Number.parseInt(name.slice('snapshot.'.length), 16);
  const snapshots = names.filter((name) => /^snapshot\.[0-9a-f]+$/.test(name));
  return snapshots.sort((a, b) => zxidOf(a) - zxidOf(b));
}

function judgeTree({ tree, acls, sessions, lastZxid }: Database, model: Model): void {
  const told = `recovered at ${lastZxid}`;
  const paths = new Set<string>();
  tree.forEachBelow(ROOT_ID, (id) => {
    const path = tree.pathOf(id) || '/';
    paths.add(path);
    const node = model.nodes.get(path);
    demand(node !== undefined, 'R14', () => `${told}: ${path} should not be there`);
    if (!path.startsWith('/sim')) return;
    demandStat(tree.stat(id), model.statOf(path), `${told}: ${path}`, 'R14');
    const acl = acls.get(tree.aclId(id));
    demand(acl !== undefined && sameAcl(acl, node.acl), 'R14', () => {
      return `${told}: ${path} has another access list`;
    });
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
