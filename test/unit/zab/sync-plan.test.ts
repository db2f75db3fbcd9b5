import { CommittedLog } from '@vivarium/core/internal/storage/committed-log';
import {
  type LogBeginning,
  logLimitBytes,
  needsLog,
  planSync,
  type SyncDecision,
  type SyncQuestion,
} from '@vivarium/core/internal/zab/sync-plan';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

type Zxid = readonly [epoch: number, counter: number];

/** A leader that keeps these transactions in memory, the last of which is its last one. */
function windowOf(...zxids: readonly Zxid[]): CommittedLog {
  const log = new CommittedLog();
  for (const [high, low] of zxids) log.add(high, low, new Uint8Array(1));
  return log;
}

const noLog: LogBeginning = {
  problem: undefined,
  isThere: false,
  hasPrevious: false,
  previousHigh: 0,
  previousLow: 0,
};
const thereInLog: LogBeginning = { ...noLog, isThere: true };
const behindInLog = ([previousHigh, previousLow]: Zxid): LogBeginning => {
  return { ...noLog, hasPrevious: true, previousHigh, previousLow };
};

function question(
  committed: CommittedLog,
  [peerHigh, peerLow]: Zxid,
  more: Partial<SyncQuestion> = {},
): SyncQuestion {
  const { newest = { zxidHigh: 1, zxidLow: 9 } } = committed;
  const { zxidHigh: lastHigh, zxidLow: lastLow } = newest;
  return { peerHigh, peerLow, lastHigh, lastLow, committed, log: undefined, ...more };
}

const diff = ([zxidHigh, zxidLow]: Zxid, [afterHigh, afterLow]: Zxid, fromLog = false) => {
  return { kind: 'diff', zxidHigh, zxidLow, afterHigh, afterLow, fromLog };
};
const trunc = ([zxidHigh, zxidLow]: Zxid, fromLog = false) => {
  return { kind: 'trunc', zxidHigh, zxidLow, afterHigh: zxidHigh, afterLow: zxidLow, fromLog };
};

function demandSnap(decision: SyncDecision, why: RegExp): void {
  assert.is(decision.kind, 'snap');
  if (decision.kind === 'snap') assert.match(decision.why, why);
}

const window = windowOf([1, 7], [1, 8], [1, 9], [3, 1], [3, 2]);
const empty = windowOf();

suite('what a learner gets', (test) => {
  test('is a snapshot where snapshots are forced, whatever it has', () => {
    for (const peer of [
      [3, 2],
      [1, 8],
      [1, 1],
      [9, 9],
    ] as const) {
      const asked = question(window, peer, { forceSnapshot: true, log: thereInLog });
      demandSnap(planSync(asked), /are to be sent/);
      assert.not.ok(needsLog(asked));
    }
  });

  test('is nothing when it ends where the leader does', () => {
    assert.equal(planSync(question(window, [3, 2])), diff([3, 2], [3, 2]));
    assert.equal(planSync(question(empty, [1, 9])), diff([1, 9], [1, 9]));
    const atBirth = question(empty, [0, 0], { lastHigh: 0, lastLow: 0 });
    assert.equal(planSync(atBirth), diff([0, 0], [0, 0]));
  });

  test('is cut at the last committed transaction when it is ahead in that epoch', () => {
    assert.equal(planSync(question(window, [3, 3])), trunc([3, 2]));
    assert.equal(planSync(question(window, [3, -1])), trunc([3, 2]));
    assert.equal(planSync(question(empty, [1, 10])), trunc([1, 9]));
  });

  test('is a snapshot when it is ahead in a later epoch, which ZooKeeper would cut', () => {
    demandSnap(planSync(question(window, [4, 1])), /parted in an earlier epoch/);
    demandSnap(planSync(question(empty, [2, 5])), /parted in an earlier epoch/);
  });

  test('is a snapshot when it is at an epoch of which nothing is committed', () => {
    demandSnap(planSync(question(window, [4, 0])), /nothing is committed here/);
    demandSnap(planSync(question(empty, [2, 0])), /nothing is committed here/);
  });

  test('is what it lacks of what is in memory', () => {
    assert.equal(planSync(question(window, [1, 7])), diff([3, 2], [1, 7]));
    assert.equal(planSync(question(window, [1, 9])), diff([3, 2], [1, 9]));
    assert.equal(planSync(question(window, [3, 1])), diff([3, 2], [3, 1]));
  });

  test('is what it lacks since the beginning of an epoch', () => {
    assert.equal(planSync(question(window, [3, 0])), diff([3, 2], [3, 0]));
    assert.equal(planSync(question(window, [2, 0])), diff([3, 2], [2, 0]));
  });

  test('is cut where it parted within an epoch, and goes on from there', () => {
    assert.equal(planSync(question(window, [1, 12])), trunc([1, 9]));
  });

  test('is a snapshot when it parted in an epoch that the leader has nothing of', () => {
    demandSnap(planSync(question(window, [2, 4])), /parted in an earlier epoch/);
  });

  test('is what it lacks of the logs on disk, where memory does not reach', () => {
    const asked = question(window, [1, 3], { log: thereInLog });
    assert.ok(needsLog(asked));
    assert.equal(planSync(asked), diff([3, 2], [1, 3], true));
    const older = question(empty, [1, 3], { log: thereInLog });
    assert.ok(needsLog(older));
    assert.equal(planSync(older), diff([1, 9], [1, 3], true));
    const epoch = question(window, [1, 0], { log: behindInLog([0, 77]) });
    assert.equal(planSync(epoch), diff([3, 2], [1, 0], true));
  });

  test('is cut where the logs show that it parted within an epoch', () => {
    const asked = question(windowOf([5, 1], [5, 2]), [3, 9], { log: behindInLog([3, 4]) });
    assert.equal(planSync(asked), trunc([3, 4], true));
    const across = question(windowOf([5, 1], [5, 2]), [3, 9], { log: behindInLog([2, 4]) });
    demandSnap(planSync(across), /parted in an earlier epoch/);
  });

  test('is a snapshot where the logs do not reach, are not to be read, or cannot be', () => {
    demandSnap(planSync(question(window, [1, 3])), /behind what is kept in memory/);
    demandSnap(planSync(question(window, [1, 3], { log: noLog })), /do not reach back/);
    demandSnap(planSync(question(window, [1, 0], { log: noLog })), /do not reach back/);
    const broken = { ...thereInLog, problem: 'a gap at 0x5' };
    demandSnap(planSync(question(window, [1, 3], { log: broken })), /a gap at 0x5/);
  });

  test('is a snapshot when its own history counts for nothing', () => {
    for (const committed of [window, empty]) {
      const asked = question(committed, [-1, -1], { log: thereInLog });
      assert.not.ok(needsLog(asked));
      demandSnap(planSync(asked), /counts for nothing/);
    }
  });

  test('is a snapshot when it stood alone until now, whatever its numbers are', () => {
    const alone = windowOf([0, 1], [0, 2], [0, 3]);
    for (const peer of [
      [0, 1],
      [0, 2],
      [0, 3],
      [0, 4],
    ] as const) {
      const asked = question(alone, peer, { log: thereInLog });
      demandSnap(planSync(asked), /counts for nothing/);
      assert.not.ok(needsLog(asked));
    }
    assert.equal(
      planSync(question(alone, [0, 0], { log: thereInLog })),
      diff([0, 3], [0, 0], true),
    );
  });

  test('is never made of a memory that does not end with the last transaction', () => {
    const asked = question(window, [1, 8], { lastLow: 3 });
    assert.throws(() => planSync(asked), /ends with the last one/);
  });

  test('asks for the logs only when memory does not reach', () => {
    assert.not.ok(needsLog(question(window, [1, 7])));
    assert.not.ok(needsLog(question(window, [3, 2])));
    assert.not.ok(needsLog(question(window, [8, 8])));
    assert.ok(needsLog(question(window, [1, 6])));
    assert.ok(needsLog(question(window, [0, 0])));
    assert.not.ok(needsLog(question(empty, [1, 9])));
    assert.not.ok(needsLog(question(empty, [1, 10])));
  });

  test('counter 2^31 and above are numbers like others', () => {
    const late = windowOf([1, 0x7fff_ffff], [1, 0x8000_0000 | 0], [1, 0x8000_0001 | 0]);
    const asked = question(late, [1, 0x8000_0000], { lastLow: 0x8000_0001 });
    assert.equal(planSync(asked), diff([1, 0x8000_0001], [1, 0x8000_0000]));
    assert.ok(needsLog(question(late, [1, 5])));
  });
});

suite('the bytes of log that may be read', (test) => {
  test('are a share of the newest snapshot', () => {
    assert.is(logLimitBytes(0.33, 1000), 330);
    assert.is(logLimitBytes(2, 1000), 2000);
  });

  test('are none with a negative share, and any number where the share is nothing', () => {
    assert.is(logLimitBytes(-1, 1000), 0);
    assert.is(logLimitBytes(0, 1000), Number.POSITIVE_INFINITY);
    assert.is(logLimitBytes(0.33, 0), Number.POSITIVE_INFINITY);
  });
});
