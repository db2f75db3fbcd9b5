import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { renderConsole } from './page.js';
import { addedWhenIdle, type ConsoleRecord, judgeConsole, type View } from './records.js';

const idle = (round: number, view: View, cpuMsPerSecond: number): ConsoleRecord => ({
  ...{ part: 'idle', round, view, cpuMsPerSecond },
});
const loaded = (round: number, view: View, cpuUsPerOp: number): ConsoleRecord => ({
  ...{ part: 'loaded', round, view, case: 'set', cpuUsPerOp, opsPerSecond: 1_000, errors: 0 },
});

suite('the figures of the console’s bench', (test) => {
  test('what is added is told round by round, against the same round without', () => {
    const records = [
      ...[idle(1, 'nothing', 2), idle(1, 'ensemble', 4)],
      ...[idle(2, 'nothing', 10), idle(2, 'ensemble', 15)],
      ...[idle(3, 'ensemble', 90)],
    ];
    const added = addedWhenIdle(records, 'ensemble');
    assert.equal(added, { median: 3.5, least: 2, greatest: 5, rounds: 2 });
  });
  test('twenty milliseconds in a second are within the bound, more are not', () => {
    const holds = (ms: number) =>
      judgeConsole([idle(1, 'nothing', 1), idle(1, 'ensemble', ms)]).map((each) => each.holds);
    assert.equal(holds(21), [true]);
    assert.equal(holds(21.1), [false]);
  });
  test('three per cent under load are within the bound, more are not, and nothing is nothing', () => {
    const holds = (us: number) =>
      judgeConsole([loaded(1, 'nothing', 100), loaded(1, 'ensemble', us)]).map((e) => e.holds);
    assert.equal(holds(103), [true]);
    assert.equal(holds(103.1), [false]);
    assert.equal(holds(0), [false]);
  });
  test('the page of the tree is told of, and not judged', () => {
    const records = [loaded(1, 'nothing', 100), loaded(1, 'tree', 200)];
    assert.equal(judgeConsole(records), []);
    const page = renderConsole([...records, loaded(1, 'ensemble', 101)]);
    assert.match(page, /the page of the tree.*200 · 1,000 · 2\.00/);
    assert.is(renderConsole([]), '');
  });
});
