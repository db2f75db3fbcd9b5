/**
 * R13, R14: at random moments the disk of a server is copied as a power cut would leave it, and
 * recovered beside the running server. It must come back, with everything that it told anybody of,
 * and with the very tree that its last transaction made.
 */
import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import type { Config } from '@vivarium/core/internal/config/config';
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import type { Random } from '@vivarium/core/internal/local/random';
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
import { sameBytes, zxidText } from './entry.js';
import { snapshotZxid } from './log-records.js';
import type { Subject } from './subject.js';
import type { Witness } from './witness.js';

/** Mean time between two looks at any disk, in virtual ms; beside that, after snapshots. */
const EVERY_MS = 1_000;
/** How many snapshots are looked at, of those of all servers. */
const AFTER_SNAPSHOT = 0.3;

interface Found {
  readonly database: Database;
  /** What its last zxid denoted then. */
  readonly last: Uint8Array | undefined;
}

export class RecoveryProbes {
  readonly #subject: Subject;
  readonly #witness: Witness;
  readonly #config: Config;
  readonly #random: Random;
  readonly #found: Found[] = [];
  readonly #count: number;
  /** What is on the disk has changed by itself: nothing more is to be seen there. */
  isOver = false;
  #isDue = false;
  #nextAt = 0;
  /** The disk has changed since the last look: else there is nothing new to see. */
  #isChanged = true;

  /** @param count how many servers there are */
  constructor(kernel: Kernel, subject: Subject, witness: Witness, config: Config, count: number) {
    this.#count = count;
    this.#subject = subject;
    this.#witness = witness;
    this.#config = config;
    this.#random = kernel.random(`recoveries of ${subject.name}`);
  }

  /** A step of the server's disk was performed; with this one a snapshot may have its name. */
  stepped(step: DiskStep): void {
    this.#isChanged = true;
    if (step.step === 'sync-folder' && step.folder === folders.snapshots) {
      this.#isDue ||= this.#random.chance(AFTER_SNAPSHOT / this.#count);
    }
  }

  get count(): number {
    return this.#found.length;
  }

  maybe(server: LocalServer): void {
    const { now } = this.#witness;
    if (server.state === 'down' || (!this.#isDue && now < this.#nextAt)) return;
    this.#isDue = false;
    this.#nextAt = now + this.#random.between(0, 2_000 * EVERY_MS * this.#count);
    if (!this.#isChanged) return;
    this.#isChanged = false;
    this.look(server);
  }

  look(server: LocalServer): void {
    if (this.isOver) return;
    const { database, fuzzyUntil } = this.#recover(server);
    const { lastZxid } = database;
    const { attested, log, name } = this.#subject;
    demand(lastZxid >= attested && lastZxid >= log.durableZxid, 'R14', () => {
      const due = `attested is ${zxidText(attested)}, durable ${zxidText(log.durableZxid)}`;
      return `a power cut would leave ${name} at ${zxidText(lastZxid)}; ${due}`;
    });
    // A tree that came from a leader who went on shows more, until the log has caught up.
    if (fuzzyUntil !== undefined) return;
    const last = this.#witness.meanings.of(lastZxid) ?? this.#witness.canon.find(lastZxid)?.bytes;
    this.#found.push({ database, last });
  }

  /** For the replay: each tree that was found is compared with the model's. */
  probes(): Probe[] {
    const { canon } = this.#witness;
    return this.#found.flatMap(({ database, last }) => {
      const { lastZxid } = database;
      // What was not committed may never be; alone, its zxid may since have been taken by another.
      const now = canon.find(lastZxid)?.bytes;
      const isCommitted = last !== undefined && now !== undefined && sameBytes(now, last);
      if (lastZxid !== 0n && !isCommitted) return [];
      return [{ zxid: lastZxid, look: (model) => judgeTree(database, model) }];
    });
  }

  /**
   * What a power cut would leave: whatever snapshot has its name then must be sound (R13). Now and
   * then the newest are damaged: those before them must do as well, with the logs that a purge has
   * left, which keeps what the newest three need. Before a tree that came from a leader there is
   * nothing to go back to.
   */
  #imageOf(server: LocalServer): { readonly image: MemoryDisk; readonly damaged: Set<string> } {
    const image = server.disk.afterCrash(this.#random);
    const { installedAt } = this.#subject.log;
    const snapshots = snapshotsOf(image).filter((name) => snapshotZxid(name)! >= installedAt);
    if (snapshots.length < 2 || !this.#random.chance(0.3)) return { image, damaged: new Set() };
    const count = this.#random.between(1, Math.min(2, snapshots.length - 1));
    const damaged = new Set(snapshots.slice(-count).map((name) => folders.snapshots + name));
    for (const file of damaged) image.perform([{ step: 'truncate', file, size: 100 }]);
    return { image, damaged };
  }

  #recover(server: LocalServer): Recovered {
    const { extendedTypesEnabled, digestEnabled, snapshotTrustEmpty } = this.#config;
    const { image, damaged } = this.#imageOf(server);
    if (damaged.size > 0) this.#witness.marks.hit('damaged-snapshot');
    const { name } = this.#subject;
    const isBad = ({ event, fields }: LogEvent) =>
      event === 'storage.bad-snapshot' && !damaged.has(String(fields?.file));
    const story = (message: string) => `${name}, after a power cut: ${message}`;
    try {
      return recover(image, {
        extendedTypes: extendedTypesEnabled,
        digest: digestEnabled,
        hashSeed: 1,
        snapshotTrustEmpty,
        log: (event) => demand(!isBad(event), 'R13', () => story(event.message)),
      });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'RefusedStartError') throw error;
      throw new Violation('R14', story(`the start would be refused: ${error.message}`));
    }
  }
}

/** Names of the snapshots on a disk, newest last. */
function snapshotsOf(disk: MemoryDisk): string[] {
  const names = disk.list(folders.snapshots).map(({ name }) => name);
  const zxidOf = (name: string) => Number(snapshotZxid(name) ?? -1n);
  const snapshots = names.filter((name) => snapshotZxid(name) !== undefined);
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
