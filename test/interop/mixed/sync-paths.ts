/**
 * The three ways to bring a server up to date, each provoked between a leader of one kind and a
 * learner of the other, under load, and told by what Apache's side of it logs.
 */
import type { Ensemble } from '../ensemble/ensemble.js';
import type { Member } from '../ensemble/member.js';
import { type FaultyRunResult, type LoadedWorld, loadedRun } from '../load/faulty-run.js';
import type { ServerKind } from '../server-process.js';

export type SyncPath = 'DIFF' | 'TRUNC' | 'SNAP';

export interface SyncPathsOptions {
  /** Two servers of this kind lead. */
  readonly leader: ServerKind;
  /** One server of this kind learns. */
  readonly learner: ServerKind;
  /** An observer beside three voters? It never leads, and has no tail to cut. */
  readonly observes: boolean;
  readonly seed: number;
}

export interface SyncPathsResult extends FaultyRunResult {
  /** How often each was seen in the logs. */
  readonly seen: Readonly<Record<SyncPath, number>>;
}

const ATTEMPTS = 6;
/** A part of its epoch is everybody's, as it is in life. */
const SHARED_MS = 300;
const CUT_MS = 500;
const AWAY_MS = 300;

/** What Apache logs of it: as the leader, and as the learner. */
const asLeader: Readonly<Record<SyncPath, RegExp>> = {
  DIFF: /Sending DIFF zxid=/,
  TRUNC: /Sending TRUNC /,
  SNAP: /Sending snapshot last zxid of peer/,
};
const asLearner: Readonly<Record<SyncPath, RegExp>> = {
  DIFF: /Getting a diff from the leader/,
  TRUNC: /Truncating log to get in sync with the leader/,
  SNAP: /Getting a snapshot from leader/,
};

/** @throws when a way is not taken however often it is provoked */
export async function syncPaths(options: SyncPathsOptions): Promise<SyncPathsResult> {
  const { leader, learner, observes, seed } = options;
  const others = observes ? [leader, leader, leader] : [leader, leader];
  const observers = observes ? 1 : 0;
  const run = { kinds: [...others, learner], observers, seed, proxies: true };
  const seen: Record<SyncPath, number> = { DIFF: 0, TRUNC: 0, SNAP: 0 };
  const result = await loadedRun(run, async (world) => {
    const member = world.ensemble.members.at(-1)!;
    const ways: readonly SyncPath[] = observes ? ['DIFF', 'SNAP'] : ['TRUNC', 'DIFF', 'SNAP'];
    for (const way of ways) {
      for (let attempt = 0; seen[way] === 0; attempt++) {
        if (attempt === ATTEMPTS) throw new Error(`no ${way} in ${ATTEMPTS} attempts`);
        await world.during(way, async () => {
          const told = await provoke(way, member, world);
          if (told) seen[way]++;
          return told ? 'seen' : 'not seen';
        });
      }
    }
  });
  return { ...result, seen };
}

/** Takes the learner away and brings it back; whether it was brought up to date in this way. */
async function provoke(way: SyncPath, member: Member, world: LoadedWorld): Promise<boolean> {
  const { ensemble, load } = world;
  if (way === 'TRUNC') await leadAndLeave(member, world);
  else await member.kill();
  load.look(member);
  if (way === 'SNAP') member.wipe();
  await sleep(AWAY_MS);
  // A leader that lacks more than some hundred writes may well prefer a snapshot.
  if (way === 'DIFF') await load.rest();
  const leader = await ensemble.untilLed();
  const before = [leader.log().length, member.log().length];
  await member.launch();
  await ensemble.untilServing();
  load.work();
  const isApacheLearner = member.kind !== 'vivarium';
  const text = isApacheLearner ? member.log().slice(before[1]) : leader.log().slice(before[0]);
  return (isApacheLearner ? asLearner : asLeader)[way].test(text);
}

/**
 * Lets a server lead, log what nobody else hears of, and crash. Nothing is written from then on:
 * an Apache leader that has begun its epoch sends a snapshot where a tail of an older epoch would
 * have to be cut.
 */
async function leadAndLeave(member: Member, { ensemble, load }: LoadedWorld): Promise<void> {
  const { network } = ensemble;
  await letLead(member, ensemble, load);
  await sleep(SHARED_MS);
  const others = ensemble.members.filter((each) => each !== member).map(({ id }) => id);
  network.partition(others);
  await sleep(CUT_MS);
  const resting = load.rest();
  await member.kill();
  for (const other of others) network.reset(member.id, other);
  network.heal();
  await resting;
}

/** At rest all are equal, and of equal servers the one of the greatest id is elected. */
async function letLead(
  member: Member,
  ensemble: Ensemble,
  load: LoadedWorld['load'],
): Promise<void> {
  await load.rest();
  for (;;) {
    const leader = await ensemble.untilLed();
    if (leader === member) break;
    await ensemble.untilEqual();
    await leader.kill();
    load.look(leader);
    await ensemble.untilLed();
    await leader.launch();
    await ensemble.untilServing();
  }
  load.work();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
