import * as assert from 'uvu/assert';
import { Violation } from '../../../sim/violation.js';
import { suite } from '../../../support/suite.js';
import { Random } from '../../back-to-back/random.js';
import { judgeLoad, type LoadEvidence } from '../judge-all.js';
import { copyOf } from './copy.js';
import { alterations } from './index.js';
import { MadeUp } from './made-up.js';

const DRAWS = 20;
/** Thousands of histories are judged, on a machine with other work. */
const TIMEOUT_MS = 60_000;

/** The property that is found not to hold; nothing when all do. */
function found(evidence: LoadEvidence, readsEarlier = true): string {
  try {
    judgeLoad(evidence, { readsEarlier });
    return 'nothing';
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return error.property;
  }
}

/** What becomes of many draws of every alteration of a property, each outcome once. */
function outcomes(property: string, evidence: LoadEvidence): readonly string[] {
  const random = new Random(1);
  const all = alterations[property]!.flatMap((alter) =>
    Array.from({ length: DRAWS }, () => {
      const copy = copyOf(evidence);
      return alter(copy, random) ? found(copy) : 'not altered';
    }),
  );
  return [...new Set(all)].sort();
}

/** Two clients that write and read, one that comes when one has gone; three servers. */
function healthy(lacking: readonly number[] = [0, 0, 0]): LoadEvidence {
  const made = new MadeUp();
  const [a, b] = [made.open('a'), made.open('b')];
  for (const path of ['/sets', '/mine', '/brief', '/sets/0', '/sets/1', '/mine/a']) {
    made.create(a, path);
  }
  for (let count = 0; count < 12; count++) {
    made.set(a, `/sets/${count % 2}`, `text ${count}`);
    if (count % 3 > 0) made.get(b, '/sets/0');
    made.get(b, '/mine/none');
    if (count % 5 === 0) made.sync(b);
  }
  made.create(b, '/brief/b', 'ephemeral');
  made.get(a, '/sets/1');
  made.get(b, '/brief/b');
  made.delete(a, '/mine/a');
  made.close(b);
  made.create(a, '/brief/a', 'ephemeral');
  const c = made.open('c');
  made.sync(c);
  made.get(c, '/brief/a');
  made.get(c, '/sets/0');
  made.close(a);
  made.close(c);
  return made.evidence(lacking);
}

/** Nothing in a healthy history is a multi, a conditional write or a sequential node. */
const NOT_MADE = ['C8', 'C10'];

suite(
  'alterations',
  (test) => {
    for (const [name, lacking] of [
      ['with whole logs', [0, 0, 0]],
      ['whose beginning one server alone has', [0, 20, 20]],
      ['whose beginning one server has no more', [20, 0, 0]],
    ] as const) {
      test(`are all found in a history ${name}`, () => {
        const evidence = healthy(lacking);
        for (const readsEarlier of [true, false])
          assert.is(found(evidence, readsEarlier), 'nothing');
        for (const property of Object.keys(alterations)) {
          const all = outcomes(property, evidence);
          assert.not.ok(all.includes('nothing'), `${property}: something altered was not found`);
          assert.is(all.includes(property), !NOT_MADE.includes(property), `${property} by itself`);
        }
      });
    }

    test('make every sync stale that has something to show, and C6 finds it', () => {
      const made = new MadeUp();
      const a = made.open('a');
      for (const path of ['/sets', '/sets/0']) made.create(a, path);
      made.sync(made.open('b'));
      assert.equal(outcomes('C6', made.evidence([0, 0])), ['C6']);
    });

    test('show no earlier state where one may be shown', () => {
      const made = new MadeUp();
      const [a, b] = [made.open('a'), made.open('b')];
      for (const path of ['/sets', '/sets/0']) made.create(a, path);
      made.get(b, '/sets/0');
      for (let count = 0; count < 8; count++) made.set(a, '/sets/0', `text ${count}`);
      made.get(b, '/sets/0');
      made.create(a, '/brief', 'ephemeral');
      made.get(b, '/brief');
      const evidence = made.evidence([0, 0]);
      assert.not.ok(outcomes('C4', evidence).includes('nothing'));
      assert.equal(outcomes('E3', evidence), ['not altered']);
    });

    test('cut off no end that a snapshot holds', () => {
      const { history, logs, dumps } = healthy();
      const now = logs.now.map((log) => ({ ...log, snapshots: [log.chains[0]!.at(-1)!.zxid] }));
      const all = outcomes('R2', { history, logs: { now, before: [] }, dumps });
      assert.equal(all, ['R2', 'not altered']);
    });

    test('begin a session with the id of one that goes on, not of one that has ended', () => {
      const made = new MadeUp();
      made.close(made.open('a'));
      made.close(made.open('b'));
      const all = outcomes('S5', made.evidence([0, 0]));
      assert.equal(all, ['S5', 'not altered']);
    });

    test('turn away a session whose end is in no log', () => {
      const made = new MadeUp();
      const [a, b] = [made.open('a'), made.open('b')];
      made.close(b);
      made.create(a, '/sets');
      made.close(a);
      // The first server has given up what says that the second session ended.
      assert.not.ok(outcomes('S5', made.evidence([3, 0])).includes('nothing'));
    });
  },
  { timeoutMs: TIMEOUT_MS },
);
