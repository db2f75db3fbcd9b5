/** The judges of the recipes find what they are there to find, and nothing else. */
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { SetDataRequest } from '@vivarium/core/internal/wire/records';
import { Writer } from '@vivarium/core/internal/wire/writer';
import type { Claim, Cohort, Hold } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { Model } from './judges/model.js';
import { ChangesJudge } from './judges/recipes/changes.js';
import { CohortsJudge } from './judges/recipes/cohorts.js';
import { HoldsJudge } from './judges/recipes/holds.js';
import { JobsJudge } from './judges/recipes/jobs.js';
import { leftoverProbe } from './judges/recipes/leftovers.js';
import { PermitsJudge } from './judges/recipes/permits.js';
import { WorksJudge } from './judges/recipes/works.js';
import type { Replayed } from './judges/replay.js';
import { Marks } from './marks.js';
import { propertyOf } from './property-of.js';
import type { ConnectionHistory, SentRequest } from './world/history.js';

/** A hold that is certain until it is `lost`. */
function holdOf(zxid: bigint, session = 1n) {
  const ending = new AbortController();
  const hold = {
    token: { zxid, session, path: `/x/${zxid}` },
    signal: ending.signal,
    isCertain: () => !ending.signal.aborted,
    get status() {
      return ending.signal.aborted ? 'released' : 'held';
    },
  } as unknown as Hold;
  return { hold, lose: () => ending.abort(new Error('HOLD_LOST')) };
}

function sets(path: string, text: string): SentRequest {
  const connection = { client: 'c1' } as ConnectionHistory;
  const to = new Writer();
  SetDataRequest.write(to, { path, data: new TextEncoder().encode(text), version: -1 });
  const body = to.copy();
  return { connection, at: 0, xid: 1, opcode: opcodes.setData, body, isKnown: true } as SentRequest;
}

/** A history in which these requests were carried out in this order. */
function historyOf(...requests: readonly SentRequest[]): Replayed {
  const zxidOf = new Map(requests.map((request, at) => [request, BigInt(at + 1)]));
  const changes = new Map();
  return { applied: new Set(requests), zxidOf, changes, model: new Model() } as unknown as Replayed;
}

suite('the judge of what one alone may hold', (test) => {
  const judge = (ended = new Set<bigint>()) => new HoldsJudge(new Marks(), ended);

  test('finds two who are certain at one moment, unless both share it', () => {
    const twice = (firstShares: boolean, secondShares: boolean, lost = false, ended = 0n) =>
      propertyOf(() => {
        const holds = judge(new Set([ended]));
        const first = holdOf(1n, 7n);
        holds.took('lock', 'c1', first.hold, firstShares);
        if (lost) first.lose();
        holds.took('lock', 'c2', holdOf(2n, 8n).hold, secondShares);
      });
    assert.is(twice(false, false), 'X1');
    assert.is(twice(true, false), 'X1');
    assert.is(twice(false, true), 'X1');
    assert.is(twice(true, true), 'nothing');
    assert.is(twice(false, false, true), 'nothing');
    assert.is(twice(false, false, false, 7n), 'nothing');
  });

  test('finds a token that is not greater than that of an earlier holder', () => {
    const after = (token: bigint, shares = false) =>
      propertyOf(() => {
        const holds = judge();
        const first = holdOf(5n);
        holds.took('lock', 'c1', first.hold);
        holds.gave('lock', first.hold);
        holds.took('lock', 'c2', holdOf(token).hold, shares);
      });
    assert.is(after(4n), 'X1');
    assert.is(after(6n), 'nothing');
    assert.is(after(4n, true), 'nothing');
  });

  test('finds a guarded write behind one of a later holder, for each thing by itself', () => {
    const [a, b] = ['/sim/guarded/a', '/sim/guarded/b'];
    const found = (...requests: readonly SentRequest[]) =>
      propertyOf(() => judge().judge(historyOf(...requests)));
    assert.is(found(sets(a, '5'), sets(a, '4')), 'X1');
    assert.is(found(sets(a, '5'), sets(b, '4'), sets(a, '5'), sets('/sim/r/1', 'x')), 'nothing');
  });

  test('finds work that goes on when its leader has resigned and the next one works', () => {
    const found = (ends: boolean, resigns: boolean) =>
      propertyOf(() => {
        const works = new WorksJudge();
        const first = holdOf(1n);
        works.begins('c1', first.hold);
        if (ends) works.ends(first.hold);
        if (resigns) first.lose();
        works.begins('c2', holdOf(2n).hold);
        works.judge();
      });
    assert.is(found(false, true), 'X1');
    assert.is(found(true, true), 'nothing');
    assert.is(found(false, false), 'nothing');
  });
});

suite('the judge of permits', (test) => {
  test('finds more of them than there are by any limit', () => {
    const found = (...limits: readonly number[]) =>
      propertyOf(() => {
        const permits = new PermitsJudge(new Marks(), new Set());
        for (const limit of limits) permits.limits(limit);
        permits.took('c1', holdOf(1n).hold, 2);
        const gone = holdOf(2n);
        permits.took('c2', gone.hold, 1);
        gone.lose();
        permits.took('c3', holdOf(3n).hold, 2);
      });
    assert.is(found(3), 'X3');
    assert.is(found(5, 3), 'nothing');
    assert.is(found(4), 'nothing');
  });
});

suite('the judge of a double barrier', (test) => {
  const alive = () => true;
  const cohortOf = (generation: number, member: string, ...members: readonly string[]): Cohort => {
    const { signal } = new AbortController();
    return { generation, member, members, signal } as unknown as Cohort;
  };
  const judge = () => new CohortsJudge(2, new Marks(), new Set());

  test('finds a cohort that is too small, or not the same for all of it', () => {
    const found = (...cohorts: readonly Cohort[]) =>
      propertyOf(() => {
        const cohorts_ = judge();
        for (const cohort of cohorts) cohorts_.passed('c1', cohort, 1n, alive);
      });
    assert.is(found(cohortOf(1, 'a', 'a')), 'X4');
    assert.is(found(cohortOf(1, 'a', 'a', 'b'), cohortOf(1, 'c', 'b', 'c')), 'X4');
    assert.is(found(cohortOf(1, 'a', 'a', 'b'), cohortOf(2, 'a', 'a', 'c')), 'X4');
    assert.is(found(cohortOf(1, 'c', 'a', 'b')), 'X4');
    assert.is(found(cohortOf(1, 'a', 'a', 'b'), cohortOf(1, 'b', 'a', 'b')), 'nothing');
  });

  test('finds one who has left alone, and one who passes when all have left', () => {
    const found = (bothLeave: boolean, passesLate: boolean) =>
      propertyOf(() => {
        const cohorts = judge();
        const [a, b] = [cohortOf(1, 'a', 'a', 'b'), cohortOf(1, 'b', 'a', 'b')];
        cohorts.passed('c1', a, 1n, alive);
        if (!passesLate) cohorts.passed('c2', b, 2n, alive);
        cohorts.leaves(a);
        if (bothLeave) cohorts.leaves(b);
        cohorts.left('c1', a);
        if (passesLate) cohorts.passed('c2', b, 2n, alive);
      });
    assert.is(found(false, false), 'X4');
    assert.is(found(false, true), 'X4');
    assert.is(found(true, false), 'nothing');
  });

  test('finds in the tree a cohort that is formed without its members, or too soon', () => {
    const barrier = '/sim/double-barrier';
    const says = (generation: number, ...cohort: readonly string[]) =>
      sets(barrier, JSON.stringify({ size: 2, generation, cohort, lost: [] }));
    const found = (standing: readonly string[], ...words: readonly SentRequest[]) => {
      const changes = new Map<bigint, { type: string; path: string }[]>();
      const come = standing.map((name) => ({ type: 'created', path: `${barrier}/${name}` }));
      words.forEach((_, at) => void changes.set(BigInt(at + 1), at === 0 ? come : []));
      const written = { ...historyOf(...words), changes } as unknown as Replayed;
      return propertyOf(() => judge().judge(written));
    };
    assert.is(found(['a'], says(1, 'a', 'b')), 'X4');
    assert.is(found(['a'], says(1, 'a')), 'X4');
    assert.is(found(['a', 'b', 'c', 'd'], says(1, 'a', 'b'), says(2, 'c', 'd')), 'X4');
    assert.is(found(['a', 'b'], says(1, 'a', 'b'), says(1)), 'X4');
    assert.is(found(['a', 'b'], says(2, 'a', 'b')), 'X4');
    assert.is(found(['a', 'b'], says(1, 'a', 'b')), 'nothing');
  });
});

suite('the judge of values', (test) => {
  const bytes = (...numbers: readonly number[]) => Uint8Array.from(numbers);
  const read = (data: Uint8Array) => {
    const times = new Map<number, number>();
    for (const number of data) times.set(number, (times.get(number) ?? 0) + 1);
    return times;
  };

  /** What is found when change 0 has this outcome and the value is this in the end. */
  function found(outcome: 'made' | 'refused' | 'unknown', end: Uint8Array, told = bytes(0)) {
    return propertyOf(() => {
      const judge = new ChangesJudge('/v', 9, read, new Marks());
      const change = judge.asks('c1')!;
      if (outcome === 'made') judge.made(change, told);
      if (outcome === 'refused') judge.refused(change);
      if (outcome === 'unknown') judge.unknown(change, true);
      const { model, ...rest } = historyOf();
      model.nodes.set('/v', { data: end } as never);
      judge.judge({ ...rest, model });
    });
  }

  test('finds what was acknowledged and is not there once', () => {
    assert.is(found('made', bytes()), 'X5');
    assert.is(found('made', bytes(0, 0)), 'X5');
    assert.is(found('made', bytes(0), bytes()), 'X5');
    assert.is(found('made', bytes(0)), 'nothing');
  });

  test('finds what was refused and is there, and what is there twice or was never asked for', () => {
    assert.is(found('refused', bytes(0)), 'X5');
    assert.is(found('unknown', bytes(0, 0)), 'X5');
    assert.is(found('made', bytes(0, 1)), 'X5');
    assert.is(found('refused', bytes()), 'nothing');
    assert.is(found('unknown', bytes(0)), 'nothing');
    assert.is(found('unknown', bytes()), 'nothing');
  });

  test('finds a change that does not show what was acknowledged before, and idle doubts', () => {
    const judge = new ChangesJudge('/v', 9, read, new Marks());
    judge.made(judge.asks('c1')!, bytes(0));
    const second = judge.asks('c2')!;
    assert.is(
      propertyOf(() => judge.made(second, bytes(1))),
      'X5',
    );
    assert.is(
      propertyOf(() => judge.unknown(second, false)),
      'X5',
    );
  });
});

suite('the judge of jobs', (test) => {
  const claimOf = (value: string, id = value) => ({ id, value, attempts: 1 }) as Claim<string>;

  test('finds a job that is confirmed twice, put twice, or put by nobody', () => {
    const found = (act: (jobs: JobsJudge, value: string) => void) =>
      propertyOf(() => {
        const jobs = new JobsJudge(new Marks());
        const value = jobs.puts('c1');
        jobs.putting(value, 'put');
        jobs.took('c2', claimOf(value));
        jobs.confirmed('c2', claimOf(value));
        act(jobs, value);
      });
    assert.is(
      found((jobs, value) => jobs.confirmed('c3', claimOf(value))),
      'X6',
    );
    assert.is(
      found((jobs, value) => jobs.took('c3', claimOf(value, 'other'))),
      'X6',
    );
    assert.is(
      found((jobs) => jobs.took('c3', claimOf('other'))),
      'X6',
    );
    assert.is(
      found((jobs, value) => jobs.took('c3', claimOf(value))),
      'nothing',
    );
  });

  test('knows when all is done that was put for certain', () => {
    const jobs = new JobsJudge(new Marks());
    const [first, second] = [jobs.puts('c1'), jobs.puts('c1')];
    jobs.putting(first, 'put');
    jobs.putting(second, 'unknown');
    assert.not(jobs.areDone);
    jobs.took('c2', claimOf(first));
    assert.not(jobs.areDone);
    const claim = claimOf(first);
    jobs.confirms(claim, () => true);
    assert.not(jobs.areDone);
    // Of one who dies meanwhile it will never be told.
    jobs.confirms(claim, () => false);
    assert.ok(jobs.areDone);
    jobs.notConfirmed(claim, false);
    assert.not(jobs.areDone);
    jobs.notConfirmed(claim, true);
    assert.ok(jobs.areDone);
  });
});

suite('the judge of what is left', (test) => {
  test('finds a node of a session that goes on, and no other', () => {
    const model = new Model();
    model.nodes.set('/sim/lock/x', { owner: 7n } as never);
    model.nodes.set('/sim/e/1', { owner: 7n } as never);
    const found = (sessions: Map<bigint, string>, stay: readonly string[] = []) =>
      propertyOf(() => leftoverProbe(1n, sessions, stay).look(model));
    assert.is(found(new Map([[7n, 'c1']])), 'X7');
    assert.is(found(new Map([[8n, 'c1']])), 'nothing');
    assert.is(found(new Map([[7n, 'c1']]), ['/sim/lock/x']), 'nothing');
  });
});
