import { readServer, writeServer } from '@vivarium/core/internal/config/servers';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

function rewritten(line: string): string {
  const spec = readServer('server.7', line);
  if ('wrong' in spec) throw new Error(`${line}: ${spec.wrong}`);
  assert.is(spec.serverId, 7);
  return writeServer(spec);
}

function wrong(line: string, key = 'server.1'): string {
  const spec = readServer(key, line);
  return 'wrong' in spec ? spec.wrong : 'nothing';
}

suite('server lines', (test) => {
  test('are written as they are read, with everything said', () => {
    for (const line of [
      'zk1:2888:3888:participant',
      'zk1:2888:3888:observer;0.0.0.0:2181',
      'Zk1:2888:3888:participant;localhost:2181',
    ]) {
      assert.is(rewritten(line), line);
    }
    assert.is(rewritten('zk1:2888:3888'), 'zk1:2888:3888:participant');
    assert.is(rewritten('zk1:2888:3888:OBSERVER;2181'), 'zk1:2888:3888:observer;0.0.0.0:2181');
  });

  test('are written as ZooKeeper writes them: addresses in order, and written out', () => {
    // Each pair was written by Apache ZooKeeper 3.9.5.
    for (const [line, expected] of [
      ['zb:2888:3888|za:1:2;2181', 'za:1:2|zb:2888:3888:participant;0.0.0.0:2181'],
      ['10.0.0.2:2888:3888|10.0.0.10:5:6', '10.0.0.10:5:6|10.0.0.2:2888:3888:participant'],
      ['Zb:2888:3888|za:1:2', 'Zb:2888:3888|za:1:2:participant'],
      ['za:7:8|zb:7:3:observer', 'za:7:8|zb:7:3:observer'],
      [
        '[::1]:2888:3888:observer;[2001:DB8::0010]:2181',
        '[0:0:0:0:0:0:0:1]:2888:3888:observer;[2001:db8:0:0:0:0:0:10]:2181',
      ],
      ['zk4.example:2888:3888;127.1:3', 'zk4.example:2888:3888:participant;127.0.0.1:3'],
    ] as const) {
      assert.is(rewritten(line), expected);
    }
  });

  test('a bare client port means all addresses', () => {
    const spec = readServer('server.1', 'a:1:2;2181');
    assert.equal('wrong' in spec ? spec : spec.client, { port: 2181 });
  });

  test('need two different ports, which are ports', () => {
    for (const line of ['a:2888:2888', 'a:0:3888', 'a:2888:0', 'a:1:2|b:3:3']) {
      assert.match(wrong(line), 'two different ports from 1 to 65535', line);
    }
    assert.match(wrong('a:2888:65536'), 'not of the form');
    assert.match(wrong('a:2888'), 'not of the form');
  });

  test('have one role, although it may be said of each address', () => {
    assert.is(wrong('a:1:2:observer|b:3:4:observer'), 'nothing');
    assert.is(wrong('a:1:2:observer|b:3:4:participant'), 'its addresses differ in the role');
  });

  test('have the number of a session id, one byte', () => {
    assert.is(wrong('a:1:2', 'server.255'), 'nothing');
    for (const key of ['server.256', 'server.', 'server.x', 'server.-1']) {
      assert.is(wrong('a:1:2', key), 'the number must be 0 to 255', key);
    }
  });
});
