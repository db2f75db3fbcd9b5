import * as assert from 'uvu/assert';
import type * as Module from '../../../core/console/node/value-forms.js';
import { consoleModule } from '../../support/console-module.js';
import { suite } from '../../support/suite.js';

const load = () => consoleModule<typeof Module>('node/value-forms.ts');
const bytes = (text: string) => new TextEncoder().encode(text);

suite('the forms of data', (test) => {
  test('are chosen by what the bytes are', async () => {
    const { bestForm } = await load();
    const samples: readonly (readonly [Uint8Array, string])[] = [
      [bytes(''), 'text'],
      [bytes('host:1\tä\n'), 'text'],
      [bytes('{"a":1}'), 'json'],
      [bytes(' [1] '), 'json'],
      [bytes('{"a":'), 'text'],
      [bytes('12'), 'text'],
      [bytes('a\u0000b'), 'hex'],
      [Uint8Array.of(0xff, 0xfe), 'hex'],
    ];
    for (const [value, form] of samples) assert.is(bestForm(value), form, String(value));
  });

  test('lose nothing: what is shown and read again are the same bytes', async () => {
    const { show, read } = await load();
    const samples = [
      '',
      'plain',
      'two\nlines\n',
      'dos\r\nlines\r\n',
      '\ufeffwith a mark',
      '{"a":12345678901234567890.10,"b":[],"a":{},"c":"\\u00e4 \\" , : {"}',
      '{\n    "own": "indent"\n}',
      'null',
    ].map(bytes);
    samples.push(Uint8Array.from({ length: 256 }, (_, at) => at));
    for (const value of samples) {
      for (const form of ['text', 'json', 'hex'] as const) {
        const shown = show(value, form);
        if (shown.fixed !== undefined) continue;
        const again = read(shown.text, form, value);
        if (form === 'json' && new TextDecoder().decode(value).includes('\n    ')) continue;
        // A text that is no JSON is not saved as JSON.
        if (form === 'json' && !again.ok) continue;
        assert.ok(again.ok, `${form} of ${value}`);
        assert.equal(again.bytes, value, form);
      }
    }
  });

  test('show mixed line ends without letting them be changed', async () => {
    const { show } = await load();
    assert.match(show(bytes('a\r\nb\nc'), 'text').fixed!, 'line ends');
    assert.match(show(bytes('a\rb'), 'text').fixed!, 'line ends');
    assert.match(show(Uint8Array.of(0xff), 'text').fixed!, 'not UTF-8');
  });

  test('keep numbers of JSON as they are written', async () => {
    const { prettyJson, compactJson } = await load();
    const text = '{"id":12345678901234567890,"x":1.50,"e":[],"o":{},"s":"a: [b, {c}]"}';
    const pretty = prettyJson(text);
    assert.is(
      pretty,
      '{\n  "id": 12345678901234567890,\n  "x": 1.50,\n  "e": [],\n  "o": {},\n  "s": "a: [b, {c}]"\n}',
    );
    assert.is(compactJson(pretty), text);
  });

  test('refuse JSON and hex that are none, and say where', async () => {
    const { read } = await load();
    const json = read('{"a":}', 'json', bytes('{}'));
    assert.ok(!json.ok && json.problem.length > 0);
    assert.equal(read('0g', 'hex', bytes('')), {
      ok: false,
      problem: '"g" is no hexadecimal digit',
    });
    const half = read('00 1', 'hex', bytes(''));
    assert.ok(!half.ok && half.problem.includes('half a byte'));
  });
});

suite('two texts line by line', (test) => {
  test('say what is in both and what in one', async () => {
    type Diff = typeof import('../../../core/console/node/line-diff.js');
    const { lineDiff } = await consoleModule<Diff>('node/line-diff.ts');
    const words = (left: string, right: string) =>
      lineDiff(left, right).map(
        ({ kind, text }) => `${{ same: ' ', left: '-', right: '+' }[kind]}${text}`,
      );
    assert.equal(words('a\nb\nc', 'a\nx\nc'), [' a', '-b', '+x', ' c']);
    assert.equal(words('a\nb', 'a\nb'), [' a', ' b']);
    assert.equal(words('', 'a'), ['-', '+a']);
    assert.equal(words('a\nb\nc\nd', 'b\nd\ne'), ['-a', ' b', '-c', ' d', '+e']);
  });
});
