import type { EnsembleSpec } from '@vivarium/core/internal/config/ensemble';
import { readEnsemble, writeEnsemble } from '@vivarium/core/internal/config/ensemble-text';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

function read(text: string): EnsembleSpec {
  const spec = readEnsemble(text);
  if ('wrong' in spec) throw new Error(spec.wrong);
  return spec;
}

function wrong(text: string): string {
  const spec = readEnsemble(text);
  return 'wrong' in spec ? spec.wrong : 'nothing';
}

suite('the text of an ensemble', (test) => {
  // What Apache ZooKeeper 3.9.5 wrote for each of these.
  test('has its servers and the version, without an end of line', () => {
    const lines = 'version=1000000AF\nserver.2=b:1:2:observer;2181\nserver.1=a:1:2\n';
    const expected =
      'server.1=a:1:2:participant\nserver.2=b:1:2:observer;0.0.0.0:2181\nversion=1000000af';
    assert.is(writeEnsemble(read(lines)), expected);
  });

  test('has groups and all weights of participants where there are groups', () => {
    const lines =
      'server.1=b:1:2\nserver.2=d:1:2\nserver.20=a:1:2\nserver.16=d:1:3\nserver.3=c:1:2:observer\n' +
      'group.2=1:2\ngroup.1=20:16\nweight.2=0\nweight.3=2\nweight.9=3';
    const expected = [
      ...['server.16=d:1:3:participant', 'server.1=b:1:2:participant'],
      ...['server.2=d:1:2:participant', 'server.3=c:1:2:observer', 'server.20=a:1:2:participant'],
      ...['group.1=16:20', 'group.2=1:2'],
      ...['weight.16=1', 'weight.1=1', 'weight.2=0', 'weight.3=2', 'weight.20=1', 'weight.9=3'],
      'version=0',
    ];
    assert.is(writeEnsemble(read(lines)), expected.join('\n'));
  });

  test('has groups of one bucket in the order of their servers, which once were sorted', () => {
    const lines = 'server.1=a:1:2\nserver.2=b:1:2\ngroup.1=2\ngroup.17=1';
    assert.match(writeEnsemble(read(lines)), '\ngroup.17=1\ngroup.1=2\n');
  });

  test('is read as it was written', () => {
    const text =
      'server.1=a:1:2:participant;0.0.0.0:2181\nserver.2=b:1:2:participant\n' +
      'server.3=[0:0:0:0:0:0:0:1]:1:2:observer\ngroup.1=1:2\nweight.1=2\nweight.2=1\n' +
      'version=7fffffffffffffff';
    const spec = read(text);
    assert.is(spec.version, 0x7fffffffffffffffn);
    assert.equal([...spec.groups!], [[1, [1, 2]]]);
    assert.equal(
      [...spec.weights],
      [
        [1, 2],
        [2, 1],
      ],
    );
    assert.is(writeEnsemble(spec), text);
  });

  test('may have lines that mean nothing here', () => {
    assert.equal(read('server.1=a:1:2\nfuture=1').weights, new Map());
  });

  test('is refused with a clause that says why', () => {
    assert.is(wrong(''), 'server.1 is missing');
    assert.is(wrong('server.1=a:1:2:observer'), 'server.1 is an observer, and nobody votes');
    assert.is(wrong('server.1=a'), "'server.1=a': a is not of the form");
    assert.is(wrong('server.1=a:1:2\ngroup.1=1:x'), "'group.1=1:x' is not of the form");
    assert.is(wrong('server.1=a:1:2\nweight.x=1'), "'weight.x=1' is not of the form");
    assert.is(wrong('server.1=a:1:2\nversion=-1'), "'version=-1' is not of the form");
    assert.match(wrong('server.1=a:1:2\nversion=8000000000000000'), 'not of the form');
    assert.is(wrong('server.1=a:1:2\ngroup.1=2'), 'group.1 names server 2, which does not exist');
    assert.match(wrong('server.1=\\u12'), 'four hexadecimal digits');
  });
});
