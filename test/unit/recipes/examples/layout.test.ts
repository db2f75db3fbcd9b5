import { Layout, wrap } from '@vivarium/recipes/internal/examples/stage/layout';
import * as assert from 'uvu/assert';
import { suite } from '../../../support/suite.js';

const cast = ['Ada', 'Ben', 'Cleo'];
const linesOf = (text: string) => text.split('\n').slice(0, -1);
const ESCAPE = String.fromCharCode(27);

function layout({ width = 80, colors = false } = {}): Layout {
  const made = new Layout({ cast, width, colors });
  made.look('Ada', 'holds');
  made.look('Ben', 'runs');
  return made;
}

suite('the layout of an example', (test) => {
  test('has a column for each, with its lane', () => {
    assert.equal(linesOf(layout().said(1_230, 'Ben', 'asks for it')), [
      '   1.2  █                       │ asks for it',
    ]);
  });

  test('breaks what is too long for a column, and goes on below it', () => {
    const lines = linesOf(layout().said(0, 'Ben', 'is not certain of it any more'));
    assert.equal(lines, [
      '   0.0  █                       │ is not certain of it',
      '        █                       │ any more',
    ]);
  });

  test('has names behind the lanes where columns would be too narrow', () => {
    assert.equal(linesOf(layout({ width: 60 }).said(900, 'Ben', 'asks for it')), [
      '   0.9  █ │    Ben  asks for it',
    ]);
  });

  test('shows who is stopped, cut off and gone', () => {
    const made = layout();
    made.look('Ada', 'stopped');
    made.look('Ben', 'cut off');
    made.look('Cleo', 'runs');
    assert.match(made.said(0, 'Cleo', 'x'), /^ {3}0\.0 {2}╎ {23}┆ {23}│ x\n$/);
    made.look('Ada', 'absent');
    assert.match(made.said(0, 'Cleo', 'x'), /^ {3}0\.0 {26}┆ {23}│ x\n$/);
  });

  test('tells what is done between lanes, which it does not repeat', () => {
    const made = layout();
    const lanes = '        █                       │';
    assert.equal(linesOf(made.told(0, 'one')), [lanes, '   0.0  ▸ one', lanes]);
    assert.equal(linesOf(made.told(0, 'two')), ['   0.0  ▸ two', lanes]);
    made.look('Ada', 'runs');
    assert.is(linesOf(made.told(0, 'three')).length, 3);
  });

  for (const width of [0, 40, 60, 72, 79, 80, 100, 200]) {
    test(`keeps within ${width} columns, or what it needs at least`, () => {
      const made = layout({ width });
      const text = 'it is written so that nobody can overlook it, whatever else they do';
      const all = [
        made.title(text, [text, text]),
        made.said(12_345, 'Cleo', text),
        made.told(12_345, text),
        made.ended(false, text),
      ];
      for (const line of all.flatMap(linesOf)) {
        assert.ok([...line].length <= Math.max(width, 40), line);
        assert.is(line, line.trimEnd());
      }
    });
  }

  test('has colours only when it is told to', () => {
    for (const colors of [true, false]) {
      const made = layout({ colors });
      const all = [made.title('x', []), made.said(0, 'Ada', 'x'), made.told(0, 'x')];
      all.push(made.ended(true, 'x'));
      for (const text of all) assert.is(text.includes(ESCAPE), colors);
    }
  });

  test('sets the same text with colours and without', () => {
    const [plain, colored] = [false, true].map((colors) => {
      const made = layout({ colors });
      const all = [made.title('x', ['y']), made.said(0, 'Ada', 'x'), made.told(0, 'x')];
      return [...all, made.ended(true, 'x')].join('');
    });
    assert.is(colored!.replaceAll(new RegExp(`${ESCAPE}\\[\\d+m`, 'g'), ''), plain);
  });
});

suite('a text', (test) => {
  test('is broken between words, and a word only where it fits no line', () => {
    assert.equal(wrap('a bc def ghij', 4), ['a bc', 'def', 'ghij']);
    assert.equal(wrap('abcdefghij kl', 4), ['abcd', 'efgh', 'ij', 'kl']);
    assert.equal(wrap('abcd efgh', 4), ['abcd', 'efgh']);
  });
});
