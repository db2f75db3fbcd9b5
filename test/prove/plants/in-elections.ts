/** Bugs in how servers find a leader, and in how a leader finds its epoch and its quorum. */

import { Discovery } from '@vivarium/core/internal/zab/discovery';
import { Election } from '@vivarium/core/internal/zab/election';
import { Epochs } from '@vivarium/core/internal/zab/epochs';
import type { LearnerHandler } from '@vivarium/core/internal/zab/learner-handler';
import { Membership } from '@vivarium/core/internal/zab/membership';
import { Standing } from '@vivarium/core/internal/zab/standing';
import { Tally } from '@vivarium/core/internal/zab/tally';
import { between, inside, insideGetter, type Plant, together, withoutSteps } from './plant.js';

export const electionPlants: readonly Plant[] = [
  inside(
    'takes half of the servers for a quorum',
    Membership.prototype,
    'hasQuorum',
    () =>
      function (this: Membership, serverIds) {
        const there = [...new Set(serverIds)].filter((id) => this.isVoter(id));
        return there.length >= Math.max(1, Math.floor(this.voters.size / 2));
      },
  ),
  inside(
    'counts servers where there are groups and weights',
    Membership.prototype,
    'hasQuorum',
    () =>
      function (this: Membership, serverIds) {
        const there = [...new Set(serverIds)].filter((id) => this.isVoter(id));
        return 2 * there.length > this.voters.size;
      },
  ),
  inside(
    'counts observers that have the history',
    Tally.prototype,
    'has',
    (right) =>
      function (this: Tally, learners, counted) {
        return right.call(this, asVoters(learners), counted);
      },
  ),
  inside('leads before a quorum has its history', Tally.prototype, 'has', () => () => true),
  inside(
    'decides what one server has',
    Tally.prototype,
    'decidable',
    () =>
      function (this: Tally, learners, own) {
        return Math.max(own, ...[...learners].map(({ acked }) => acked));
      },
  ),
  inside(
    'votes with more than it has',
    Standing.prototype,
    'begin',
    (right) =>
      function (this: Standing, own) {
        right.call(this, { ...own, zxid: own.zxid > 0n ? own.zxid + 1n : own.zxid });
      },
  ),
  together(
    'elects by number, and leads although others know more',
    insideGetter('', Standing.prototype, 'initial', (right) => {
      return right.leader < 0 ? right : { ...right, zxid: 0n, peerEpoch: 0 };
    }),
    inside('', Standing.prototype, 'isTrue', () => () => true),
    inside('', Discovery.prototype, 'isAhead', () => () => false),
  ),
  inside(
    'compares histories by their counters, without their epochs',
    Standing.prototype,
    'begin',
    (right) =>
      function (this: Standing, own) {
        right.call(this, { ...own, zxid: own.zxid & 0xffff_ffffn });
      },
  ),
  inside(
    'votes with its last transaction, and not with its epoch',
    Standing.prototype,
    'begin',
    (right) =>
      function (this: Standing, own) {
        right.call(this, { ...own, peerEpoch: Number(own.zxid >> 32n) });
      },
  ),
  votesWithAccepted('votes with an epoch that its disk does not have'),
  offersEarly('offers its history before its epoch is current on its disk'),
  inside(
    'does not answer servers that look for a leader when it has one',
    Election.prototype,
    'heard',
    (right) =>
      function (this: Election, from, notification, now) {
        if (this.state === 'looking') right.call(this, from, notification, now);
      },
  ),
  together(
    'lets a server lead and count that has lost its data',
    insideGetter('', Standing.prototype, 'isDoubted', () => false),
    countsTheWiped(),
  ),
  { ...countsTheWiped(), name: 'counts a server that has lost its data' },
  inside(
    'forgets over a restart that its history is no proof',
    Epochs.prototype,
    'doubt',
    () => () => {},
  ),
  inside(
    'begins an epoch that others have accepted before',
    Discovery.prototype,
    'reported',
    (right) =>
      function (this: Discovery, id) {
        right.call(this, id, 0);
      },
  ),
  inside(
    'accepts an epoch in memory before it is on disk',
    Epochs.prototype,
    'accept',
    (right) =>
      function (this: Epochs, epoch, done) {
        right.call(this, epoch, () => {});
        done();
      },
  ),
  insideGetter(
    'follows another leader of an epoch that it has accepted',
    Epochs.prototype,
    'accepted',
    (right) => Math.max(0, right - 1),
  ),
  withoutSteps('does not write the epoch that it accepts', (step) => {
    return step.step === 'rename' && step.to.endsWith('acceptedEpoch');
  }),
  withoutSteps('does not sync an epoch before its file has its name', (step) => {
    return step.step === 'sync' && /Epoch|epoch/.test(step.file);
  }),
  withoutSteps('does not write the epoch that it lives in', (step) => {
    return step.step === 'rename' && step.to.endsWith('currentEpoch');
  }),
  between('makes an epoch current before the history is on disk', () => ({
    effects: (effects) => {
      const isEpoch = (effect: (typeof effects)[number]) =>
        effect.type === 'disk' &&
        effect.steps.some((step) => step.step === 'rename' && /currentEpoch/.test(step.to));
      // The requests of a lane are done in their order; each keeps the number it was asked with.
      return [...effects.filter(isEpoch), ...effects.filter((effect) => !isEpoch(effect))];
    },
  })),
  {
    name: 'logs transactions of an epoch that nothing on its disk tells of',
    put(boot) {
      const { announce, begin } = Epochs.prototype;
      Epochs.prototype.announce = () => {};
      Epochs.prototype.begin = function (epoch, done) {
        announce.call(this, epoch);
        begin.call(this, epoch, done);
      };
      const remove = () => Object.assign(Epochs.prototype, { announce, begin });
      return { boot, remove };
    },
  },
];

/** It has promised to follow a leader of that epoch, and has not got that leader's history. */
function votesWithAccepted(name: string): Plant {
  let accepted = 0;
  return together(
    name,
    insideGetter('', Epochs.prototype, 'accepted', (right) => {
      accepted = right;
      return right;
    }),
    inside('', Standing.prototype, 'begin', (right) => {
      return function (this: Standing, own) {
        right.call(this, { ...own, peerEpoch: Math.max(own.peerEpoch, accepted) });
      };
    }),
  );
}

/** A leader does not wait for its own disk; learners do. */
function offersEarly(name: string): Plant {
  let isLeader = false;
  return together(
    name,
    inside('', Discovery.prototype, 'acknowledged', (right) => {
      return function (this: Discovery, learner, currentEpoch) {
        isLeader = true;
        right.call(this, learner, currentEpoch);
        isLeader = false;
      };
    }),
    inside('', Epochs.prototype, 'begin', (right) => {
      return function (this: Epochs, epoch, done) {
        const isEarly = isLeader;
        right.call(this, epoch, isEarly ? () => {} : done);
        if (isEarly) done();
      };
    }),
  );
}

function countsTheWiped(): Plant {
  return inside(
    '',
    Discovery.prototype,
    'acknowledged',
    (right) =>
      function (this: Discovery, { serverId, zxidHigh, zxidLow }, currentEpoch) {
        const learner = { serverId, zxidHigh: Math.max(0, zxidHigh), zxidLow: zxidLow | 1 };
        right.call(this, learner as LearnerHandler, Math.max(0, currentEpoch));
      },
  );
}

/** Observers pass for voters whom nobody has heard of; the leader may be the first of them. */
function asVoters(learners: Iterable<LearnerHandler>): LearnerHandler[] {
  const all = [...learners];
  const isKnown = (id: number) => all.some(({ serverId }) => serverId === id);
  const free = [1, 2, 3, 4].filter((id) => !isKnown(id)).slice(0, 2);
  const voters = all.flatMap((learner) => {
    const { isObserver, isSynced } = learner;
    const likeIt = { ...learner, isVoter: true, isSynced };
    return isObserver ? free.map((serverId) => ({ ...likeIt, serverId })) : [learner];
  });
  return voters as LearnerHandler[];
}
