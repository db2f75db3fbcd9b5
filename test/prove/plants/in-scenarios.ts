/** Bugs that a scenario was written for: it has to fail with them. */
import { Driver } from '@vivarium/core/internal/client/driver';
import { Hub } from '@vivarium/core/internal/client/hub';
import { PunctualClock } from '@vivarium/core/internal/client/punctual-clock';
import { Session } from '@vivarium/core/internal/peer/sessions';
import { Tenure } from '@vivarium/core/internal/session/tenure';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Heartbeats } from '@vivarium/core/internal/zab/heartbeats';
import { Proposals } from '@vivarium/core/internal/zab/proposals';
import { CleanUps } from '@vivarium/recipes/internal/shared/clean-ups';
import { sessionPlants } from './in-sessions.js';
import { clientPlants } from './inside-the-client.js';
import { inside, type Plant, together } from './plant.js';

export interface ScenarioPlant {
  readonly plant: Plant;
  /** What the titles of the tests that have to find it end with, any one of them. */
  readonly foundBy: string;
  /** A part of it that is no bug: with it alone the scenario has to end well. */
  readonly harmless?: Plant;
}

/**
 * Our leader lets a client in elsewhere when all that it asked before is decided. Apache's does so
 * at once: there a client may find that nothing has happened, and a moment later it has, unless it
 * asks for a sync.
 */
const letsInAtOnce = inside(
  'a leader lets a client in before its writes are decided',
  Session.prototype,
  'whenSettled',
  (right) =>
    function (this: Session, run) {
      if (this.closing) right.call(this, run);
      else run();
    },
);

/** Who waits for a sync until all is decided that is proposed by then. */
let syncs: (() => void)[] = [];

/** Leaders as Apache's: moves are not waited for, and syncs wait for all that is proposed. */
const leadersLikeApaches = together(
  'leaders like Apache’s',
  letsInAtOnce,
  inside(
    'a sync waits for all that is proposed',
    Heartbeats.prototype,
    'confirm',
    () => (done) => void syncs.push(done),
  ),
  inside(
    'lets syncs pass when all is decided',
    Proposals.prototype,
    'step',
    (right) =>
      function (this: Proposals) {
        right.call(this);
        if (this.undecided.length > 0) return;
        const passing = syncs;
        syncs = [];
        for (const pass of passing) pass();
      },
  ),
);

export const scenarioPlants: readonly ScenarioPlant[] = [
  {
    plant: together(
      'a recipe looks for its node without a sync, at leaders like Apache’s',
      leadersLikeApaches,
      inside(
        'without a sync',
        Driver.prototype,
        'submit',
        (right) =>
          function (this: Driver, input) {
            if (input.type !== 'request') return right.call(this, input);
            const { opcode, session, payload } = input.request;
            // Tests ask for syncs of their own in whatever session.
            const isOurs = opcode === opcodes.sync && session !== undefined;
            if (!isOurs) return right.call(this, input);
            const request = { ...input.request, opcode: opcodes.exists };
            right.call(this, { ...input, request: { ...request, payload: withoutWatch(payload) } });
          },
      ),
    ),
    harmless: leadersLikeApaches,
    foundBy: '(2)',
  },
  { plant: letsInAtOnce, foundBy: '(2)' },
  { plant: existing('takes requests of a session that has moved'), foundBy: '(3)' },
  { plant: existing('takes requests of a session that has moved'), foundBy: '(4)' },
  {
    plant: inside(
      'what was given up is not cleaned up',
      CleanUps.prototype,
      'abandon',
      () => () => Promise.resolve(),
    ),
    foundBy: '(8)',
  },
  {
    plant: inside(
      'what a client hears overtakes what is due',
      PunctualClock.prototype,
      'runDue',
      () => () => {},
    ),
    foundBy: '(11)',
  },
  {
    plant: inside(
      'the client is certain of its session for longer than the server keeps it',
      Tenure.prototype,
      'certainFrom',
      (right) =>
        function (this: Tenure, ackSentAt) {
          return right.call(this, ackSentAt) + 2_000;
        },
    ),
    foundBy: '(15)',
  },
  {
    plant: inside(
      'a lock that was lost is not given back',
      CleanUps.prototype,
      'remove',
      () => () => Promise.resolve(),
    ),
    foundBy: '(16)',
  },
  {
    plant: inside(
      'a stream does not look again when its node has changed',
      Hub.prototype,
      'fired',
      () => () => {},
    ),
    foundBy: '(scenario 54)',
  },
  {
    plant: existing('the client does not set its watches again after a cut'),
    foundBy: 'more watches than one frame holds are set again',
  },
  {
    plant: existing('the client repeats a write whose answer was lost'),
    foundBy: 'a write that was not answered is not repeated, and says so',
  },
];

function existing(name: string): Plant {
  return [...sessionPlants, ...clientPlants].find((plant) => plant.name === name)!;
}

/** A path, and that no watch is wanted. */
function withoutWatch(path: Uint8Array): Uint8Array {
  const payload = new Uint8Array(path.length + 1);
  payload.set(path);
  return payload;
}
