/** Bugs in what servers of an ensemble promise their clients: sessions, syncs, fresh reads. */
import { Connection } from '@vivarium/core/internal/peer/connection';
import { Forwarding } from '@vivarium/core/internal/peer/forwarding';
import { Ledger } from '@vivarium/core/internal/peer/ledger';
import { Preparation } from '@vivarium/core/internal/peer/preparation';
import { SessionIds, Sessions } from '@vivarium/core/internal/peer/sessions';
import { PasswordRule } from '@vivarium/core/internal/peer/shared-secrets';
import { Database } from '@vivarium/core/internal/tree/database';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { Heartbeats } from '@vivarium/core/internal/zab/heartbeats';
import { Leader } from '@vivarium/core/internal/zab/leader';
import { Learner } from '@vivarium/core/internal/zab/learner';
import { LearnerHandler } from '@vivarium/core/internal/zab/learner-handler';
import { Lease } from '@vivarium/core/internal/zab/lease';
import { Patience } from '@vivarium/core/internal/zab/patience';
import { QuorumContact } from '@vivarium/core/internal/zab/quorum-contact';
import { between, inside, type Plant, together } from './plant.js';

export const sessionPlants: readonly Plant[] = [
  inside('tells clients that they live however old its lease is', Lease.prototype, 'holds', () => {
    return () => true;
  }),
  inside(
    'counts a report as heard when it is sent',
    Lease.prototype,
    'reported',
    (right) =>
      function (this: Lease, now) {
        right.call(this, now, true);
      },
  ),
  inside(
    'ends sessions of a learner without asking it once more',
    Heartbeats.prototype,
    'isSilent',
    () => () => true,
  ),
  inside(
    'does not wait for what a learner that has gone may have promised',
    Heartbeats.prototype,
    'isSilent',
    (right) =>
      function (this: Heartbeats, learner, deadline, timeoutMs) {
        return learner.link.isClosed || right.call(this, learner, deadline, timeoutMs);
      },
  ),
  inside(
    'does not tell its leader of which sessions it has heard',
    Sessions.prototype,
    'takeTouched',
    (right) =>
      function (this: Sessions) {
        right.call(this);
        return [];
      },
  ),
  inside(
    'confirms reports although no quorum follows',
    Heartbeats.prototype,
    'mayPromise',
    () => () => true,
  ),
  inside(
    'takes itself for followed at any time',
    QuorumContact.prototype,
    'at',
    () =>
      function (this: QuorumContact, _learners, now) {
        return now;
      },
  ),
  inside(
    'gives sessions half of their time as a new leader',
    Sessions.prototype,
    'add',
    (right) =>
      function (this: Sessions, id, timeoutMs, now, isLocal) {
        return right.call(this, id, timeoutMs, now - timeoutMs / 2 - 1_000, isLocal);
      },
  ),
  inside(
    'lets a sync pass without asking a quorum',
    QuorumContact.prototype,
    'confirm',
    () => (done) => done(),
  ),
  inside(
    'lets a sync pass before it has applied what is decided',
    Ledger.prototype,
    'whenCaughtUp',
    () => (run) => run(),
  ),
  together(
    'leads on although it hears of no quorum',
    inside('', Patience.prototype, 'hears', () => () => true),
    inside('', Patience.prototype, 'lostWith', () => () => undefined),
    inside('', Leader.prototype, 'stepDownIfLate', () => () => {}),
  ),
  inside(
    'answers what waits after a long pause before it steps down',
    Leader.prototype,
    'stepDownIfLate',
    () => () => {},
  ),
  inside(
    'serves on although its leader is silent',
    Learner.prototype,
    'step',
    (right) =>
      function (this: Learner) {
        if (this.phase !== 'broadcast') right.call(this);
      },
  ),
  inside(
    'takes requests of a session that has moved',
    Preparation.prototype,
    'checkSession',
    (right) =>
      function (this: Preparation, origin) {
        return right.call(this, { ...origin, via: origin.session?.owner });
      },
  ),
  inside(
    'takes requests of a session that is ending',
    Preparation.prototype,
    'checkSession',
    (right) =>
      function (this: Preparation, origin) {
        const { session, via } = origin;
        if (session?.closing !== true) return right.call(this, origin);
        return session.owner === via ? 0 : right.call(this, origin);
      },
  ),
  inside(
    'lets clients go on with sessions that have ended',
    LearnerHandler.prototype,
    'revalidated',
    (right) =>
      function (this: LearnerHandler, session) {
        right.call(this, session, true);
      },
  ),
  inside(
    'refuses every other client that comes to another server',
    LearnerHandler.prototype,
    'revalidated',
    (right) =>
      function (this: LearnerHandler, session, isValid) {
        right.call(this, session, isValid && session % 2n === 0n);
      },
  ),
  withoutNewSessions('does not note sessions that begin while it is brought up to date'),
  inside(
    'makes passwords that no other server knows',
    PasswordRule.prototype,
    'adopt',
    () => () => {},
  ),
  inside(
    'gives session numbers that other servers give too',
    SessionIds.prototype,
    'next',
    (right) =>
      function (this: SessionIds, isTaken) {
        return (right.call(this, isTaken) & 0xff_ffffn) | 0x100_0000n;
      },
  ),
  inside('asks its leader twice for some writes', Learner.prototype, 'request', (right) => {
    let asked = 0;
    return function (this: Learner, ...request) {
      right.call(this, ...request);
      if (++asked % 20 === 0) right.call(this, ...request);
    };
  }),
  inside(
    'does not know the answers to what it has forwarded',
    Forwarding.prototype,
    'match',
    (right) => {
      let seen = 0;
      return function (this: Forwarding, write) {
        return ++seen % 50 === 0 ? 0 : right.call(this, write);
      };
    },
  ),
  {
    name: 'answers reads before the writes in front of them',
    put(boot) {
      const right = Object.getOwnPropertyDescriptor(Connection.prototype, 'outstanding')!;
      Object.defineProperty(Connection.prototype, 'outstanding', { ...right, get: () => 0 });
      const remove = () => Object.defineProperty(Connection.prototype, 'outstanding', right);
      return { boot, remove };
    },
  },
  between('lets a client in that has seen more than it has', () => {
    const greeted = new Set<number>();
    return {
      inputs: (batch) => ({
        ...batch,
        inputs: batch.inputs.map((input) => {
          if (input.type === 'connection-opened') greeted.add(input.connection);
          if (input.type !== 'connection-bytes' || !greeted.delete(input.connection)) return input;
          if (input.bytes.length < LAST_SEEN_AT + 8) return input;
          const bytes = input.bytes.slice();
          bytes.fill(0, LAST_SEEN_AT, LAST_SEEN_AT + 8);
          return { ...input, bytes };
        }),
      }),
    };
  }),
];

/** In a handshake, behind its length and the version: the last zxid that the client has seen. */
const LAST_SEEN_AT = 8;

/** What a learner applies before it serves; what a start reads from the log is not concerned. */
function withoutNewSessions(name: string): Plant {
  let isApplying = false;
  return together(
    name,
    inside('', Ledger.prototype, 'advance', (right) => {
      return function (this: Ledger) {
        isApplying = true;
        try {
          right.call(this);
        } finally {
          isApplying = false;
        }
      };
    }),
    inside('', Database.prototype, 'apply', (right) => {
      return function (this: Database, txn, sink) {
        const code = right.call(this, txn, sink);
        const isNew = txn.body.type === txnTypes.createSession;
        if (isApplying && isNew && sink === undefined) this.sessions.delete(txn.header.clientId);
        return code;
      };
    }),
  );
}
