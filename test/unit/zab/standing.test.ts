import { DOUBTED_ZXID } from '@vivarium/core/internal/wire/election';
import { Standing } from '@vivarium/core/internal/zab/standing';
import { NO_CANDIDATE } from '@vivarium/core/internal/zab/vote';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { says } from './election-links-rig.js';
import { history } from './election-rig.js';
import { ensembleOf, upTo } from './ensembles.js';

const standingOf = (serverId = 1): Standing =>
  new Standing(serverId, ensembleOf({ voters: upTo(3), observers: [8] }));
const empty = history(0n, { isEmpty: true });
const torn = history(7n, { isTrusted: false });
const inDoubt = says({ zxid: DOUBTED_ZXID });

suite('a server stands for election', (test) => {
  test('with what it has', () => {
    const standing = standingOf();
    standing.begin(history(7n, { peerEpoch: 3 }));
    assert.equal(standing.candidate, { leader: 1, zxid: 7n, peerEpoch: 3 });
    assert.equal(standing.initial, standing.candidate);
    assert.not.ok(standing.hear(2, inDoubt));
    assert.not.ok(standing.hear(2, says({ zxid: 99n })));
    assert.not.ok(standing.isDoubted);
  });

  test('with nothing, among servers that have nothing', () => {
    const standing = standingOf();
    standing.begin(empty);
    assert.not.ok(standing.hear(2, says({ zxid: 0n })));
    assert.equal(standing.candidate, { leader: 1, zxid: 0n, peerEpoch: 0 });
  });

  test('not with nothing, once it has heard of data, of an epoch, or of doubt', () => {
    for (const said of [says({ zxid: 1n }), says({ zxid: 0n, peerEpoch: 1 }), inDoubt]) {
      const standing = standingOf();
      standing.begin(empty);
      assert.ok(standing.hear(2, said));
      assert.not.ok(standing.hear(2, said));
      assert.ok(standing.isDoubted);
      assert.is(standing.candidate, undefined);
      assert.equal(standing.initial, { leader: 1, zxid: DOUBTED_ZXID, peerEpoch: 0 });
    }
  });

  test('not with nothing in any later look either, until it has something', () => {
    const standing = standingOf();
    standing.begin(empty);
    standing.hear(2, says({ zxid: 1n }));
    standing.begin(empty);
    assert.ok(standing.isDoubted);
    standing.begin(history(5n));
    assert.not.ok(standing.isDoubted);
  });

  test('not with a log in doubt, from the beginning', () => {
    const standing = standingOf();
    standing.begin(torn);
    assert.ok(standing.isDoubted);
    assert.is(standing.initial.zxid, DOUBTED_ZXID);
  });

  test('with what it has after all, when every voter is in doubt', () => {
    const standing = standingOf();
    standing.begin(torn);
    assert.not.ok(standing.hear(2, inDoubt));
    assert.not.ok(standing.hear(8, inDoubt));
    assert.ok(standing.hear(3, inDoubt));
    assert.ok(standing.isSharedByAll);
    assert.equal(standing.candidate, { leader: 1, zxid: 7n, peerEpoch: 0 });
    assert.not.ok(standing.hear(3, says({ zxid: 9n })));
    assert.ok(standing.isSharedByAll, 'that of others is in doubt as before');
    standing.begin(torn);
    assert.ok(standing.isDoubted, 'each look hears anew');
  });

  test('never, when it is empty and an operator must speak first, though all are in doubt', () => {
    const standing = standingOf();
    standing.begin(history(0n, { isTrusted: false, isEmpty: true, needsOrder: true }));
    standing.hear(2, inDoubt);
    standing.hear(3, inDoubt);
    assert.ok(standing.isDoubted);
    assert.is(standing.candidate, undefined);
  });

  test('never, as an observer', () => {
    const standing = standingOf(8);
    standing.begin(history(7n));
    assert.equal(standing.initial, NO_CANDIDATE);
    assert.is(standing.candidate, undefined);
    standing.begin(empty);
    assert.not.ok(standing.hear(2, says({ zxid: 9n })));
  });

  test('as what it is: a vote for it that says more, or less, is not true', () => {
    const standing = standingOf();
    standing.begin(history(7n, { peerEpoch: 3 }));
    assert.ok(standing.isTrue(says({ zxid: 7n, peerEpoch: 3 })));
    assert.not.ok(standing.isTrue(says({ zxid: 8n, peerEpoch: 3 })));
    assert.not.ok(standing.isTrue(says({ zxid: 7n, peerEpoch: 2 })));
    assert.ok(standing.isTrue(says({ zxid: 7n, peerEpoch: 0, version: 0 })));
  });
});
