import { zxidOf } from '@vivarium/core/internal/base/ids';
import {
  compareCandidates,
  compareHistories,
  isSameLeadership,
  isSameVote,
  NO_CANDIDATE,
} from '@vivarium/core/internal/zab/vote';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const candidate = (peerEpoch: number, zxid: bigint, leader: number) => ({
  peerEpoch,
  zxid,
  leader,
});

suite('a vote', (test) => {
  test('is better by epoch, then by zxid, then by server id', () => {
    const inOrder = [
      NO_CANDIDATE,
      candidate(-1, -1n, 9),
      candidate(0, 0n, 1),
      candidate(0, 0n, 2),
      candidate(2, zxidOf(2, 9), 3),
      candidate(3, zxidOf(2, 1), 1),
      candidate(3, zxidOf(2, 1), 2),
      candidate(3, zxidOf(3, 0x7fff_ffff), 1),
      candidate(3, zxidOf(3, 0x8000_0000), 1),
      candidate(3, zxidOf(4, 0), 1),
    ];
    for (const [at, one] of inOrder.entries()) {
      for (const [other, another] of inOrder.entries()) {
        assert.is(Math.sign(compareCandidates(one, another)), Math.sign(at - other));
      }
    }
  });

  test('has a history that says nothing of who has it', () => {
    assert.is(compareHistories(candidate(1, 5n, 1), candidate(1, 5n, 9)), 0);
  });

  test('is the same only when leader, zxid, epoch and round are (ZOOKEEPER-1419)', () => {
    const vote = { ...candidate(3, 7n, 2), round: 4 };
    assert.ok(isSameVote(vote, { ...vote }));
    for (const other of [{ leader: 3 }, { zxid: 8n }, { peerEpoch: 4 }, { round: 5 }]) {
      assert.not.ok(isSameVote(vote, { ...vote, ...other }));
    }
  });

  test('of one who follows is the same leadership with the same leader and epoch', () => {
    const vote = { ...candidate(3, 7n, 2), version: 2 };
    assert.ok(isSameLeadership(vote, { ...vote, zxid: 99n }));
    assert.not.ok(isSameLeadership(vote, { ...vote, leader: 3 }));
    assert.not.ok(isSameLeadership(vote, { ...vote, peerEpoch: 4 }));
  });

  test('of an old server has the epoch of before: beside a new one it is not compared', () => {
    const vote = { ...candidate(3, 7n, 2), version: 2 };
    const old = { ...vote, peerEpoch: 2, version: 0 };
    assert.ok(isSameLeadership(vote, old));
    assert.ok(isSameLeadership({ ...old, version: 1 }, { ...vote, peerEpoch: 2 }));
    assert.not.ok(isSameLeadership({ ...vote, version: 0 }, old));
    assert.not.ok(isSameLeadership({ ...vote, leader: 4 }, old));
  });
});
