/** Paths at which nothing can be, given to every recipe. */
import { type Client, isZkError, json, text } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import { type Recipes, recipes } from '@vivarium/recipes';
import { firstValueFrom, type Observable } from 'rxjs';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../support/suite.js';

type Call = (r: Recipes, path: string) => unknown;

/** Each recipe, called with nothing wrong but its path. */
const calls: Readonly<Record<keyof Recipes, Call | undefined>> = {
  acquireLock: (r, path) => r.acquireLock(path),
  tryLock: (r, path) => r.tryLock(path),
  withLock: (r, path) => r.withLock(path, () => {}),
  lock$: (r, path) => second(r.lock$(path)),
  lockQueue$: (r, path) => first(r.lockQueue$(path)),
  acquireAll: (r, path) => r.acquireAll(['/fine', path]),
  rwLock: (r, path) => r.rwLock(path).read(),
  acquirePermits: (r, path) => r.acquirePermits(path, { limit: 1 }),
  tryAcquirePermits: (r, path) => r.tryAcquirePermits(path, { limit: 1 }),
  withPermits: (r, path) => r.withPermits(path, () => {}, { limit: 1 }),
  setPermitLimit: (r, path) => r.setPermitLimit(path, 1),
  permits$: (r, path) => first(r.permits$(path)),
  acquireLease: (r, path) => r.acquireLease(path, { ttlMs: 1_000 }),
  tryAcquireLease: (r, path) => r.tryAcquireLease(path, { ttlMs: 1_000 }),
  requestRevocation: (r, path) => r.requestRevocation(path),
  joinGroup: (r, path) => r.joinGroup(path, { id: 'me' }),
  members$: (r, path) => first(r.members$(path)),
  memberChanges$: (r, path) => first(r.memberChanges$(path)),
  registerService: (r, base) => r.registerService({ base, name: 's', id: 'i' }),
  instances$: (r, base) => first(r.instances$('s', { base })),
  picker: (r, base) => r.picker('s', { base }).next(),
  keepNode: (r, path) => r.keepNode(path, 'x'),
  keepTtlNode: (r, path) => r.keepTtlNode(path, 'x', { ttlMs: 1_000 }),
  partitions$: (r, path) => first(r.partitions$(path, { id: 'me', partitions: ['a'] })),
  campaign$: (r, path) => second(r.campaign$(path, { id: 'me' })),
  lead: (r, path) => r.lead(path, () => {}, { id: 'me' }),
  leader$: (r, path) => first(r.leader$(path)),
  contenders$: (r, path) => first(r.contenders$(path)),
  barrier: (r, path) => r.barrier(path).raise(),
  doubleBarrier: (r, path) => r.doubleBarrier(path, { size: 1 }).enter(),
  countDownLatch: (r, path) => r.countDownLatch(path, 1).countDown(),
  phaser: (r, path) => r.phaser(path, { size: 1 }).arriveAndWait(),
  config$: (r, path) => first(r.config$(path, text, { fallback: '' })),
  updateConfig: (r, path) => r.updateConfig(path, text, () => 'x'),
  updateConfigWithHistory: (r, path) => r.updateConfigWithHistory(path, text, () => 'x'),
  configHistory: (r, path) => r.configHistory(path, text),
  rollbackConfig: (r, path) => r.rollbackConfig(path, text, 1),
  configSet$: (r, path) => first(r.configSet$(path, { a: text }, { fallback: { a: '' } })),
  updateConfigSet: (r, path) => r.updateConfigSet(path, { a: text }, () => ({ a: 'x' })),
  counter: (r, path) => r.counter(path).add(1),
  sharedValue: (r, path) => r.sharedValue(path, text, { initial: '' }).set('x'),
  idGenerator: (r, path) => r.idGenerator(path, { block: 1 }).next(),
  workQueue: (r, path) => r.workQueue(path, json()).put(1),
  stm: (r, path) => r.stm((tx) => tx.set(path, 'x')),
  migrate: (r, path) => r.migrate(path, [{ name: 'a', run() {} }]),
  // Has no path.
  pendingCleanups$: undefined,
};

/** They make no nodes, and may look at what the servers keep. */
const readers: readonly (keyof Recipes)[] = [
  'lockQueue$',
  'permits$',
  'members$',
  'memberChanges$',
  'leader$',
  'contenders$',
  'config$',
  'configHistory',
];
const OF_THE_SERVERS = '/zookeeper/x';

const first = (stream: Observable<unknown>) => firstValueFrom(stream);
/** What comes after the word that we are not there yet. */
const second = (stream: Observable<unknown>) =>
  new Promise((_, reject) => stream.subscribe({ error: reject }));

async function outcomeOf(call: Call, r: Recipes, path: string): Promise<unknown> {
  const limit = new Promise((resolve) => setTimeout(resolve, 1_000, 'nothing'));
  try {
    return { value: await Promise.race([call(r, path), limit]) };
  } catch (error) {
    return error;
  }
}

async function everything(zk: Client, path = '/'): Promise<readonly string[]> {
  const { children } = await zk.children(path);
  const below = children
    .filter((name) => name !== 'zookeeper')
    .map((name) => everything(zk, path === '/' ? `/${name}` : `${path}/${name}`));
  return [path, ...(await Promise.all(below)).flat()];
}

suite('every recipe', (test) => {
  const scene = async (t: TestContext) => {
    const local = await startLocal();
    t.cleanup(() => local.stop());
    const zk = await local.connect();
    t.cleanup(() => zk.close());
    return { zk, r: recipes(zk) };
  };

  test('is in the list', async (t) => {
    assert.equal(Object.keys((await scene(t)).r).sort(), Object.keys(calls).sort());
  });

  for (const path of ['', 'relative', '/a//b', '/a/', '/a/../b', '/nul\0', OF_THE_SERVERS]) {
    test(`refuses the path ${JSON.stringify(path)}, and leaves nothing`, async (t) => {
      const { zk, r } = await scene(t);
      const wrong: string[] = [];
      for (const [name, call] of Object.entries(calls)) {
        if (call === undefined) continue;
        const mayRead = path === OF_THE_SERVERS && readers.includes(name as keyof Recipes);
        if (mayRead) continue;
        const outcome = await outcomeOf(call, r, path);
        if (isZkError(outcome, 'BAD_ARGUMENTS') && outcome.message.length > 30) continue;
        wrong.push(`${name}: ${outcome instanceof Error ? outcome : 'not refused'}`);
      }
      assert.equal(wrong, []);
      assert.equal(await everything(zk), ['/']);
      assert.is(zk.stats().subscribers, 0);
    });
  }
});
