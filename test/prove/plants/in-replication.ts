/** Bugs in how a history is handed over, made durable, decided, cut and replaced. */
import { Barrier } from '@vivarium/core/internal/peer/barrier';
import { Installation } from '@vivarium/core/internal/peer/installation';
import { Ledger } from '@vivarium/core/internal/peer/ledger';
import { Pipeline } from '@vivarium/core/internal/peer/pipeline';
import { Store } from '@vivarium/core/internal/peer/store';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import { CommittedLog } from '@vivarium/core/internal/storage/committed-log';
import { type DiskStep, folders } from '@vivarium/core/internal/storage/disk';
import { snapshotDraftFile } from '@vivarium/core/internal/storage/file-names';
import { SnapshotReception } from '@vivarium/core/internal/storage/snapshot-reception';
import { packetTypes } from '@vivarium/core/internal/wire/quorum';
import { Broadcast } from '@vivarium/core/internal/zab/broadcast';
import { Epochs } from '@vivarium/core/internal/zab/epochs';
import { LearnerHandler } from '@vivarium/core/internal/zab/learner-handler';
import { LearnerLog } from '@vivarium/core/internal/zab/learner-log';
import { Proposals } from '@vivarium/core/internal/zab/proposals';
import { QuorumLink } from '@vivarium/core/internal/zab/quorum-link';
import { between, inside, insideGetter, type Plant, withoutSteps } from './plant.js';

export const replicationPlants: readonly Plant[] = [
  insideGetter(
    'acknowledges what it was sent before that is on disk',
    Ledger.prototype,
    'durable',
    (_, ledger) => ledger.appended,
  ),
  {
    name: 'says that it has the history before the epoch is current on its disk',
    put(boot) {
      const begun = new WeakMap<Epochs, number>();
      const { begin } = Epochs.prototype;
      const current = Object.getOwnPropertyDescriptor(Epochs.prototype, 'current')!;
      Epochs.prototype.begin = function (epoch, done) {
        begun.set(this, epoch);
        begin.call(this, epoch, () => {});
        done();
      };
      Object.defineProperty(Epochs.prototype, 'current', {
        ...current,
        get(this: Epochs) {
          return Math.max(begun.get(this) ?? 0, current.get!.call(this));
        },
      });
      return {
        boot,
        remove() {
          Epochs.prototype.begin = begin;
          Object.defineProperty(Epochs.prototype, 'current', current);
        },
      };
    },
  },
  inside(
    'counts its own log as durable when it is written',
    Proposals.prototype,
    'add',
    (right) =>
      function (this: Proposals, zxidHigh, zxidLow, bytes) {
        right.call(this, zxidHigh, zxidLow, bytes);
        this.durable(this.last);
      },
  ),
  inside(
    'applies what is durable with it before it is decided',
    Ledger.prototype,
    'flushed',
    (right) =>
      function (this: Ledger, id, failure) {
        const tookMs = right.call(this, id, failure);
        this.commitTo(this.durable);
        this.advance();
        return tookMs;
      },
  ),
  inside(
    'tells followers to commit along with the proposal',
    Broadcast.prototype,
    'say',
    (right) =>
      function (this: Broadcast, type, zxidHigh, zxidLow, data) {
        if (type === packetTypes.commit) return;
        right.call(this, type, zxidHigh, zxidLow, data);
        if (type === packetTypes.proposal) {
          right.call(this, packetTypes.commit, zxidHigh, zxidLow, null);
        }
      },
  ),
  inside(
    'goes on counting in the epoch of the leader before',
    Pipeline.prototype,
    'beginEpoch',
    () => () => {},
  ),
  insideGetter(
    'proposes only to those who have the history',
    LearnerHandler.prototype,
    'isForwarding',
    (_, learner) => learner.isSynced,
  ),
  inside(
    'forgets those who are being sent a tree when it proposes',
    Broadcast.prototype,
    'flush',
    (right) =>
      function (this: Broadcast, learners, turn) {
        right.call(
          this,
          [...learners].filter(({ backlog }) => backlog === undefined),
          turn,
        );
      },
  ),
  inside(
    'leaves a transaction out of a difference',
    CommittedLog.prototype,
    'after',
    (right) =>
      function (this: CommittedLog, zxidHigh, zxidLow) {
        const txns = right.call(this, zxidHigh, zxidLow);
        return txns.length > 2 ? txns.filter((_, at) => at !== 1) : txns;
      },
  ),
  inside(
    'begins a difference with what the learner has',
    CommittedLog.prototype,
    'after',
    (right) =>
      function (this: CommittedLog, zxidHigh, zxidLow) {
        const last = this.upTo(zxidHigh, zxidLow);
        const txns = right.call(this, zxidHigh, zxidLow);
        return last === undefined ? txns : [last, ...txns];
      },
  ),
  inside(
    'begins a difference one transaction too late',
    CommittedLog.prototype,
    'after',
    (right) =>
      function (this: CommittedLog, zxidHigh, zxidLow) {
        return right.call(this, zxidHigh, zxidLow).slice(1);
      },
  ),
  inside(
    'does not commit before it serves',
    LearnerLog.prototype,
    'decide',
    (right) =>
      function (this: LearnerLog, zxidHigh, zxidLow) {
        if (this.isLive) right.call(this, zxidHigh, zxidLow);
      },
  ),
  inside(
    'takes no transactions before it serves',
    LearnerLog.prototype,
    'log',
    (right) =>
      function (this: LearnerLog, zxidHigh, zxidLow, bytes) {
        if (this.isLive) right.call(this, zxidHigh, zxidLow, bytes);
      },
  ),
  inside(
    'acknowledges the transaction after the one that it has',
    QuorumLink.prototype,
    'say',
    (right) =>
      function (this: QuorumLink, type, zxidHigh, zxidLow, data) {
        const isAck = type === packetTypes.ack && zxidLow !== 0;
        right.call(this, type, zxidHigh, isAck ? zxidLow + 1 : zxidLow, data);
      },
  ),
  inside(
    'says of a tree that it shows nothing from after its beginning',
    QuorumLink.prototype,
    'say',
    (right) =>
      function (this: QuorumLink, type, zxidHigh, zxidLow, data) {
        const isEnd = type === packetTypes.snapEnd;
        right.call(this, type, isEnd ? 0 : zxidHigh, isEnd ? 0 : zxidLow, data);
      },
  ),
  inside(
    'keeps the tree of a role that is over, without the end of its log',
    Store.prototype,
    'applyRest',
    () => () => {},
  ),
  inside('does not wait for the log of the role before', Barrier.prototype, 'answered', (right) => {
    const early = new WeakSet<Barrier>();
    return function (this: Barrier, id, failure) {
      const passage = right.call(this, id, failure);
      if (passage === 'waiting' && !early.has(this)) {
        early.add(this);
        return 'passed';
      }
      return passage === 'passed' && early.delete(this) ? 'waiting' : passage;
    };
  }),
  cuts('cuts one transaction more than it was told to', -1),
  cuts('leaves one transaction of those that it is to cut', 1),
  withoutSteps('does not cut its log', ({ step }) => step === 'truncate'),
  withoutSteps('cuts a log by its last file alone', (step) => {
    return step.step === 'remove' && /^logs\/log\./.test(step.file);
  }),
  between('acknowledges a cut before it is durable', () => ({
    effects: (effects) => effects.map(withoutSyncsOfCut),
  })),
  inside('acknowledges its leader once more, unasked', QuorumLink.prototype, 'say', (right) => {
    return function (this: QuorumLink, type, zxidHigh, zxidLow, data) {
      right.call(this, type, zxidHigh, zxidLow, data);
      if (type === packetTypes.ack && zxidLow === 0) right.call(this, type, zxidHigh, 0, data);
    };
  }),
  insideGetter(
    'goes on with the tree in memory when a cut was interrupted',
    Installation.prototype,
    'isUnderWay',
    () => false,
  ),
  withoutSteps('does not sync a received tree before it has its name', (step) => {
    return step.step === 'sync' && step.file === snapshotDraftFile;
  }),
  between('puts the old logs away before the received tree is durable', () => ({
    effects: (effects) => effects.map(hasty),
  })),
  inside(
    'keeps a received tree in memory alone',
    Installation.prototype,
    'receive',
    (right) =>
      function (this: Installation, zxidHigh, zxidLow, calls) {
        const reception = right.call(this, zxidHigh, zxidLow, calls);
        return {
          get isBehind() {
            return reception.isBehind;
          },
          push: (bytes) => reception.push(bytes),
          install(endZxid, done) {
            reception.install(endZxid, () => {});
            done();
          },
        };
      },
  ),
  inside(
    'loses slices of a tree on their way to the disk',
    SnapshotReception.prototype,
    'next',
    (right) =>
      function (this: SnapshotReception) {
        return right.call(this)?.filter(({ step }) => step !== 'write');
      },
  ),
  between('takes a failed change of its history for done', () => {
    const cuts = new Set<number>();
    return {
      inputs: (batch) => ({
        ...batch,
        inputs: batch.inputs.map((input) => {
          if (input.type !== 'disk-done' || !cuts.delete(input.id)) return input;
          const { id, generation } = input;
          return { type: 'disk-done', id, generation } as const;
        }),
      }),
      effects(effects) {
        for (const effect of effects) {
          if (effect.type !== 'disk') continue;
          const isChange = effect.steps.some(
            ({ step }) => step === 'truncate' || step === 'rename',
          );
          if (isChange && effect.lane === 'log') cuts.add(effect.id);
        }
        return effects;
      },
    };
  }),
];

function cuts(name: string, more: number): Plant {
  return inside(
    name,
    Installation.prototype,
    'truncate',
    (right) =>
      function (this: Installation, zxidHigh, zxidLow, done) {
        right.call(this, zxidHigh, Math.max(0, zxidLow + more), done);
      },
  );
}

/** What takes the end off the logs is done when it is done, durable or not. */
function withoutSyncsOfCut(effect: Effect): Effect {
  if (effect.type !== 'disk' || effect.lane !== 'log') return effect;
  const first = effect.steps.findIndex((step) => {
    return (step.step === 'truncate' || step.step === 'remove') && isLog(step.file);
  });
  if (first < 0) return effect;
  const isSync = (step: DiskStep) =>
    step.step === 'sync-folder'
      ? step.folder === folders.logs
      : step.step === 'sync' && isLog(step.file);
  const steps = effect.steps.filter((step, at) => at < first || !isSync(step));
  return { ...effect, steps };
}

function isLog(file: string): boolean {
  return /^logs\/log\.[0-9a-f]+$/.test(file);
}

/** What takes old files away comes before the sync of the folder in which the new one is. */
function hasty(effect: Effect): Effect {
  if (effect.type !== 'disk' || effect.lane !== 'log') return effect;
  const first = effect.steps.findIndex(({ step }) => step === 'rename');
  const isInstall = effect.steps.some((step) => step.step === 'rename' && /logs/.test(step.from));
  if (!isInstall || effect.steps[first + 1]?.step !== 'sync-folder') return effect;
  const steps = effect.steps.filter((_, at) => at !== first && at !== first + 1);
  const [name, sync] = effect.steps.slice(first, first + 2);
  return { ...effect, steps: [...steps.slice(0, -2), name!, sync!, ...steps.slice(-2)] };
}
