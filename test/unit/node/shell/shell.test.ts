import type { ConnectOptions } from '@vivarium/core/internal/client/api';
import { ZkError } from '@vivarium/core/internal/client/errors';
import { shellCommands } from '@vivarium/core/internal/node/cli/shell/commands';
import { runShell, type ShellHost } from '@vivarium/core/internal/node/cli/shell/shell';
import * as assert from 'uvu/assert';
import { suite } from '../../../support/suite.js';
import { memoryClient } from './memory-client.js';

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly calls: readonly string[];
}

async function shell(
  words: readonly string[],
  nodes: Map<string, string> = new Map([['/', '']]),
  lines: readonly string[] = [],
): Promise<Run> {
  const out: string[] = [];
  const err: string[] = [];
  const calls: string[] = [];
  const host: ShellHost = {
    version: '0.1.0',
    env: {},
    progress: () => {},
    onInterrupt: () => () => {},
    exit: (code) => calls.push(`exit ${code}`),
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    async connect(connectString: string, { sessionTimeoutMs }: ConnectOptions) {
      calls.push(`connect ${connectString} ${sessionTimeoutMs}`);
      if (connectString === 'nowhere:1') throw new ZkError('CONNECTION_LOSS');
      return memoryClient(nodes, calls);
    },
    async *lines() {
      yield* lines;
    },
  };
  const code = await runShell(words, host);
  return { code, out: out.join('\n'), err: err.join('\n'), calls };
}

suite('one command of the shell', (test) => {
  test('ls prints names in brackets, and with -R every path', async () => {
    const nodes = new Map([
      ['/', ''],
      ['/b', ''],
      ['/a', ''],
      ['/a/x', ''],
    ]);
    assert.is((await shell(['ls', '/'], nodes)).out, '[a, b]');
    assert.is((await shell(['ls', '-R', '/'], nodes)).out, '/\n/a\n/a/x\n/b');
    assert.match((await shell(['ls', '-s', '/a'], nodes)).out, /^\[x\]\ncZxid = 0x10\n/);
  });

  test('get prints data as text, base64 or dump', async () => {
    const nodes = new Map([['/a', 'hello']]);
    assert.is((await shell(['get', '/a'], nodes)).out, 'hello');
    assert.is((await shell(['get', '-b', '/a'], nodes)).out, 'aGVsbG8=');
    assert.match((await shell(['get', '-x', '/a'], nodes)).out, '68 65 6c 6c 6f');
  });

  test('create says so on standard error, with the mode that the flags mean', async () => {
    const { code, out, err, calls } = await shell(['create', '-s', '-t', '5000', '/a', 'x']);
    assert.equal([code, out, err], [0, '', 'Created /a']);
    assert.match(calls[1]!, '"mode":"persistentSequentialTtl"');
    assert.match(calls[1]!, '"ttlMs":5000');
    assert.is((await shell(['create', '-c', '-e', '/a'])).code, 2);
  });

  test('set hands on its version', async () => {
    const nodes = new Map([['/a', 'x']]);
    const { calls } = await shell(['set', '-v', '7', '-b', '/a', 'aGVsbG8='], nodes);
    assert.ok(calls.includes('version 7'));
    assert.is(nodes.get('/a'), 'hello');
  });

  test('deleteall removes leaves first, in batches, and never the root', async () => {
    const nodes = new Map([
      ['/', ''],
      ['/a', ''],
      ['/a/b', ''],
      ['/a/b/c', ''],
    ]);
    const { code, calls } = await shell(['deleteall', '-b', '2', '/a'], nodes);
    assert.is(code, 0);
    assert.equal([...nodes.keys()], ['/']);
    assert.equal(calls.slice(1, 3), ['multi of 2', 'multi of 1']);
    assert.is((await shell(['deleteall', '/'], nodes)).code, 2);
  });

  test('quotas are set, listed and removed, and do not nest', async () => {
    const nodes = new Map([
      ['/', ''],
      ['/a', ''],
      ['/a/b', ''],
    ]);
    assert.is((await shell(['setquota', '-n', '5', '/a'], nodes)).code, 0);
    assert.is((await shell(['setquota', '-B', '99', '/a'], nodes)).code, 0);
    assert.is(
      (await shell(['listquota', '/a'], nodes)).out,
      'Output quota for /a count=5,bytes=-1=;byteHardLimit=99;countHardLimit=-1\nOutput stat for /a count=0,bytes=0',
    );
    assert.match((await shell(['setquota', '-n', '1', '/a/b'], nodes)).err, 'has a parent /a');
    assert.is((await shell(['delquota', '/a'], nodes)).code, 0);
    assert.match((await shell(['listquota', '/a'], nodes)).err, 'quota for /a does not exist.');
    assert.is((await shell(['delquota', '/a'], nodes)).out, 'Quota does not exist for /a');
    assert.equal([...nodes.keys()].sort(), ['/', '/a', '/a/b', '/zookeeper', '/zookeeper/quota']);
  });

  test("failures are in zkCli's words and end with 1", async () => {
    const { code, err } = await shell(['get', '/gone']);
    assert.equal([code, err], [1, 'Node does not exist: /gone']);
    assert.is((await shell(['stat', '/gone'])).err, 'Node does not exist: /gone');
    const full = new Map([
      ['/a', ''],
      ['/a/b', ''],
    ]);
    assert.is((await shell(['delete', '/a'], full)).err, 'Node not empty: /a');
  });

  test('wrong use ends with 2 and never connects', async () => {
    for (const words of [['get'], ['get', '/a', '/b', '/c'], ['ls', '-z', '/'], ['-server']]) {
      const { code, err, calls } = await shell(words);
      assert.is(code, 2, words.join(' '));
      assert.equal(calls, []);
      assert.ok(err.length > 0);
    }
  });

  test('an unknown command ends with 127, and says what was probably meant', async () => {
    const { code, err, calls } = await shell(['getacl', '/']);
    assert.equal([code, calls], [127, []]);
    assert.match(err, 'did you mean getAcl?');
    assert.is((await shell(['constructor'])).code, 127);
  });

  test('help and version need no server', async () => {
    const { code, out, calls } = await shell(['help']);
    assert.is(code, 0);
    for (const name of Object.keys(shellCommands)) assert.match(out, `\t${name}`);
    assert.equal(calls, []);
    assert.match((await shell(['version'])).out, '0.1.0');
    for (const word of ['--help', '-h', '-?']) {
      assert.equal([(await shell([word])).code, (await shell([word])).out], [0, out], word);
    }
  });

  test('words that zkCli took in former times are still taken, with a note', async () => {
    const nodes = new Map([['/a', 'x']]);
    const old = await shell(['get', '/a', 'watch'], nodes);
    assert.equal([old.code, old.out], [0, 'x']);
    assert.match(old.err, "'get path [watch]' has been deprecated");
    assert.is((await shell(['delete', '/a', '3'], nodes)).code, 0);
    assert.is(nodes.has('/a'), false);
  });

  test('answers in JSON, errors too', async () => {
    const nodes = new Map([
      ['/', ''],
      ['/a', 'hello'],
    ]);
    const answer = JSON.parse((await shell(['get', '/a', '--json'], nodes)).out);
    assert.equal([answer.path, answer.data, answer.stat.czxid], ['/a', 'hello', '0x10']);
    assert.is(answer.stat.mtime, '1970-01-01T00:00:01.000Z');
    assert.equal(JSON.parse((await shell(['--json', 'ls', '/'], nodes)).out).children, ['a']);
    const lines = (await shell(['ls', '-R', '/', '--json'], nodes)).out.split('\n');
    assert.equal(
      lines.map((line) => JSON.parse(line).path),
      ['/', '/a'],
    );
    const { code, err } = await shell(['get', '/gone', '--json'], nodes);
    assert.is(code, 1);
    assert.equal(JSON.parse(err).error, {
      name: 'NO_NODE',
      message: 'Node does not exist: /gone',
      path: '/gone',
      outcome: 'refused',
    });
  });
});

suite('the shell in a pipe', (test) => {
  test('runs a command a line over one connection, and closes it', async () => {
    const nodes = new Map([['/', '']]);
    const { code, out, calls } = await shell(['-timeout', '7000'], nodes, [
      '# a comment',
      'create /a "b c"',
      '',
      'get /a',
    ]);
    assert.equal([code, out], [0, 'b c']);
    assert.is(calls[0], 'connect localhost:2181 7000');
    assert.is(calls.filter((call) => call.startsWith('connect')).length, 1);
    assert.is(calls.at(-1), 'close');
  });

  test('goes on after a failure and ends with the highest code; quit ends it early', async () => {
    const lines = ['get /gone', 'ls /', 'quit', 'bogus'];
    const { code, out } = await shell([], new Map([['/', '']]), lines);
    assert.equal([code, out], [1, '[]']);
    assert.is((await shell([], new Map([['/', '']]), ['bogus', 'get /gone'])).code, 127);
  });

  test('remembers its lines, and runs one again', async () => {
    const lines = ['create /a 1', 'get /a', 'redo 1', 'redo 9', 'history', 'redo 3'];
    const { code, out, err } = await shell([], new Map([['/', '']]), lines);
    assert.is(code, 1);
    assert.equal(out.split('\n'), [
      '1',
      '1',
      '0 - create /a 1',
      '1 - get /a',
      '2 - get /a',
      '3 - redo 9',
      '4 - history',
    ]);
    assert.match(err, /Command index out of range\nNo redoing redos$/);
  });

  test('a closed session is told of until another begins', async () => {
    const lines = ['close', 'ls /', 'connect other:1', 'ls /', 'printwatches', 'printwatches off'];
    const { code, out, calls } = await shell([], new Map([['/', '']]), [...lines, 'printwatches']);
    assert.is(code, 3);
    assert.equal(out.split('\n'), [
      'Not connected',
      '[]',
      'printwatches is on',
      'printwatches is off',
    ]);
    assert.ok(calls.includes('connect other:1 30000'));
  });
});
