import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect, text } from '@vivarium/core';
import * as assert from 'uvu/assert';
import type { Child } from '../support/child.js';
import { freePorts } from '../support/free-ports.js';
import { suite, type TestContext } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';
import { shell, vivarium } from '../support/vivarium.js';

const LIMIT = { timeoutMs: 120_000 };
const FREE = ['--port', '0'];

interface Row {
  readonly id: string;
  readonly place: string;
  readonly pid: number;
  readonly mode: string;
}

interface Ensemble extends Child {
  readonly connectString: string;
  readonly rows: readonly Row[];
}

/** Runs the command and waits for what a person reads first. */
async function ensemble(
  t: TestContext,
  words: readonly string[],
  cwd = tempFolder(t),
): Promise<Ensemble> {
  const child = vivarium(t, words, { cwd });
  await child.says(/now\.children\)\);\n/);
  const { out } = child.output;
  const rows = [...out.matchAll(/^ {4}server (\d) {2}(\S+) {2}pid (\d+) {2}(.+)$/gm)].map(
    ([, id, place, pid, mode]): Row => ({ id: id!, place: place!, pid: Number(pid), mode: mode! }),
  );
  return { ...child, rows, connectString: /connect {2}(\S+)\n/.exec(out)![1]! };
}

async function stop(running: Child): Promise<void> {
  running.kill('SIGINT');
  assert.is(await running.ended, 0, running.output.err);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));
}

suite(
  'npm start',
  (test) => {
    test('runs three servers, and nothing breaks when the one that leads is killed', async (t) => {
      const cwd = tempFolder(t);
      const running = await ensemble(t, ['start', ...FREE], cwd);
      const modes = running.rows.map(({ mode }) => mode).sort();
      assert.equal(modes, ['follower', 'follower', 'leader']);
      assert.is(running.rows.map(({ place }) => place).join(), running.connectString);
      assert.is(new Set(running.rows.map(({ pid }) => pid)).size, 3);

      const [first, second] = running.rows as [Row, Row];
      const members = await shell(t, second.place, { words: ['config', '-c'] });
      assert.is(members.out, `0 ${running.connectString}\n`);
      const created = await shell(t, first.place, { words: ['create', '/hello', 'world'] });
      assert.is(created.err, 'Created /hello\n');
      const zk = await connect(running.connectString);
      t.cleanup(() => zk.close());
      await zk.sync();
      assert.is((await shell(t, second.place, { words: ['get', '/hello'] })).out, 'world\n');

      const { id, pid } = running.rows.find(({ mode }) => mode === 'leader')!;
      const { out } = running.output;
      assert.match(out, `kill -9 ${pid}\n`);
      process.kill(pid, 'SIGKILL');
      const gone = `server ${id} \\(pid ${pid}\\) is gone: it was ended by SIGKILL; 2 of 3`;
      await running.says(new RegExp(gone));
      await running.says(/server \d leads now/);
      await zk.sync();
      assert.is(await zk.getData('/hello', { codec: text }), 'world');

      const config = /npx vivarium server (\S+)\n/.exec(out)![1]!;
      const back = vivarium(t, ['server', config]);
      await back.says(/"event":"member.serving"/);
      await stop(back);
      await zk.close();
      await stop(running);
      assert.match(running.output.out, `Stopped. All that was acknowledged is in ${cwd}`);

      const again = await ensemble(t, ['start', ...FREE], cwd);
      assert.is((await shell(t, again.connectString, { words: ['get', '/hello'] })).out, 'world\n');
      await stop(again);
    });

    test('finds its servers and ports again', async (t) => {
      const data = join(tempFolder(t), 'deep', 'data ä');
      const words = ['ensemble', '--data', data, '--observers', '1'];
      const first = await ensemble(t, [...words, ...FREE]);
      assert.is(first.rows[3]!.mode, 'observer');
      const lines = (id: number) => readFileSync(join(data, String(id), 'zoo.cfg'), 'latin1');
      const before = lines(4);
      await stop(first);
      rmSync(join(data, '1'), { recursive: true });
      const second = await ensemble(t, ['ensemble', '--data', data]);
      assert.is(second.connectString, first.connectString);
      assert.is(lines(4), before);
      await stop(second);
      const other = vivarium(t, ['ensemble', '--data', data, '--servers', '5']);
      assert.is(await other.ended, 2);
      assert.match(other.output.err, 'holds an ensemble of 3 servers and 1 observers');
    });

    test('refuses the data of a single server, and the way to bring it in is one', async (t) => {
      const cwd = tempFolder(t);
      const single = vivarium(t, ['start', '--single', ...FREE], { cwd });
      const [, place] = await single.says(/connect {2}(\S+)\n/);
      await shell(t, place!, { words: ['create', '/old', 'data'] });
      await stop(single);

      const refused = vivarium(t, ['start', ...FREE], { cwd });
      assert.is(await refused.ended, 3);
      const told = refused.output.err.split('\n').map((line) => line.replace(/^vivarium: +/, ''));
      assert.match(
        told[0]!,
        `${join(cwd, 'data', '1')} holds the data of a server that stood alone`,
      );
      assert.not(existsSync(join(cwd, 'data', '2')), 'nothing was changed');
      for (const line of told) {
        const copy = /^cp -R (\S+) (\S+)$/.exec(line);
        if (copy !== null) cpSync(copy[1]!, copy[2]!, { recursive: true });
        const markers = /^rm (.+)$/.exec(line)?.[1]?.split(' ') ?? [];
        for (const marker of markers) rmSync(marker);
      }
      const running = await ensemble(t, ['start', ...FREE], cwd);
      for (const { place: at } of running.rows) {
        assert.is((await shell(t, at, { words: ['get', '/old'] })).out, 'data\n');
      }
      await stop(running);
      const back = vivarium(t, ['start', '--single', ...FREE], { cwd });
      assert.is(await back.ended, 3);
      assert.match(back.output.err, 'is of a server of an ensemble');
    });
  },
  LIMIT,
);

suite(
  'vivarium ensemble',
  (test) => {
    test('runs in one process, or in memory alone, when it is told to', async (t) => {
      const cwd = tempFolder(t);
      for (const words of [['--in-process', '--servers', '5'], ['--memory']]) {
        const running = await ensemble(t, ['ensemble', ...words, ...FREE], cwd);
        assert.equal(new Set(running.rows.map(({ pid }) => pid)), new Set([running.pid]));
        const made = await shell(t, running.connectString, { words: ['create', '/a'] });
        assert.is(made.err, 'Created /a\n');
        await stop(running);
        assert.is(existsSync(join(cwd, 'data')), !words.includes('--memory'));
        rmSync(join(cwd, 'data'), { recursive: true, force: true });
      }
    });

    test('leaves no server behind when it is killed itself', async (t) => {
      const running = await ensemble(t, ['ensemble', ...FREE]);
      running.kill('SIGKILL');
      await untilGone(running.rows.map(({ pid }) => pid));
    });

    test('ends when one of its servers cannot start, with what that one says', async (t) => {
      const [port] = await freePorts(1);
      const other = createServer();
      t.cleanup(() => other.close());
      await new Promise<void>((resolve) => other.listen(port! + 1, '127.0.0.1', resolve));
      const child = vivarium(t, ['ensemble', '--port', String(port)], { cwd: tempFolder(t) });
      assert.is(await child.ended, 1);
      assert.match(
        child.output.err,
        `server 2: vivarium: Cannot listen: 127.0.0.1, port ${port! + 1}`,
      );
    });

    test('says what is allowed', async (t) => {
      const cwd = tempFolder(t);
      mkdirSync(join(cwd, 'version-2'));
      const refusals: readonly (readonly [readonly string[], RegExp])[] = [
        [['--servers', '4'], /--servers 4 is not allowed; allowed: 3, 5, 7/],
        [['--observers', 'two'], /--observers two is not allowed; allowed: a whole number/],
        [['--memory', '--data', 'x'], /leave --data out/],
        [['--data', '.'], /is the data folder of a server/],
      ];
      for (const [words, reason] of refusals) {
        const child = vivarium(t, ['ensemble', ...words], { cwd });
        assert.is(await child.ended, 2);
        assert.match(child.output.err, reason);
      }
    });
  },
  LIMIT,
);
