import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import type { Change } from './changes.js';
import { type HoldsVerdict, judgeHolds } from './judge-holds.js';
import { groundOf } from './names.js';

const ground = groundOf('test');
const NOTHING = new Uint8Array(0);

/** A record, a line for each change: `7 + NAME` comes, `7 - NAME` goes, `7 begin HOLD`. */
function judge(...lines: readonly string[]): HoldsVerdict {
  const changes = lines.map((line, at): Change => {
    const [session, word, name] = line.split(' ') as [string, string, string];
    const isMark = word === 'begin' || word === 'end';
    const path = isMark ? `${ground.marks}/${name}-${word}` : `${ground.site}/${name}`;
    const what = word === '-' ? 'delete' : 'create';
    return { zxid: BigInt(at + 1), session: BigInt(session), what, path, data: NOTHING };
  });
  return judgeHolds(changes, ground);
}

function problemsOf(...lines: readonly string[]): string {
  return judge(...lines)
    .problems.map((problem) => problem.slice(0, 2))
    .join(' ');
}

const CURATOR = '_c_3c96a29a-a673-485b-87c2-2c6f744df157-lock-0000000000';
const KAZOO = 'f2abe1e999624f9bae5dffdd27f82c12__lock__0000000001';
const OURS = '_c_01a22622-af24-0001-0000-000000000001-lock-0000000002';

const handedOver = [
  `1 + ${CURATOR}`,
  `2 + ${KAZOO}`,
  '1 begin curator1.0-0',
  `3 + ${OURS}`,
  '1 end curator1.0-0',
  `1 - ${CURATOR}`,
  '2 begin kazoo1.0-0',
  '2 end kazoo1.0-0',
  `2 - ${KAZOO}`,
  '3 begin vivarium1.0-0',
  '3 end vivarium1.0-0',
  `3 - ${OURS}`,
];

suite('the judge of holds', (test) => {
  test('has nothing against a lock that is handed over in turn, and counts', () => {
    const { problems, holds, handOvers, cutShort, inVain, by } = judge(...handedOver);
    assert.equal(problems, []);
    assert.equal(handOvers, { 'Curator → kazoo': 1, 'kazoo → Vivarium': 1 });
    assert.equal({ holds, cutShort, inVain }, { holds: 3, cutShort: {}, inVain: 0 });
    assert.equal(by, { curator1: 1, kazoo1: 1, vivarium1: 1 });
  });

  test('sees two that hold at once', () => {
    const both = [`1 + ${CURATOR}`, '1 begin curator1.0-0', `2 + ${KAZOO}`, '2 begin kazoo1.0-0'];
    assert.is(problemsOf(...both), 'H3');
  });

  test('sees two that hold at once though the first says that it has ended', () => {
    const first = [`1 + ${CURATOR}`, `2 + ${KAZOO}`, '1 begin curator1.0-0', '1 end curator1.0-0'];
    assert.is(problemsOf(...first, '2 begin kazoo1.0-0'), 'H3');
  });

  test('sees one that goes before another who came first', () => {
    assert.is(problemsOf(`1 + ${CURATOR}`, `2 + ${KAZOO}`, '2 begin kazoo1.0-0'), 'H2');
  });

  test('sees one that holds without a node, or by the node of another session', () => {
    assert.is(problemsOf('1 begin curator1.0-0'), 'H1');
    assert.is(problemsOf(`1 + ${CURATOR}`, '2 begin kazoo1.0-0'), 'H1');
    assert.is(problemsOf(`1 + ${CURATOR}`, '1 begin curator1.0-0', '1 begin curator1.0-1'), 'H1');
  });

  test('sees one that goes on after its node has gone', () => {
    const gone = [`1 + ${CURATOR}`, '1 begin curator1.0-0', `1 - ${CURATOR}`];
    assert.is(problemsOf(...gone, '1 end curator1.0-0'), 'H4');
  });

  test('sees numbers that do not grow, and names that nobody knows', () => {
    assert.is(problemsOf(`2 + ${KAZOO}`, `1 + ${CURATOR}`), 'H5');
    assert.is(problemsOf('2 + something'), 'H5');
  });

  test('lets readers hold at once, and no writer beside them', () => {
    const reader = '_c_3c96a29a-a673-485b-87c2-2c6f744df157-__READ__0000000000';
    const another = 'f2abe1e999624f9bae5dffdd27f82c12__rlock__0000000001';
    const writer = '_c_01a22622-af24-0001-0000-000000000001-__WRIT__0000000002';
    const readers = [
      `1 + ${reader}`,
      `2 + ${another}`,
      '2 begin kazoo1.0-0',
      '1 begin curator1.0-0',
    ];
    assert.equal(judge(...readers).problems, []);
    assert.is(judge(...readers).together, 1);
    assert.is(problemsOf(...readers, `3 + ${writer}`, '3 begin vivarium1.0-0'), 'H3 H3');
  });

  test('does not let a reader in before a writer who waits', () => {
    const writer = '_c_01a22622-af24-0001-0000-000000000001-__WRIT__0000000000';
    const reader = '_c_3c96a29a-a673-485b-87c2-2c6f744df157-__READ__0000000001';
    assert.is(problemsOf(`1 + ${writer}`, `2 + ${reader}`, '2 begin curator1.0-0'), 'H2');
  });

  test('knows a writer who goes on as a reader by the number of its second node', () => {
    const writer = '_c_01a22622-af24-0001-0000-000000000001-__WRIT__0000000000';
    const waits = '_c_3c96a29a-a673-485b-87c2-2c6f744df157-__WRIT__0000000001';
    const second = '_c_01a22622-af24-0001-0000-000000000002-__READ__0000000000';
    const lines = [
      `1 + ${writer}`,
      '1 begin vivarium1.0-0',
      `2 + ${waits}`,
      '1 end vivarium1.0-0',
      `1 + ${second}`,
      `1 - ${writer}`,
      '1 begin vivarium1.0-1',
    ];
    assert.equal(judge(...lines).problems, []);
    assert.is(problemsOf(...lines, '2 begin curator1.0-0'), 'H3');
  });

  test('counts who was killed while it held, and who while it waited', () => {
    const { problems, cutShort, inVain } = judge(
      `1 + ${CURATOR}`,
      `2 + ${KAZOO}`,
      '1 begin curator1.0-0',
      `0 - ${KAZOO}`,
      `0 - ${CURATOR}`,
    );
    assert.equal(
      { problems, cutShort, inVain },
      { problems: [], cutShort: { Curator: 1 }, inVain: 1 },
    );
  });
});
