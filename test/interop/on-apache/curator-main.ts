/**
 * One queue for Curator's clients and ours: who holds keeps the other out, and each is next when it
 * is its turn. Not part of `npm test`, which has no Java.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { connect } from '@vivarium/core';
import {
  acquireLock,
  campaign$,
  type Leadership,
  requestRevocation,
  tryLock,
} from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { record } from '../../compliance/observe.js';
import { suite, type TestContext } from '../../support/suite.js';
import { tempFolder } from '../../support/temp-folder.js';
import { endWithThisProcess } from '../apache.js';
import { curatorProgram } from '../clients/programs.js';
import { nameOf, type ServerKind, startServer } from '../server-process.js';

const kind = (process.argv[2] ?? 'vivarium') as ServerKind;
const LIMIT = { timeoutMs: 60_000 };
const LOCK = '/mixed/lock';
const LATCH = '/mixed/latch';

/** Curator's side, which does as it is told. */
class Curator {
  readonly #child: ChildProcess;
  readonly #waiting: ((line: string) => void)[] = [];
  readonly ready: Promise<string>;

  constructor(command: string, words: readonly string[]) {
    this.#child = spawn(command, words, { stdio: ['pipe', 'pipe', 'ignore'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) =>
      this.#waiting.shift()?.(line),
    );
    const forget = endWithThisProcess(this.#child);
    this.#child.on('close', forget);
    this.ready = this.#answer();
  }

  #answer(): Promise<string> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  ask(order: string): Promise<string> {
    this.#child.stdin!.write(`${order}\n`);
    return this.#answer();
  }

  end(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#child.on('close', () => resolve()));
    this.#child.stdin!.end();
    return ended;
  }
}

/** Curator, connected to a server. */
async function curatorOf(t: TestContext, address: string): Promise<Curator> {
  const { command, words } = await curatorProgram('Contender');
  const filled = words.map((word) => (word === 'ADDRESS' ? address : word));
  const theirs = new Curator(command, filled);
  t.cleanup(() => theirs.end());
  assert.is(await theirs.ready, 'ready');
  return theirs;
}

async function stage(t: TestContext) {
  const server = await startServer(kind, { dataDir: tempFolder(t) });
  t.cleanup(() => server.stop());
  const address = `127.0.0.1:${server.port}`;
  const theirs = await curatorOf(t, address);
  const zk = await connect(address);
  t.cleanup(() => zk.close());
  /** Waits until so many stand in a queue. */
  const standing = async (path: string, count: number) => {
    while ((await zk.children(path)).children.length < count) await zk.sync();
  };
  const pause = () => new Promise<void>((resolve) => zk.clock.setTimer(300, resolve));
  return { theirs, zk, standing, pause, address };
}

suite(
  `Curator and Vivarium's recipes on ${nameOf(kind)}`,
  (test) => {
    test('have one lock, first come first served', async (t) => {
      const { theirs, zk, standing, pause } = await stage(t);
      const first = await acquireLock(zk, LOCK);
      assert.is(await theirs.ask('try'), 'try false');
      let isTheirs = false;
      const acquiring = theirs.ask('acquire').then((said) => {
        isTheirs = true;
        return said;
      });
      await standing(LOCK, 2);
      const waiting = acquireLock(zk, LOCK);
      await standing(LOCK, 3);
      await pause();
      assert.not(isTheirs);
      await first.release();
      assert.is(await acquiring, 'acquired');
      assert.is(await tryLock(zk, LOCK), null);
      assert.is(await theirs.ask('release'), 'released');
      const second = await waiting;
      assert.ok(second.isCertain());
      await second.release();
    });

    test('ask each other for the lock, and give it back', async (t) => {
      const { theirs, zk, standing, address } = await stage(t);
      const first = await acquireLock(zk, LOCK);
      const acquiring = theirs.ask('revocable');
      await standing(LOCK, 2);
      const told = record(t, first.status$);
      // Our own node is the first of all who take part.
      const other = await curatorOf(t, address);
      assert.is(await other.ask('revoke'), 'revoked');
      await told.until((status) => status === 'revoking');
      await first.release();
      assert.is(await acquiring, 'acquired');
      const waiting = acquireLock(zk, LOCK);
      await standing(LOCK, 2);
      const { asked } = await requestRevocation(zk, LOCK);
      assert.is(asked.length, 1);
      assert.is(await theirs.ask('asked'), 'asked true');
      assert.is(await theirs.ask('release'), 'released');
      await (await waiting).release();
    });

    test('elect one leader, and each sees who it is', async (t) => {
      const { theirs, zk, standing } = await stage(t);
      const isLeader = ({ role }: Leadership) => role === 'leader';
      const first = record(t, campaign$(zk, LATCH, { id: 'ours' }));
      await first.until(isLeader);
      assert.is(await theirs.ask('stand'), 'standing');
      assert.is(await theirs.ask('leads'), 'leads false');
      assert.is(await theirs.ask('leader'), 'leader ours');
      first.unsubscribe();
      await standing(LATCH, 1);
      assert.is(await theirs.ask('leads'), 'leads true');
      const second = record(t, campaign$(zk, LATCH, { id: 'ours' }));
      await second.until((now) => now.role === 'follower' && now.ahead === 1);
      assert.is(await theirs.ask('leader'), 'leader theirs');
      assert.is(await theirs.ask('withdraw'), 'withdrawn');
      await second.until(isLeader);
    });
  },
  LIMIT,
);
