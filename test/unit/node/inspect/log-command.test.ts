import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { inspect, objectsOf } from '../../../support/run-inspect.js';
import { suite } from '../../../support/suite.js';
import { created, FIVE, writeLog } from './files.js';

/** Most of it goes into loading what is tested, on a machine that is busy. */
const LIMIT = { timeoutMs: 60_000 };

suite(
  'vivarium inspect log',
  (test) => {
    test('shows a transaction a line, data as its length', async (t) => {
      const { path, end } = writeLog(t);
      const { code, out, err } = await inspect('log', path);
      assert.is(code, 0);
      assert.equal(out.split('\n'), [
        '2026-11-30T00:00:00.000Z session 0x1000000000001 cxid 0x0 zxid 0x100000001 createSession timeout=30000',
        '2026-11-30T00:00:01.000Z session 0x1000000000001 cxid 0x1 zxid 0x100000002 create /app data=3B acl=world:anyone:cdrwa parentCVersion=1',
        '2026-11-30T00:00:02.000Z session 0x1000000000001 cxid 0x2 zxid 0x100000003 create /app/lock data=4B acl=world:anyone:cdrwa parentCVersion=1 ephemeral',
        '2026-11-30T00:00:03.000Z session 0x1000000000001 cxid 0x3 zxid 0x100000004 setData /app data=2B version=1',
        '2026-11-30T00:00:04.000Z session 0x1000000000001 cxid 0x4 zxid 0x100000005 closeSession deletes=/app/lock',
        '',
      ]);
      const zxids = '0x100000001 to 0x100000005';
      assert.is(err, `${path}: sound: 5 transactions, ${zxids}, ${end} bytes, then 100 zeros\n`);
    });

    test('shows data as text, base64 and hex, and bytes that are no text as base64', async (t) => {
      const { path } = writeLog(t);
      const dataIn = async (form: string) => {
        const { out } = await inspect('log', path, '--data', form);
        return [...out.matchAll(/ data=(\S+)/g)].map(([, data]) => data);
      };
      assert.equal(await dataIn('text'), ['"one"', '"é\\"\\n"', 'base64:/wA=']);
      assert.equal(await dataIn('hex'), ['hex:6f6e65', 'hex:c3a9220a', 'hex:ff00']);
      assert.equal(await dataIn('base64'), ['base64:b25l', 'base64:w6kiCg==', 'base64:/wA=']);
    });

    test('shows objects to programs, with every place and the digest', async (t) => {
      const { path, records } = writeLog(t);
      const { out } = await inspect('log', path, '--json', '--data', 'text');
      const all = objectsOf(out, 'zxid');
      assert.is(all.length, 5);
      assert.equal(all[1], {
        file: path,
        offset: records[1]!.at,
        bytes: records[1]!.end - records[1]!.at,
        time: '2026-11-30T00:00:01.000Z',
        session: '0x1000000000001',
        cxid: 1,
        zxid: '0x100000002',
        type: 'create',
        path: '/app',
        dataLength: 3,
        data: 'one',
        encoding: 'text',
        acl: [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }],
        ephemeral: false,
        parentCVersion: 1,
        digest: { version: 2, treeDigest: '0x7' },
      });
    });

    test('keeps to the zxids, the paths and the session that were asked for', async (t) => {
      const { path } = writeLog(t, [
        ...FIVE,
        { type: txnTypes.multi, txns: [created('/other'), created('/app/b')] },
        created('/apple'),
      ]);
      const zxids = async (...words: readonly string[]) => {
        const { out } = await inspect('log', path, '--json', ...words);
        return objectsOf(out, 'zxid').map(({ zxid }) => Number(BigInt(zxid as string) & 0xffn));
      };
      assert.equal(await zxids('--from', '0x100000004'), [4, 5, 6, 7]);
      assert.equal(await zxids('--to', '0x100000002'), [1, 2]);
      assert.equal(await zxids('--path', '/app'), [2, 4]);
      assert.equal(await zxids('--path', '/app', '-R'), [2, 3, 4, 5, 6]);
      assert.equal(await zxids('--path', '/', '-R'), [2, 3, 4, 5, 6, 7]);
      assert.equal(await zxids('--session', '0x1000000000001'), [1, 2, 3, 4, 5, 6, 7]);
      assert.equal(await zxids('--session', '0x2'), []);
    });

    test('sums up, and tells of a gap inside a log and of one between two', async (t) => {
      const one = writeLog(t);
      const two = writeLog(t, FIVE.slice(1, 3), { first: 0x1_0000_0009n });
      const { code, out, err } = await inspect('log', '--summary', one.path, two.path);
      assert.is(code, 0);
      assert.match(out, /transactions +5\n/);
      assert.match(out, /zxids +0x100000001 to 0x100000005\n/);
      assert.match(out, / {4}create +2\n/);
      assert.match(err, 'ends with 0x100000005 and');
      assert.match(err, 'begins with 0x100000009');
      const holed = Buffer.concat([
        one.bytes.subarray(0, one.records[2]!.at),
        one.bytes.subarray(one.records[2]!.end),
      ]);
      writeFileSync(one.path, holed);
      const gap = await inspect('log', '--summary', '--json', one.path);
      assert.is(gap.code, 1);
      assert.equal(objectsOf(gap.out, 'damage').length, 1);
      assert.match(gap.err, 'the transactions between 0x100000002 and 0x100000004 are missing');
    });

    test('names the file, the byte, the record, what is around it and what to do', async (t) => {
      const { path, bytes, records } = writeLog(t);
      const damaged = Buffer.from(bytes);
      damaged[records[2]!.at + 50]! ^= 1;
      writeFileSync(path, damaged);
      const { code, out, err } = await inspect('log', path);
      assert.is(code, 1);
      assert.is(out.split('\n').length, 5);
      const place = `${path}: damaged at byte ${records[2]!.at}`;
      assert.match(
        err,
        `${place} (record 3, after 0x100000002, before 0x100000004): its checksum is`,
      );
      assert.match(err, 'vivarium inspect log --chop 0x100000002');
    });

    test('refuses wrong use with code 2, before anything is shown', async (t) => {
      const { path, folder } = writeLog(t);
      const copies = join(folder, 'copies');
      mkdirSync(copies);
      const cases: readonly (readonly [RegExp, ...string[]])[] = [
        [/Say what the file is: log, snapshot, compare/],
        [/there is no inspect "logs". Did you mean log\?/, 'logs', path],
        [/Name a transaction log/, 'log'],
        [/there is no such file/, 'log', `${path}0`],
        [/it is not a file/, 'log', copies],
        [/--from takes a number in hexadecimal with 0x in front/, 'log', '--from', '12', path],
        [/--session takes a number in hexadecimal/, 'log', '--session', 'x', path],
        [/comes after --to/, 'log', '--from', '0x2', '--to', '0x1', path],
        [/--path takes a path that begins with \//, 'log', '--path', 'app', path],
        [/-R goes with --path/, 'log', '-R', path],
        [/--data takes text, base64, hex, not 'xml'/, 'log', '--data', 'xml', path],
        [/say one of them/, 'log', '--repair', '--chop', '0x1', path],
        [/--repair does not go with --json/, 'log', '--repair', '--json', path],
        [/--chop takes one file at a time/, 'log', '--chop', '0x1', path, path],
        [/Unknown option/, 'log', '--all', path],
      ];
      for (const [message, ...words] of cases) {
        const { code, out, err } = await inspect(...words);
        assert.equal([code, out], [2, ''], words.join(' '));
        assert.match(err, message);
      }
    });
  },
  LIMIT,
);
