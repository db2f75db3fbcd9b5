import { type Client, CREATOR_ALL_ACL, json, text } from '@vivarium/core';
import { pendingCleanups$, recipes, type WorkQueueOptions, workQueue } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite, type TestContext } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const namesIn = async (zk: Client, path: string) => (await zk.children(path)).children;

export function workQueueSuite(name: string, open: () => Promise<Target>): void {
  const scene = async (t: TestContext, count: number, options: WorkQueueOptions = {}) => {
    const { home: path, person } = await stageOf(t, await open());
    const people = await Promise.all(Array.from({ length: count }, () => person()));
    const clients = people.map(({ zk }) => zk);
    const queues = clients.map((zk) => workQueue(zk, path, text, options));
    const depth = record(t, queues[0]!.depth$);
    return { path, people, clients, queues, depth };
  };
  /** Resolves when so many consumers stand in line. */
  const lineOf = async (t: TestContext, zk: Client, path: string, length: number) => {
    const line = record(t, zk.children$(`${path}/takers`));
    await line.until((now) => now.kind === 'present' && now.children.length === length);
  };

  suite(`${name}: a work queue`, (test) => {
    test('gives each job to one consumer, who confirms it, and nothing is left', async (t) => {
      const { path, clients, queues, depth } = await scene(t, 2);
      await depth.until(() => true);
      assert.equal(depth.values, [{ waiting: 0, claimed: 0, dead: 0 }]);
      const id = await queues[0]!.put('one');
      const [node] = await namesIn(clients[0]!, `${path}/jobs`);
      assert.match(node!, new RegExp(`^_c_${id}-500-0-0-job-\\d{10}$`));
      await settle(clients[1]!);
      assert.is(await clients[1]!.getData(`${path}/jobs/${node}`, { codec: text }), 'one');
      const claim = await queues[1]!.take();
      assert.equal([claim.id, claim.value, claim.priority, claim.attempts], [id, 'one', 500, 1]);
      assert.ok(claim.isCertain());
      assert.ok(claim.token.path.startsWith(`${path}/claims/${node}.`));
      await settle(clients[0]!);
      assert.is((await clients[0]!.exists(claim.token.path))!.czxid, claim.token.zxid);
      await depth.until(({ waiting, claimed }) => waiting === 0 && claimed === 1);
      const done = claim.ack();
      assert.is(errorName(claim.signal.reason), 'RELEASED');
      assert.not(claim.isCertain());
      await done;
      await claim.ack();
      assert.is(errorName(await errorOf(claim.nack())), 'RELEASED');
      await depth.until(({ waiting, claimed }) => waiting === 0 && claimed === 0);
      await record(t, pendingCleanups$(clients[0]!)).until((count) => count === 0);
      await record(t, pendingCleanups$(clients[1]!)).until((count) => count === 0);
      await settle(...clients);
      for (const folder of ['jobs', 'claims', 'proofs', 'dead']) {
        assert.equal(await namesIn(clients[0]!, `${path}/${folder}`), [], folder);
      }
      assert.is(clients[1]!.stats().watches, 0);
    });

    test('gives the smallest priority first, and equals in the order they were put', async (t) => {
      const { queues } = await scene(t, 1);
      const [queue] = queues;
      const jobs = [
        ...(['usual 1', 'usual 2'] as const).map((value) => ({ value })),
        { value: 'late', priority: 999 },
        { value: 'first', priority: 0 },
        { value: 'soon 1', priority: 9 },
        { value: 'soon 2', priority: 9 },
        { value: 'next', priority: 10 },
      ];
      for (const { value, ...options } of jobs) await queue!.put(value, options);
      const seen = [];
      for (const _ of jobs) seen.push((await queue!.take()).value);
      const order = ['first', 'soon 1', 'soon 2', 'next', 'usual 1', 'usual 2', 'late'];
      assert.equal(seen, order);
    });

    test('takes what other programs put, in order also where the numbers wrap', async (t) => {
      const { path, clients, queues } = await scene(t, 1);
      const [zk] = clients;
      await queues[0]!.put('ours');
      await (await queues[0]!.take()).ack();
      const names = ['job-2147483646', 'x-job-2147483647', 'job--2147483648', 'job--2147483647'];
      for (const each of [...names].reverse()) await zk!.create(`${path}/jobs/${each}`, each);
      await zk!.create(`${path}/jobs/something else`, 'no job');
      for (const each of names) {
        const claim = await queues[0]!.take();
        assert.equal([claim.value, claim.id, claim.priority], [each, each, 500]);
        await claim.ack();
      }
      assert.equal(await namesIn(zk!, `${path}/jobs`), ['something else']);
      const late = await errorOf(queues[0]!.take({ timeoutMs: 50 }));
      assert.is(errorName(late), 'TIMED_OUT');
    });

    test('lets consumers wait in line, of whom only the first watches the jobs', async (t) => {
      const { path, clients, queues } = await scene(t, 4);
      const [zk, ...others] = clients;
      const taking = [];
      for (let who = 1; who <= 3; who++) {
        taking.push(queues[who]!.take());
        await lineOf(t, zk!, path, who);
      }
      await settle(...others);
      // Each its own place; the first two lists, the others the one before them.
      const watches = () => others.map((each) => each.stats().watches);
      while (watches().join() !== '3,2,2') await settle(...others);
      const told: string[] = [];
      others[2]!.events$.subscribe((event) => told.push(event.path));
      await queues[0]!.put('a');
      const first = await taking[0]!;
      await lineOf(t, zk!, path, 2);
      while (watches().join() !== '1,3,2') await settle(...others);
      assert.equal(told, []);
      await Promise.all([queues[0]!.put('b'), queues[0]!.put('c')]);
      const claims = [first, ...(await Promise.all(taking.slice(1)))];
      assert.equal(claims.map(({ value }) => value).sort(), ['a', 'b', 'c']);
      for (const claim of claims) await claim.ack();
      await lineOf(t, zk!, path, 0);
      while (watches().join() !== '0,0,0') await settle(...others);
    });

    test('gives back at once, or after a while, at the place where the job was', async (t) => {
      const { path, clients, queues, depth } = await scene(t, 1);
      const [zk] = clients;
      const [queue] = queues;
      const id = await queue!.put('one');
      await queue!.put('two');
      await (await queue!.take()).nack();
      await depth.until(({ waiting, claimed }) => waiting === 2 && claimed === 0);
      const again = await queue!.take();
      assert.equal([again.id, again.value, again.attempts], [id, 'one', 2]);
      const number = again.token.path.match(/job-(\d{10})/)![1];
      await again.nack({ delayMs: 400 });
      const names = await namesIn(zk!, `${path}/jobs`);
      const due = Number(names.find((each) => each.includes(id))!.match(/-500-(\d+)-2-job-/)![1]);
      const other = await queue!.take();
      assert.is(other.value, 'two');
      await other.nack();
      // It has kept its number, and goes first when it is due.
      const stamp = async (claimPath: string) => (await zk!.exists(claimPath))!.ctime;
      const claims = [await queue!.take(), await queue!.take()];
      const late = claims.find((claim) => claim.id === id)!;
      assert.equal([late.value, late.attempts], ['one', 3]);
      assert.is(late.token.path.match(/job-(\d{10})/)![1], number);
      assert.ok((await stamp(late.token.path)) >= due);
      for (const claim of claims) await claim.ack();
      await depth.until(({ waiting, claimed }) => waiting + claimed === 0);
    });

    test('keeps a delayed job back until it is due, and wakes who waits for it', async (t) => {
      const { path, clients, queues } = await scene(t, 2);
      const [zk] = clients;
      const tomorrow = await queues[0]!.put('tomorrow', { delayMs: 86_400_000, priority: 0 });
      await queues[0]!.put('now');
      const now = await queues[1]!.take();
      assert.is(now.value, 'now');
      await now.ack();
      await queues[0]!.put('later', { delayMs: 300, priority: 0 });
      const names = await namesIn(zk!, `${path}/jobs`);
      const node = names.find((each) => !each.includes(tomorrow));
      const due = Number(node!.match(/-0-(\d+)-0-job-/)![1]);
      const created = (await zk!.exists(`${path}/jobs/${node}`))!.ctime;
      assert.ok(due >= created - 10_000 && due <= created + 300);
      const claim = await queues[1]!.take();
      assert.is(claim.value, 'later');
      assert.ok((await zk!.exists(claim.token.path))!.ctime >= due);
      await claim.ack();
    });

    test('moves what was delivered too often to the dead letters, with the reason', async (t) => {
      const { path, people, clients, queues, depth } = await scene(t, 2, { maxAttempts: 2 });
      const [zk] = clients;
      await queues[0]!.put('bad');
      await (await queues[0]!.take()).nack({ reason: 'first' });
      await (await queues[0]!.take()).nack({ delayMs: 5, reason: 'it is broken' });
      await depth.until(({ waiting, dead }) => waiting === 0 && dead === 1);
      const [node] = await namesIn(zk!, `${path}/dead`);
      const letter = `${path}/dead/${node}`;
      assert.is(await zk!.getData(letter, { codec: text }), 'bad');
      const why = await zk!.getData(`${letter}/reason`, { codec: text });
      assert.is(why, 'delivered 2 times; then: it is broken');
      await queues[0]!.put('deadly');
      await (await queues[0]!.take()).nack();
      assert.is((await queues[1]!.take()).attempts, 2);
      await people[1]!.faults.endSession();
      people[1]!.faults.cut();
      await queues[0]!.put('good');
      assert.is((await queues[0]!.take()).value, 'good');
      await depth.until(({ waiting, dead }) => waiting === 0 && dead === 2);
      const second = (await namesIn(zk!, `${path}/dead`)).find((each) => each !== node);
      const reason = await zk!.getData(`${path}/dead/${second}/reason`, { codec: text });
      assert.is(reason, 'delivered 2 times, and never confirmed');
    });

    test('moves what the format refuses to the dead letters, and goes on', async (t) => {
      const { path, clients, depth } = await scene(t, 1);
      const [zk] = clients;
      const queue = recipes(zk!).workQueue<{ n: number }>(path, json());
      await queue.put({ n: 1 });
      await zk!.create(`${path}/jobs/job-`, 'rubbish', { mode: 'persistentSequential' });
      await queue.put({ n: 2 });
      assert.equal([(await queue.take()).value, (await queue.take()).value], [{ n: 1 }, { n: 2 }]);
      await depth.until(
        ({ waiting, claimed, dead }) => waiting === 0 && claimed === 2 && dead === 1,
      );
      const [node] = await namesIn(zk!, `${path}/dead`);
      const why = await zk!.getData(`${path}/dead/${node}/reason`, { codec: text });
      assert.match(why, /^the codec json refuses it: SyntaxError/);
      assert.is(await zk!.getData(`${path}/dead/${node}`, { codec: text }), 'rubbish');
    });

    test('takes no more jobs than it may have', async (t) => {
      const { path, queues } = await scene(t, 1, { maxDepth: 2 });
      await queues[0]!.put('one');
      await queues[0]!.put('two');
      const full = await errorOf(queues[0]!.put('three'));
      assert.is(errorName(full), 'QUEUE_FULL');
      assert.is(String(full), `QUEUE_FULL: ${path}: it has 2 jobs, and may have 2 (QUEUE_FULL)`);
      await (await queues[0]!.take()).ack();
      await queues[0]!.put('three');
    });

    test('refuses bad options and paths at the call', async (t) => {
      const { path, clients, queues } = await scene(t, 1);
      const [zk] = clients;
      for (const bad of ['', 'q', '/', '/q/', '/a/../b', '/zookeeper', '/zookeeper/q']) {
        assert.throws(() => workQueue(zk!, bad, text), /BAD_ARGUMENTS/, bad);
      }
      for (const bad of [0, -1, 1.5, Number.NaN]) {
        assert.throws(() => workQueue(zk!, path, text, { maxAttempts: bad }), /maxAttempts is/);
        assert.throws(() => workQueue(zk!, path, text, { maxDepth: bad }), /maxDepth is/);
        const working = queues[0]!.work(() => {}, { concurrency: bad });
        assert.match(String(await errorOf(working)), /concurrency is/);
      }
      for (const bad of [-1, 1.5, 1000]) {
        assert.match(String(await errorOf(queues[0]!.put('', { priority: bad }))), /priority is/);
      }
      for (const bad of [-1, 1.5, Number.POSITIVE_INFINITY]) {
        assert.match(String(await errorOf(queues[0]!.put('', { delayMs: bad }))), /delayMs is/);
      }
      const strict = workQueue<unknown>(zk!, path, json());
      assert.is(errorName(await errorOf(strict.put(() => {}))), 'BAD_ARGUMENTS');
      assert.is(await zk!.exists(path), undefined);
      await queues[0]!.put('one');
      const claim = await queues[0]!.take();
      assert.match(String(await errorOf(claim.nack({ delayMs: -1 }))), /delayMs is -1/);
      assert.ok(claim.isCertain());
      await claim.ack();
    });

    test('says so to those who may not, and leaves nothing of theirs', async (t) => {
      const { path, clients } = await scene(t, 2);
      const [a, b] = clients;
      await a!.addAuth({ scheme: 'digest', auth: 'a:secret' });
      const ours = workQueue(a!, path, text, { acl: CREATOR_ALL_ACL });
      const theirs = workQueue(b!, path, text);
      await ours.put('one', { delayMs: 1 });
      assert.is(errorName(await errorOf(theirs.put('two'))), 'NO_AUTH');
      assert.is(errorName(await errorOf(theirs.take())), 'NO_AUTH');
      assert.is(errorName(await errorOf(theirs.work(() => {}))), 'NO_AUTH');
      const claim = await ours.take();
      assert.is(claim.value, 'one');
      await claim.ack();
      await record(t, pendingCleanups$(b!)).until((count) => count === 0);
    });

    test('leaves nothing behind when a consumer gives up', async (t) => {
      const { path, clients, queues } = await scene(t, 2);
      const giveUp = new AbortController();
      const first = errorOf(queues[1]!.take({ signal: giveUp.signal }));
      await lineOf(t, clients[0]!, path, 1);
      const second = errorOf(queues[1]!.take({ signal: giveUp.signal }));
      await lineOf(t, clients[0]!, path, 2);
      giveUp.abort('enough');
      assert.equal([await first, await second], ['enough', 'enough']);
      await lineOf(t, clients[0]!, path, 0);
      assert.is(await errorOf(queues[1]!.take({ signal: giveUp.signal })), 'enough');
      await settle(...clients);
      assert.is(clients[1]!.stats().watches, 0);
    });

    test('lets a handler work for so many at a time, tries again, and stops when told', async (t) => {
      const { queues, depth } = await scene(t, 2);
      const stop = new AbortController();
      const seen: string[] = [];
      let [now, most] = [0, 0];
      let isLast = () => {};
      const last = new Promise<void>((resolve) => {
        isLast = resolve;
      });
      const options = { concurrency: 3, retryAfterMs: 1, signal: stop.signal };
      const working = queues[1]!.work(async (claim, ending) => {
        now++;
        most = Math.max(most, now);
        await claim.token;
        await new Promise<void>((resolve) => {
          if (claim.value === 'last') ending.addEventListener('abort', () => resolve());
          else queues[0]!.put(`of ${claim.value}`, { delayMs: 86_400_000 }).then(() => resolve());
          if (claim.value === 'last') isLast();
        });
        now--;
        seen.push(`${claim.value} ${claim.attempts}`);
        if (claim.value === 'fails' && claim.attempts < 3) throw new Error('not yet');
        if (claim.value === 'itself') await claim.nack({ delayMs: 86_400_000 });
      }, options);
      for (const value of ['a', 'b', 'c', 'fails', 'itself']) await queues[0]!.put(value);
      await depth.until(({ waiting, claimed }) => claimed === 0 && waiting === 8);
      await queues[0]!.put('last');
      await last;
      stop.abort('enough');
      await working;
      await depth.until(({ waiting, claimed }) => claimed === 0 && waiting === 8);
      assert.equal(seen.sort(), [
        ...['a 1', 'b 1', 'c 1', 'fails 1', 'fails 2', 'fails 3', 'itself 1', 'last 1'],
      ]);
      assert.ok(most <= 3, `${most} at a time`);
      await queues[1]!.work(() => assert.unreachable(), { signal: stop.signal });
    });
  });
}
