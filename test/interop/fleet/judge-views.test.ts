import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { judgeViews, type Shape } from './judge-views.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const truth = new Map([
  ['curator1', 'c'],
  ['f2abe1e999624f9bae5dffdd27f82c12-kazoo1', 'k'],
]);
const ours = ['curator1=Yw==', 'f2abe1e999624f9bae5dffdd27f82c12-kazoo1=aw=='];

function judge(view: readonly string[], who = 'vivarium1', shape: Shape = 'names') {
  return judgeViews(shape, ['c', 'k'], truth, new Map([[who, view]]));
}

suite('the judge of views', (test) => {
  test('has nothing against members who say what the tree holds', () => {
    assert.equal(judge(ours), []);
    assert.equal(judge(['curator1', 'kazoo1'].map(base64), 'kazoo1'), []);
    assert.equal(judge([], 'kazoo1', 'party'), []);
  });

  test('sees who misses one, sees one too many, or other data', () => {
    for (const view of [
      ours.slice(1),
      [...ours, 'x=YQ=='],
      [ours[0]!, ours[1]!.replace('aw', 'Yw')],
    ]) {
      assert.is(judge(view).length, 1);
    }
  });

  test('sees a tree that lacks somebody who has joined', () => {
    assert.match(judgeViews('names', ['c', 'k', 'x'], truth, new Map())[0]!, /the tree holds/);
  });
});
