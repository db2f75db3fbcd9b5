/** A leader's history in memory and in logs, and what learners are told of it. */
import type { Host } from '@vivarium/core/internal/base/host';
import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { highOf, lowOf } from '@vivarium/core/internal/base/long';
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { MemberHistory } from '@vivarium/core/internal/peer/member-history';
import type { Store } from '@vivarium/core/internal/peer/store';
import { CommittedLog } from '@vivarium/core/internal/storage/committed-log';
import type { LogWriter } from '@vivarium/core/internal/storage/log-writer';
import { Database } from '@vivarium/core/internal/tree/database';
import { PacketReader, packetName, packetTypes } from '@vivarium/core/internal/wire/quorum';
import { Broadcast } from '@vivarium/core/internal/zab/broadcast';
import type { HistoryEntry } from '@vivarium/core/internal/zab/history';
import { HistoryTransfer } from '@vivarium/core/internal/zab/history-transfer';
import type { LearnerHandler } from '@vivarium/core/internal/zab/learner-handler';
import { SyncLimits } from '@vivarium/core/internal/zab/sync-limits';
import { leaderParts, learnerOf, type Overrides } from '../../support/leader-parts.js';
import { append, type Entry, writerAfter } from '../storage/epoch-logs.js';
import { ensembleOf, upTo } from './ensembles.js';

export interface TransferOptions {
  readonly config?: Overrides;
  /** Transactions in memory. */
  readonly inMemory?: number;
  /** Of the newest snapshot on disk; without one unless given. */
  readonly snapshotBytes?: number;
}

export class TransferRig {
  readonly disk = new MemoryDisk();
  readonly transfer: HistoryTransfer;
  readonly events: string[] = [];
  readonly failures: string[] = [];
  readonly learners = new Map<number, LearnerHandler>();
  /** Proposed and not decided. */
  readonly undecided: HistoryEntry[] = [];
  readonly #parts: ReturnType<typeof leaderParts>;
  readonly #log: LogWriter = writerAfter(0n);
  readonly #history: MemberHistory;
  readonly #database = new Database({ extendedTypes: false, digest: false });
  readonly #live = new Broadcast();
  readonly #told = new Map<number, PacketReader>();

  constructor(entries: readonly Entry[], options: TransferOptions = {}) {
    const { config = {}, inMemory = 3, snapshotBytes } = options;
    this.#parts = leaderParts({ snapshotSizeFactor: 0, ...config });
    const store = { config: this.#parts.config, disk: this.disk, database: this.#database };
    const committed = new CommittedLog({ count: inMemory });
    this.#history = new MemberHistory(store as unknown as Store, committed);
    if (snapshotBytes !== undefined) {
      const file = 'snapshots/snapshot.1';
      this.disk.perform([
        { step: 'create', file },
        { step: 'allocate', file, size: snapshotBytes },
      ]);
    }
    for (const entry of entries) this.commit(entry);
    const { turn } = this.#parts;
    this.transfer = new HistoryTransfer({
      ...this.#parts,
      host: { log: ({ event }: LogEvent) => void this.events.push(event) } as Host,
      membership: ensembleOf({ voters: upTo(3), observers: [4, 5] }),
      limits: new SyncLimits({ ...this.#parts, learners: this.learners }),
      history: this.#history,
      epoch: () => 9,
      secrets: () => new Uint8Array(0),
      decided: () => 0,
      undecided: this.undecided,
      cut: () => this.#live.flush(this.learners.values(), turn),
      failed: (learner, reason) => {
        this.failures.push(reason);
        this.learners.delete(learner.serverId);
      },
      durable: () => 0,
    });
  }

  /** One more transaction is in the own log and decided; with `isLogged` false only decided. */
  commit({ zxid, bytes }: Entry, isLogged = true): void {
    const zxidHigh = highOf(zxid);
    const zxidLow = lowOf(zxid);
    if (isLogged) {
      append(this.#log, this.disk, [{ zxid, bytes }]);
      this.#database.lastZxidHigh = zxidHigh;
      this.#database.lastZxidLow = zxidLow;
    }
    this.#history.decided({ zxidHigh, zxidLow, bytes });
    this.#live.say(packetTypes.proposal, zxidHigh, zxidLow, bytes);
    this.#live.say(packetTypes.commit, zxidHigh, zxidLow);
  }

  /** What is decided is in the tree up to there. */
  apply(zxid: bigint): void {
    this.#database.lastZxidHigh = highOf(zxid);
    this.#database.lastZxidLow = lowOf(zxid);
  }

  /** What follows goes into another log. */
  roll(): void {
    this.#log.roll();
  }

  /** A learner whose history ends there has accepted the epoch. */
  come(serverId: number, zxid: bigint): LearnerHandler {
    this.#live.flush(this.learners.values(), this.#parts.turn);
    const learner = learnerOf(this.#parts.turn, serverId, serverId > 3);
    learner.zxidHigh = highOf(zxid);
    learner.zxidLow = lowOf(zxid);
    this.learners.set(serverId, learner);
    this.#told.set(serverId, new PacketReader());
    return learner;
  }

  /** One step of the leader. */
  step(): void {
    for (const learner of this.learners.values()) {
      if (learner.stage === 'accepted') this.transfer.begin(learner);
      this.transfer.goOn(learner);
    }
    this.#live.flush(this.learners.values(), this.#parts.turn);
    for (const { link } of this.learners.values()) link.flush(0);
  }

  /** Steps until a learner has all, or waits. Returns how many steps it took. */
  finish(learner: LearnerHandler): number {
    let steps = 0;
    do {
      this.step();
      steps++;
    } while (learner.isDue && this.learners.has(learner.serverId));
    return steps;
  }

  /** What a learner was told since this was asked last; of a snapshot only that it comes. */
  told(serverId: number): string {
    const reader = this.#told.get(serverId)!;
    for (const effect of this.#parts.turn.effects.splice(0)) {
      if (effect.type === 'send') this.#told.get(effect.connection)!.push(effect.bytes.slice());
    }
    const lines: string[] = [];
    let proposed = '';
    while (reader.next()) {
      const { type, zxidHigh, zxidLow } = reader;
      const zxid = `${zxidHigh}:${zxidLow >>> 0}`;
      if (type === packetTypes.commit && proposed === zxid) {
        lines[lines.length - 1] = zxid;
      } else if (type === packetTypes.newLeader) {
        lines.push('NEWLEADER');
      } else {
        lines.push(`${packetName(type)} ${zxid}`);
      }
      proposed = type === packetTypes.proposal ? zxid : '';
      if (type === packetTypes.snap) reader.takeRest();
    }
    return lines.join(', ');
  }
}
