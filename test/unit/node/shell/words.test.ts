import {
  readArguments,
  readShellOptions,
  splitLine,
  UsageError,
} from '@vivarium/core/internal/node/cli/shell/arguments';
import { aclText, hexDump, readAcl, statText } from '@vivarium/core/internal/node/cli/shell/format';
import * as assert from 'uvu/assert';
import { suite } from '../../../support/suite.js';
import { STAT } from './memory-client.js';

suite('the words of the shell', (test) => {
  test('its own options stand before the command', () => {
    const options = readShellOptions(['-server', 'h:1/c', '-timeout', '500', 'ls', '-s', '/']);
    assert.equal(options, {
      server: 'h:1/c',
      timeoutMs: 500,
      readOnly: false,
      json: false,
      colours: true,
      history: true,
      words: ['ls', '-s', '/'],
    });
    assert.is(readShellOptions(['-waitforconnection', 'ls']).server, 'localhost:2181');
    for (const wrong of [['-server'], ['-timeout', 'x'], ['-timeout', '0'], ['-bogus']]) {
      assert.throws(
        () => readShellOptions(wrong),
        (error: unknown) => error instanceof UsageError,
      );
    }
  });

  test('flags stand anywhere, run together, with values after or behind them', () => {
    const known = { s: false, R: false, v: true };
    const { flags, rest } = readArguments(['-sR', '/a', '-v', '3', 'b'], known);
    assert.equal(
      [...flags],
      [
        ['s', ''],
        ['R', ''],
        ['v', '3'],
      ],
    );
    assert.equal(rest, ['/a', 'b']);
    assert.is(readArguments(['-v-1'], known).flags.get('v'), '-1');
    assert.equal(readArguments(['/a', '-5', '--', '-s'], known).rest, ['/a', '-5', '-s']);
    const long = { depth: true, add: true, skip: false };
    assert.equal(
      [...readArguments(['--depth=3', '-add', 'x', '--skip'], long).flags],
      [
        ['depth', '3'],
        ['add', 'x'],
        ['skip', ''],
      ],
    );
    assert.throws(() => readArguments(['--skip=1'], long), /-skip takes no value/);
    assert.throws(() => readArguments(['--deep'], long), /--deep is not an option/);
    assert.throws(() => readArguments(['-z'], known), /-z is not an option/);
    assert.throws(() => readArguments(['-v'], known), /-v needs a value/);
  });

  test('quotes keep blanks together', () => {
    assert.equal(splitLine(` set  /a "b  c" 'd "e"' "" `), ['set', '/a', 'b  c', 'd "e"', '']);
  });
});

suite('what the shell prints', (test) => {
  test("a Stat in zkCli's lines", () => {
    assert.is(
      statText(STAT),
      `cZxid = 0x10
ctime = Thu Jan 01 00:00:00 UTC 1970
mZxid = 0x11
mtime = Thu Jan 01 00:00:01 UTC 1970
pZxid = 0x12
cversion = 2
dataVersion = 1
aclVersion = 3
ephemeralOwner = 0x100004bbaa30000
dataLength = 5
numChildren = 0`,
    );
  });

  test('ACLs are read and printed; an id may hold colons', () => {
    const acl = readAcl('digest:u:h=:cdrwa,world:anyone:r');
    assert.equal(acl[0], { perms: 31, id: { scheme: 'digest', id: 'u:h=' } });
    assert.is(aclText(acl), "'digest,'u:h=\n: cdrwa\n'world,'anyone\n: r");
    assert.throws(() => readAcl('world:anyone'), /scheme:id:perm/);
    assert.throws(() => readAcl('world:anyone:rx'), /x in world:anyone:rx/);
  });

  test('a hexadecimal dump has sixteen bytes a line', () => {
    const dump = hexDump(new TextEncoder().encode('hello\n'));
    assert.match(
      dump,
      '|00000000| 68 65 6c 6c 6f 0a                               |hello.          |',
    );
    assert.is(dump.split('\n').length, 5);
    assert.is(hexDump(new Uint8Array(0)), '');
    assert.is(hexDump(new Uint8Array(33)).split('\n').length, 7);
  });
});
