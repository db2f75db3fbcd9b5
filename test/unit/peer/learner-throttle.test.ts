import { LearnerThrottle } from '@vivarium/core/internal/peer/learner-throttle';
import { outstandingShare } from '@vivarium/core/internal/peer/outstanding-share';
import { Membership } from '@vivarium/core/internal/zab/membership';
import * as assert from 'uvu/assert';
import { ensembleAt } from '../../support/ensemble-spec.js';
import { leaderParts, learnerOf } from '../../support/leader-parts.js';
import { suite } from '../../support/suite.js';
import { EnsembleRig } from './ensemble-rig.js';

function throttled(limit: number) {
  const { turn } = leaderParts();
  const load = { own: 0 };
  const throttle = new LearnerThrottle({ limit, own: () => load.own });
  const voter = learnerOf(turn, 1);
  const busy = learnerOf(turn, 2, true);
  const idle = learnerOf(turn, 3, true);
  return {
    throttle,
    load,
    voter,
    busy,
    endStep() {
      throttle.endStep([voter, busy, idle]);
      return turn.effects.splice(0);
    },
  };
}

suite('a leader with too much in flight', (test) => {
  test('does not read from observers that have a part in it, until it is less', () => {
    const { throttle, load, busy, endStep } = throttled(3);
    for (let i = 0; i < 3; i++) throttle.taken(busy);
    assert.equal(endStep(), []);
    load.own = 1;
    assert.equal(endStep(), [{ type: 'hold', connection: 2, held: true }]);
    assert.equal(endStep(), []);
    throttle.applied(busy);
    assert.equal(endStep(), [{ type: 'hold', connection: 2, held: false }]);
  });

  test('goes on to read from voters, whose acknowledgements it waits for', () => {
    const { throttle, voter, endStep } = throttled(3);
    for (let i = 0; i < 10; i++) throttle.taken(voter);
    assert.equal(endStep(), []);
  });

  test('lets an observer go on when nothing of it is in flight any more', () => {
    const { throttle, load, busy, endStep } = throttled(3);
    throttle.taken(busy);
    load.own = 9;
    assert.equal(endStep(), [{ type: 'hold', connection: 2, held: true }]);
    throttle.applied(busy);
    assert.equal(endStep(), [{ type: 'hold', connection: 2, held: false }]);
  });

  test('counts no writes of its own clients twice', () => {
    const { throttle, load, endStep } = throttled(3);
    load.own = 3;
    throttle.taken(undefined);
    assert.equal(endStep(), []);
    throttle.applied(undefined);
  });
});

suite('the limit of requests in flight in an ensemble', (test) => {
  test('is shared by those who vote', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((host) => [`${host}:1:2`]);
    const share = (count: number, limit = 1000) =>
      outstandingShare(limit, new Membership(ensembleAt(...five.slice(0, count))), 1);
    assert.equal(
      [1, 2, 3, 5].map((count) => share(count)),
      [1000, 1000, 500, 250],
    );
    assert.is(share(5, 2), 1, 'something must be let through');
    assert.is(outstandingShare(1000, new Membership(ensembleAt(...five)), 9), 1000);
  });

  test('of one lets every write through all the same, one after the other', async () => {
    const rig = new EnsembleRig({ observers: 2, config: { globalOutstandingLimit: 1 } });
    rig.start();
    await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving === true));
    const clients = rig.servers.map((_, at) => rig.client({}, [at + 1]));
    const writes = clients.flatMap((client, of) =>
      Array.from({ length: 20 }, (_, at) => client.create(`/of-${of}-${at}`, 'x')),
    );
    await rig.done(Promise.all(writes));
    for (const client of clients) await rig.done(client.close());
  });
});
