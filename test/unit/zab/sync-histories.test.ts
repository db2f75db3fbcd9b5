/**
 * Whatever a learner has and whatever is left of the leader's logs: after the sync it has the
 * leader's history, or knows that it has not.
 */
import { highOf, longOf, lowOf } from '@vivarium/core/internal/base/long';
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { CommittedLog } from '@vivarium/core/internal/storage/committed-log';
import { LogRange } from '@vivarium/core/internal/storage/log-range';
import { SyncFeed } from '@vivarium/core/internal/zab/sync-feed';
import { needsLog, planSync, type SyncQuestion } from '@vivarium/core/internal/zab/sync-plan';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { append, type Entry, entry, writerAfter, zxid } from '../storage/epoch-logs.js';
import { Random } from '../tree/random.js';

/** 200,000 worlds passed when this was written. */
const WORLDS = 2500;
const LEARNERS = 6;

type History = readonly Entry[];

/** Histories that servers may have: each epoch has one leader, who goes on from one of them. */
interface World {
  readonly histories: readonly History[];
  /** What the leader of an epoch began with. */
  readonly bases: ReadonlyMap<number, History>;
}

function worldOf(random: Random): World {
  const histories: History[] = [[]];
  const bases = new Map<number, History>([[0, []]]);
  let epoch = random.below(2);
  for (let i = 1 + random.below(6); i > 0; i--) {
    const base = random.pick(histories);
    bases.set(epoch, base);
    let history = base;
    for (let counter = 1; counter <= random.below(7); counter++) {
      history = [...history, entry(zxid(epoch, counter))];
      histories.push(history);
    }
    epoch += 1 + random.below(2);
  }
  return { histories, bases };
}

const lastOf = (history: History) => history.at(-1)?.zxid ?? 0n;

/** The zxids by which a learner may say that it has a history, in a world with this leader. */
function namesOf({ bases }: World, leader: History, history: History): bigint[] {
  const names = [lastOf(history)];
  for (const [epoch, base] of bases) {
    const start = zxid(epoch, 0);
    const isEstablished =
      base.every((each, at) => leader[at]?.zxid === each.zxid) &&
      leader.slice(base.length).every((each) => each.zxid > start);
    if (isEstablished && base === history && start > lastOf(history)) names.push(start);
  }
  return names;
}

/** The leader's logs as years may have left them: rolled, purged in part, some by Apache. */
function diskOf(random: Random, history: History): MemoryDisk {
  const disk = new MemoryDisk();
  const log = writerAfter(0n, random.pick([0, 2048]));
  const firsts: bigint[] = [];
  for (let at = 0; at < history.length; ) {
    const end = Math.min(history.length, at + 1 + random.below(6));
    if (random.chance(60)) log.roll();
    append(log, disk, history.slice(at, end));
    firsts.push(history[at]!.zxid);
    at = end;
  }
  const newest = history.length === 0 ? 0n : random.pick([0n, ...history.map((e) => e.zxid)]);
  disk.perform([{ step: 'create', file: `snapshots/snapshot.${newest.toString(16)}` }]);
  const logs = disk.list('logs/').map(({ name }) => name);
  for (const first of firsts) {
    const name = `log.${first.toString(16)}`;
    if (!logs.includes(name)) continue;
    /* The log that holds the newest snapshot's next transaction stays, and all after it. */
    const next = firsts.find((each) => each > first);
    const isOld = next !== undefined && next <= newest;
    const isLost = random.chance(isOld ? 40 : 2);
    if (isLost) disk.perform([{ step: 'remove', file: `logs/${name}` }]);
    if (isLost ? random.chance(50) : random.chance(15)) {
      disk.perform([{ step: 'remove', file: `logs/vivarium-${name}` }]);
    }
  }
  return disk;
}

const counts: Record<string, number> = {};

function count(what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}

/** What the learner has afterwards; `undefined` when the sync came to no end. */
function synced(
  disk: MemoryDisk,
  committed: CommittedLog,
  leader: History,
  learner: History,
  name: bigint,
): History | undefined {
  const last = lastOf(leader);
  const asked: SyncQuestion = {
    peerHigh: highOf(name),
    peerLow: lowOf(name),
    lastHigh: highOf(last),
    lastLow: lowOf(last),
    committed,
    log: undefined,
  };
  let range: LogRange | undefined;
  const { zxidHigh, zxidLow } = committed.oldest ?? {
    zxidHigh: highOf(last),
    zxidLow: lowOf(last),
  };
  if (needsLog(asked)) {
    range = new LogRange(disk, asked.peerHigh, asked.peerLow, zxidHigh, zxidLow);
    while (!range.settled) range.seek();
  }
  const plan = planSync({ ...asked, log: range });
  if (plan.kind === 'snap') {
    count('snap');
    return leader;
  }
  const { fromLog, afterHigh, afterLow } = plan;
  count(`${plan.kind}${fromLog ? ' from the log' : ''}`);
  const result = [...learner];
  if (plan.kind === 'trunc') {
    const cut = longOf(plan.zxidHigh, plan.zxidLow);
    const at = result.findIndex((each) => each.zxid === cut);
    assert.ok(at >= 0, `it is to be cut at ${cut.toString(16)}, which it does not have`);
    result.length = at + 1;
  } else {
    assert.is(longOf(plan.zxidHigh, plan.zxidLow), last);
  }
  const rest = fromLog ? committed.after(zxidHigh, zxidLow) : committed.after(afterHigh, afterLow);
  const feed = new SyncFeed(fromLog ? range : undefined, rest);
  for (;;) {
    const step = feed.next();
    if (step === 'broken') {
      count('broken');
      assert.ok((feed.problem ?? '').length > 0);
      return undefined;
    }
    if (step === 'end') return result;
    if (step === 'more') continue;
    result.push({ zxid: longOf(feed.zxidHigh, feed.zxidLow), bytes: feed.bytes.slice() });
  }
}

suite('a learner that was synced', (test) => {
  test(
    "has the leader's history, whatever it had and whatever is left of the logs",
    () => {
      for (let seed = 1; seed <= WORLDS; seed++) {
        const random = new Random(seed);
        const world = worldOf(random);
        const leader = random.pick(world.histories);
        const disk = diskOf(random, leader);
        const committed = new CommittedLog({ count: random.below(leader.length + 3) });
        for (const { zxid: id, bytes } of leader) committed.add(highOf(id), lowOf(id), bytes);
        for (let i = 0; i < LEARNERS; i++) {
          const learner = random.pick(world.histories);
          for (const name of namesOf(world, leader, learner)) {
            const result = synced(disk, committed, leader, learner, name);
            if (result === undefined) continue;
            const what = `seed ${seed}, a learner at ${name.toString(16)}`;
            assert.equal(
              result.map((each) => each.zxid),
              leader.map((each) => each.zxid),
              what,
            );
            assert.equal(result, leader, what);
          }
        }
      }
    },
    { timeoutMs: 60_000 },
  );

  test('was brought there in every way', () => {
    for (const way of [
      'snap',
      'diff',
      'trunc',
      'diff from the log',
      'trunc from the log',
      'broken',
    ]) {
      assert.ok((counts[way] ?? 0) > WORLDS / 100, `${way}: ${counts[way]}`);
    }
  });
});
