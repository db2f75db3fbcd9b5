import {
  type EnsembleSpec,
  ensembleProblems,
  ensembleWarnings,
  memberProblem,
  participantsOf,
  ruleProblems,
  serverOf,
} from '@vivarium/core/internal/config/ensemble';
import { readServer, type ServerSpec } from '@vivarium/core/internal/config/servers';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

interface Rules {
  readonly groups?: Readonly<Record<number, readonly number[]>>;
  readonly weights?: Readonly<Record<number, number>>;
}

/** An ensemble of the values of `server.N` lines, numbered from 1. */
function ensemble(lines: readonly string[], { groups, weights = {} }: Rules = {}): EnsembleSpec {
  const numbered = (record: Readonly<Record<number, unknown>>) =>
    new Map(Object.entries(record).map(([id, value]) => [Number(id), value]));
  const servers = lines.map((line, at) => readServer(`server.${at + 1}`, line));
  return {
    servers: servers as readonly ServerSpec[],
    ...(groups === undefined
      ? {}
      : { groups: numbered(groups) as ReadonlyMap<number, readonly number[]> }),
    weights: numbered(weights) as ReadonlyMap<number, number>,
    version: 0n,
  };
}

const five = ['a:1:2', 'b:1:2', 'c:1:2', 'd:1:2:observer', 'e:1:2:observer'];

function told(spec: EnsembleSpec): readonly string[] {
  return ensembleProblems(spec, false).map(({ key, what }) => `${key} ${what}`);
}

suite('an ensemble', (test) => {
  test('with nothing to say against it is fine', () => {
    assert.equal(told(ensemble(five)), []);
    assert.equal(told(ensemble(five, { groups: { 1: [1, 2], 7: [3] }, weights: { 1: 0 } })), []);
    assert.equal(participantsOf(ensemble(five)), [1, 2, 3]);
    assert.is(serverOf(ensemble(five), 4)?.role, 'observer');
    assert.is(serverOf(ensemble(five), 6), undefined);
  });

  test('needs somebody who votes', () => {
    const spec = ensemble(['a:1:2:observer']);
    assert.equal(told(spec), ['server.1 is an observer, and nobody votes']);
    assert.equal(told(ensemble([])), ['server.1 is missing']);
  });

  test('has each number once', () => {
    const { servers, ...rest } = ensemble(['a:1:2', 'b:1:2']);
    const spec = { ...rest, servers: [...servers, { ...servers[0]!, addresses: [] }] };
    assert.equal(told(spec), ['server.1 is there twice']);
  });

  test('tells everything that is wrong with its groups', () => {
    const groups = { 1: [1, 2, 2], 2: [1, 4], 3: [9] };
    assert.equal(told(ensemble(five, { groups })), [
      'group.1 names server 2, which is in group.1 already',
      'group.2 names server 1, which is in group.1 already',
      'group.2 names server 4, which is an observer',
      'group.3 names server 9, which does not exist',
      'server.3 is in no group',
    ]);
  });

  test('has weights only within groups, and not all of them 0', () => {
    assert.equal(told(ensemble(five, { weights: { 2: 5 } })), ['weight.2 needs groups']);
    const weights = { 1: 0, 2: 0, 3: 0 };
    const [problem, ...more] = told(ensemble(five, { groups: { 4: [1, 2, 3] }, weights }));
    assert.match(problem!, /^group\.4 .* nothing is a quorum/);
    assert.equal(more, []);
  });

  test('has an address and port of its own for each server', () => {
    assert.equal(told(ensemble(['a:1:2', 'A:3:1'])), ['server.2 uses a, port 1, as server.1 does']);
    assert.equal(told(ensemble(['a:1:2', 'b:1:2;a:1'])), [
      'server.2 uses a, port 1, as server.1 does',
    ]);
    assert.equal(told(ensemble(['127.0.0.1:1:2', '127.0.0.1:3:4'])), []);
  });

  test('of servers on machines of their own may have the same client address everywhere', () => {
    for (const client of ['2181', '0.0.0.0:2181', '127.0.0.1:2181', 'localhost:2181']) {
      assert.equal(told(ensemble([`a:1:2;${client}`, `b:1:2;${client}`])), [], client);
    }
  });

  test('does not use a port of a server for two things', () => {
    assert.equal(told(ensemble(['a:1:2;a:2'])), ['server.1 uses a, port 2, for two things']);
  });

  test('has one address for each server unless several are allowed', () => {
    const spec = ensemble(['a:1:2|b:1:2', 'c:1:2']);
    assert.match(told(spec).join(), 'server.1 names several addresses');
    assert.equal(ensembleProblems(spec, true), []);
    assert.equal(ruleProblems(spec), []);
  });

  test('is not left by a server that is not in it', () => {
    assert.is(memberProblem(ensemble(five), 5), undefined);
    const story = 'server 7 is not in the ensemble, whose servers are 1, 2, 3, 4, 5';
    assert.is(memberProblem(ensemble(five), 7), story);
  });

  test('that survives no failure, or no more than a smaller one, is worth a warning', () => {
    const of = (voters: number) => ensembleWarnings(ensemble(Array(voters).fill('a:1:2'))).join();
    assert.match(of(1), '1 participant survives no failure');
    assert.match(of(2), '2 participants survives no failure');
    assert.is(of(3), '');
    assert.match(of(4), '4 participants survive 1 failure, no more than 3 do');
    assert.match(of(6), '6 participants survive 2 failures');
    assert.is(of(7), '');
  });

  test('is warned of a weight that is of no server', () => {
    const spec = ensemble(five, { groups: { 1: [1, 2, 3] }, weights: { 8: 1, 4: 1 } });
    assert.equal(told(spec), []);
    assert.equal(ensembleWarnings(spec), ['weight.8 is of no server']);
  });
});
