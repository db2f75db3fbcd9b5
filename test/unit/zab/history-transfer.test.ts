import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { type Entry, entry, history, zxid } from '../storage/epoch-logs.js';
import { TransferRig } from './history-transfer-rig.js';

/** Twenty transactions of epoch 1, and five of epoch 3. */
const entries = history([
  [1, 20],
  [3, 5],
]);

const large = (count: number): Entry[] =>
  Array.from({ length: count }, (_, at) => entry(zxid(1, at + 1), 10_000));

suite('a learner that lacks more than is in memory', (test) => {
  test('gets it from the logs', () => {
    const rig = new TransferRig(entries);
    const learner = rig.come(1, zxid(1, 18));
    rig.finish(learner);
    assert.is(rig.told(1), 'DIFF 3:5, 1:19, 1:20, 3:1, 3:2, 3:3, 3:4, 3:5, NEWLEADER');
    assert.is(learner.stage, 'syncing');
    assert.equal(rig.events, ['leader.sends-logs']);
  });

  test('gets nothing from the logs that is in memory', () => {
    const rig = new TransferRig(entries);
    rig.finish(rig.come(1, zxid(3, 3)));
    assert.is(rig.told(1), 'DIFF 3:5, 3:4, 3:5, NEWLEADER');
    assert.equal(rig.events, []);
  });

  test('and has what nobody else has, cuts that first', () => {
    const rig = new TransferRig(history([[1, 20]]));
    rig.roll();
    for (const each of history([[3, 5]])) rig.commit(each);
    rig.finish(rig.come(1, zxid(1, 22)));
    assert.is(rig.told(1), 'TRUNC 1:20, 3:1, 3:2, 3:3, 3:4, 3:5, NEWLEADER');
  });

  test('and parted in an epoch before that of what the logs show, gets a snapshot', () => {
    const rig = new TransferRig(entries);
    rig.finish(rig.come(1, zxid(2, 4)));
    assert.match(rig.told(1), /^SNAP 3:5/);
    assert.equal(rig.events, ['leader.sends-snapshot']);
  });

  test('is found step by step, and gets what happens meanwhile behind it', () => {
    const all = large(200);
    const rig = new TransferRig(all);
    const learner = rig.come(1, zxid(1, 100));
    rig.step();
    assert.ok(learner.isSought);
    assert.is(learner.stage, 'accepted');
    rig.commit(entry(zxid(1, 201)));
    let steps = 0;
    for (; learner.stage === 'accepted'; steps++) rig.step();
    assert.ok(steps > 1, `${steps} steps`);
    rig.undecided.push({ zxidHigh: 1, zxidLow: 203, bytes: entry(zxid(1, 203)).bytes });
    rig.commit(entry(zxid(1, 202)));
    assert.ok(rig.finish(learner) > 2);
    const told = rig.told(1);
    const due = Array.from({ length: 102 }, (_, at) => `1:${101 + at}`);
    assert.is(told, `DIFF 1:201, ${due.join(', ')}, NEWLEADER`);
    rig.commit(entry(zxid(1, 203)));
    rig.step();
    assert.is(rig.told(1), '1:203');
  });

  test('is told what is not decided, unless it observes', () => {
    const rig = new TransferRig(entries);
    const entry6 = { zxidHigh: 3, zxidLow: 6, bytes: entry(zxid(3, 6)).bytes };
    rig.undecided.push(entry6);
    rig.finish(rig.come(1, zxid(1, 20)));
    rig.finish(rig.come(4, zxid(1, 20)));
    const decided = 'DIFF 3:5, 3:1, 3:2, 3:3, 3:4, 3:5';
    assert.is(rig.told(4), `${decided}, NEWLEADER`);
    assert.is(rig.told(1), `${decided}, PROPOSAL 3:6, NEWLEADER`);
  });

  test('and reads slowly, is waited for', () => {
    const rig = new TransferRig(large(200));
    const learner = rig.come(1, zxid(1, 50));
    while (learner.stage === 'accepted') rig.step();
    learner.link.isSlow = true;
    rig.told(1);
    assert.not.ok(learner.isDue);
    rig.step();
    assert.is(rig.told(1), '');
    learner.link.isSlow = false;
    assert.ok(learner.isDue);
    rig.finish(learner);
    assert.match(rig.told(1), /1:200, NEWLEADER$/);
  });
});

suite('a snapshot is sent instead of the logs', (test) => {
  test('when these are more than the configured share of it', () => {
    const config = { snapshotSizeFactor: 0.5 };
    const told = (snapshotBytes: number) => {
      const rig = new TransferRig(large(20), { config, snapshotBytes });
      rig.finish(rig.come(1, zxid(1, 10)));
      return rig.told(1).slice(0, 4);
    };
    const bytes = 10 * (entry(zxid(1, 1), 10_000).bytes.length + 13);
    assert.is(told(2 * bytes), 'DIFF');
    assert.is(told(2 * bytes - 2), 'SNAP');
  });

  test('when they are never to be read, or snapshots always to be sent', () => {
    for (const config of [{ snapshotSizeFactor: -1 }, { forceSnapshotSync: true }]) {
      const rig = new TransferRig(entries, { config });
      rig.finish(rig.come(1, zxid(1, 10)));
      assert.match(rig.told(1), /^SNAP 3:5/);
    }
  });

  test('when they begin too late, or cannot be read where they should begin', () => {
    const purged = new TransferRig(history([[1, 20]]));
    purged.roll();
    for (const each of history([[3, 5]])) purged.commit(each);
    purged.disk.perform([{ step: 'remove', file: 'logs/log.100000001' }]);
    purged.finish(purged.come(1, zxid(1, 10)));
    assert.match(purged.told(1), /^SNAP/);
    const unreadable = new TransferRig(entries);
    unreadable.disk.perform([{ step: 'truncate', file: 'logs/log.100000001', size: 40 }]);
    unreadable.finish(unreadable.come(1, zxid(1, 10)));
    assert.match(unreadable.told(1), /^SNAP/);
  });

  test('at the second attempt, when they turn out to be unreadable on the way', () => {
    const rig = new TransferRig(large(200));
    const { size } = rig.disk.list('logs/').find(({ name }) => name === 'log.100000001')!;
    const file = 'logs/log.100000001';
    rig.disk.perform([{ step: 'write', file, position: size - 25_000, bytes: new Uint8Array(9) }]);
    const first = rig.come(1, zxid(1, 10));
    rig.finish(first);
    const told = rig.told(1);
    assert.match(told, /^DIFF 1:200, 1:11, 1:12, /);
    assert.not.match(told, /NEWLEADER/);
    assert.match(rig.failures[0]!, /cannot be read on/);
    assert.equal(rig.events, ['leader.sends-logs', 'leader.logs-broken']);
    const second = rig.come(1, zxid(1, 197));
    const isLessInMemory = rig.come(2, zxid(1, 198));
    rig.finish(second);
    assert.match(rig.told(1), /^SNAP/);
    assert.is(isLessInMemory.stage, 'syncing');
    while (second.isBeingSent) rig.step();
    const third = rig.come(1, zxid(1, 190));
    rig.step();
    assert.not.ok(third.snapshot, 'once it has a snapshot the logs are tried again');
  });

  test('and not before all that is decided since is at hand', () => {
    const rig = new TransferRig(entries, { inMemory: 2 });
    for (let at = 6; at <= 9; at++) rig.commit(entry(zxid(3, at)), false);
    const learner = rig.come(1, zxid(1, 10));
    rig.finish(learner);
    assert.equal([learner.stage, rig.told(1)], ['accepted', '']);
  });

  test('and not before what is decided, and the learner has, is in the tree', () => {
    const rig = new TransferRig(entries, { config: { forceSnapshotSync: true } });
    for (const at of [6, 7]) rig.commit(entry(zxid(3, at)), false);
    const stages = [
      rig.come(1, zxid(3, 5)),
      rig.come(2, zxid(3, 6)),
      rig.come(3, zxid(3, 9)),
      rig.come(4, -1n),
    ].map((learner) => {
      rig.finish(learner);
      return learner.stage;
    });
    assert.equal(stages, ['syncing', 'accepted', 'accepted', 'syncing']);
    assert.is(rig.told(2), '');
    rig.apply(zxid(3, 6));
    rig.step();
    assert.match(rig.told(2), /^SNAP 3:6/);
    assert.is(rig.told(3), '');
  });
});

suite('a learner that is gone', (test) => {
  test('while its history was sought or sent, is forgotten, and begins anew', () => {
    const rig = new TransferRig(large(200));
    const sought = rig.come(1, zxid(1, 100));
    rig.step();
    assert.ok(sought.isSought);
    rig.learners.delete(1);
    const sent = rig.come(1, zxid(1, 100));
    while (sent.stage === 'accepted') rig.step();
    rig.step();
    assert.ok(sent.isBeingSent);
    rig.learners.delete(1);
    rig.told(1);
    rig.finish(rig.come(1, zxid(1, 150)));
    assert.match(rig.told(1), /^DIFF 1:200, 1:151, 1:152, .*1:200, NEWLEADER$/);
  });

  test('lets an observer in that has waited for its turn', () => {
    const rig = new TransferRig(large(200), { config: { maxConcurrentDiffSyncs: 1 } });
    const first = rig.come(4, zxid(1, 10));
    const second = rig.come(5, zxid(1, 20));
    rig.finish(first);
    assert.is(first.stage, 'syncing');
    while (second.isSought) rig.step();
    assert.equal([second.stage, second.waitsFor], ['accepted', 'diff']);
    rig.commit(entry(zxid(1, 201)));
    rig.learners.delete(4);
    rig.finish(second);
    assert.match(rig.told(5), /^DIFF 1:201, 1:21, .*1:200, 1:201, NEWLEADER$/);
  });
});
