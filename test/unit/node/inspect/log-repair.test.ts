import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lockFolder } from '@vivarium/core/internal/node/folder-lock';
import * as assert from 'uvu/assert';
import { inspect } from '../../../support/run-inspect.js';
import { suite } from '../../../support/suite.js';
import { FIVE, type WrittenLog, writeLog } from './files.js';

/** The log without the second half of its last record: zeros stand there. */
function tear({ path, bytes, records }: WrittenLog): Buffer {
  const torn = Buffer.from(bytes);
  torn.fill(0, records.at(-1)!.at + 30);
  writeFileSync(path, torn);
  return torn;
}

const copyOf = ({ path, folder }: WrittenLog) =>
  join(folder, `vivarium-before-repair.${path.slice(folder.length + 1)}`);

/** Most of it goes into loading what is tested, on a machine that is busy. */
const LIMIT = { timeoutMs: 60_000 };

suite(
  'vivarium inspect log --repair',
  (test) => {
    test('cuts a torn end off and keeps the file as it was', async (t) => {
      const log = writeLog(t);
      const torn = tear(log);
      const { code, out } = await inspect('log', '--repair', log.path);
      assert.is(code, 0);
      assert.match(out, 'It now ends with transaction 0x100000004.');
      assert.match(out, copyOf(log));
      assert.equal(readFileSync(copyOf(log)), torn);
      assert.equal(readFileSync(log.path), log.bytes.subarray(0, log.records[4]!.at));
      assert.is((await inspect('log', log.path)).code, 0);
    });

    test('leaves a sound file alone, and never writes over a copy', async (t) => {
      const log = writeLog(t);
      assert.match((await inspect('log', '--repair', log.path)).out, 'nothing was changed');
      assert.equal(readdirSync(log.folder).length, 1);
      tear(log);
      await inspect('log', '--repair', log.path);
      appendFileSync(log.path, log.bytes.subarray(log.records[4]!.at, log.records[4]!.at + 20));
      await inspect('log', '--repair', log.path);
      assert.ok(existsSync(`${copyOf(log)}.2`));
    });

    test('refuses what notes prove to have been durable, and says how to give it up', async (t) => {
      const log = writeLog(t, FIVE, { synced: 5 });
      const torn = tear(log);
      const { code, err } = await inspect('log', '--repair', log.path);
      assert.is(code, 1);
      assert.match(err, 'was not changed: that is no torn end');
      assert.match(err, '--chop 0x100000004');
      assert.equal(readFileSync(log.path), torn);
      assert.not.ok(existsSync(copyOf(log)));
    });

    test('tells records that were cut off from records that never were', async (t) => {
      const log = writeLog(t, FIVE, { synced: 5 });
      writeFileSync(log.path, log.bytes.subarray(0, log.records[3]!.end));
      const { code, err } = await inspect('log', log.path);
      assert.is(code, 1);
      assert.match(err, 'vivarium-log.100000001 proves that it was durable up to byte');
    });

    test('--chop gives up what is only proven to have been there', async (t) => {
      const log = writeLog(t, FIVE, { synced: 5 });
      writeFileSync(log.path, log.bytes.subarray(0, log.records[3]!.end));
      const { code, out } = await inspect('log', '--chop', '0x100000004', log.path);
      assert.is(code, 0);
      assert.match(out, copyOf(log));
      assert.equal(readFileSync(log.path), log.bytes.subarray(0, log.records[3]!.end));
      assert.is((await inspect('log', log.path)).code, 0);
    });

    test('cuts off a flush that was interrupted, with sound records of it', async (t) => {
      const log = writeLog(t, FIVE, { synced: 2 });
      const damaged = Buffer.from(log.bytes);
      damaged[log.records[3]!.at + 50]! ^= 1;
      writeFileSync(log.path, damaged);
      assert.match((await inspect('log', log.path)).err, 'of a write that nobody was told of');
      const { code, out } = await inspect('log', '--repair', log.path);
      assert.is(code, 0);
      assert.match(out, 'It now ends with transaction 0x100000003.');
      assert.equal(readFileSync(log.path), log.bytes.subarray(0, log.records[3]!.at));
      assert.equal(readFileSync(copyOf(log)), damaged);
      assert.is((await inspect('log', log.path)).code, 0);
    });

    test('refuses damage in the middle, with the remedy', async (t) => {
      const log = writeLog(t);
      const damaged = Buffer.from(log.bytes);
      damaged[log.records[2]!.at + 50]! ^= 1;
      writeFileSync(log.path, damaged);
      const { code, err } = await inspect('log', '--repair', log.path);
      assert.is(code, 1);
      assert.match(err, 'it is damaged before its end, and --repair gives nothing up');
      assert.equal(readFileSync(log.path), damaged);
    });

    test('writes a damaged header anew where sound records follow', async (t) => {
      const log = writeLog(t);
      const damaged = Buffer.from(log.bytes);
      damaged[1]! ^= 1;
      writeFileSync(log.path, damaged);
      assert.is((await inspect('log', '--repair', log.path)).code, 0);
      assert.equal(readFileSync(log.path), log.bytes);
      assert.equal(readFileSync(copyOf(log)), damaged);
    });

    test('puts a file aside in which nothing was ever written', async (t) => {
      const log = writeLog(t);
      writeFileSync(log.path, '');
      assert.match((await inspect('log', '--repair', log.path)).out, 'It was put aside');
      assert.not.ok(existsSync(log.path));
      assert.ok(existsSync(copyOf(log)));
    });

    test('touches nothing while a server has the folder, or any process the file', async (t) => {
      const log = writeLog(t);
      const torn = tear(log);
      const lock = await lockFolder(dirname(log.folder));
      const locked = await inspect('log', '--repair', log.path);
      lock.release();
      assert.is(locked.code, 3);
      assert.match(
        locked.err,
        'cannot be changed: its data folder is in use by a server in this very process',
      );
      if (process.platform === 'linux') {
        const script = `require('node:fs').openSync(${JSON.stringify(log.path)}); console.log(1);
        setInterval(() => {}, 1000)`;
        const child = spawn(process.execPath, ['-e', script], {
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        const ended = once(child, 'close');
        t.cleanup(async () => {
          child.kill('SIGKILL');
          await ended;
        });
        await once(child.stdout, 'data');
        const open = await inspect('log', '--chop', '0x100000001', log.path);
        assert.is(open.code, 3);
        assert.match(open.err, `process ${child.pid} has it open`);
      }
      assert.equal(readFileSync(log.path), torn);
      assert.not.ok(existsSync(copyOf(log)));
    });
  },
  LIMIT,
);

suite(
  'vivarium inspect log --chop',
  (test) => {
    test('keeps all up to a transaction, and says what else knows of later ones', async (t) => {
      const log = writeLog(t, FIVE, { synced: 5 });
      const names = ['snapshot.100000004', 'snapshot.100000002', 'log.100000006'];
      for (const name of names) writeFileSync(join(log.folder, name), 'x');
      const { code, out } = await inspect('log', '--chop', '0x100000003', log.path);
      assert.is(code, 0);
      assert.match(out, 'log.100000006');
      assert.match(out, 'snapshot.100000004');
      assert.not.match(out, 'snapshot.100000002');
      assert.equal(readFileSync(log.path), log.bytes.subarray(0, log.records[2]!.end));
      assert.equal(readFileSync(copyOf(log)), log.bytes);
      assert.ok(existsSync(join(log.folder, 'vivarium-before-repair.vivarium-log.100000001')));
      const after = await inspect('log', log.path);
      assert.equal([after.code, after.out.split('\n').length], [0, 4], 'its notes were cut too');
    });

    test('refuses a transaction that is not there, or stands behind damage', async (t) => {
      const log = writeLog(t);
      const gone = await inspect('log', '--chop', '0x100000009', log.path);
      assert.is(gone.code, 2);
      assert.match(gone.err, 'it has no such transaction');
      const damaged = Buffer.from(log.bytes);
      damaged[log.records[1]!.at + 50]! ^= 1;
      writeFileSync(log.path, damaged);
      const behind = await inspect('log', '--chop', '0x100000004', log.path);
      assert.is(behind.code, 1);
      assert.match(behind.err, 'it is damaged before that');
      assert.equal(readFileSync(log.path), damaged);
    });
  },
  LIMIT,
);
