import { withLock } from '@vivarium/recipes';
import { lockQueue } from '@vivarium/recipes/internal/lock/lock-queues';
import { contend } from '@vivarium/recipes/internal/shared/contend';
import * as assert from 'uvu/assert';
import { errorOf } from '../../compliance/observe.js';
import { suite } from '../../support/suite.js';
import { refused, scripted, session, statOf } from './scripted-client.js';

const contest = { queue: lockQueue, parent: '/q', signal: new AbortController().signal };

/** Answers to a contender that nobody is before: its own name is the first of the queue. */
function firstInQueue() {
  const queue = {
    name: '',
    create(path: string) {
      queue.name = `${path.slice('/q/'.length)}0000000001`;
      return { path: `/q/${queue.name}`, stat: statOf({}) };
    },
    children: () => ({ children: [queue.name] }),
  };
  return queue;
}

suite('contending', (test) => {
  test('waits for those before the wrap of the counter, though they sort after it', async () => {
    const before = ['a-lock-2147483646', 'a-lock-2147483647'];
    let ours = '';
    const watched: string[] = [];
    let fire = () => {};
    const { zk } = scripted({
      create: (path: string) => {
        ours = `${path.slice('/q/'.length)}-2147483648`;
        return { path: `/q/${ours}`, stat: statOf({ czxid: 9n }) };
      },
      children: (path: string, { watch }: { watch?: () => void }) => {
        if (watch === undefined) return { children: [ours, ...before].sort() };
        watched.push(path);
        fire = watch;
        return { children: [], stat: statOf({}) };
      },
      get: (path: string) => {
        watched.push(path);
        return { stat: statOf({}) };
      },
      delete: () => {},
    });
    const holding = contend(zk, contest);
    for (const name of ['a-lock-2147483647', 'a-lock-2147483646']) {
      while (watched.at(-1) !== `/q/${name}`) await Promise.resolve();
      before.splice(before.indexOf(name), 1);
      fire();
    }
    const hold = await holding;
    assert.is(hold?.token.zxid, 9n);
    // Our own is watched from the beginning.
    assert.equal(watched, [`/q/${ours}`, '/q/a-lock-2147483647', '/q/a-lock-2147483646']);
    await hold?.release();
  });

  test('is not given the lock by a node that is another session’s', async () => {
    let isOld = true;
    let creations = 0;
    const { zk } = scripted({
      create: (path: string) => {
        creations++;
        return { path: `${path}000000000${creations}`, stat: statOf({}) };
      },
      children: () => ({ children: [`_c_${guid(creations)}-lock-000000000${creations}`] }),
      get: () => {
        const ephemeralOwner = isOld ? 6n : session.id;
        isOld = false;
        return { stat: statOf({ ephemeralOwner }) };
      },
      delete: () => {},
    });
    const thrown = new Promise((resolve) => process.once('unhandledRejection', resolve));
    const requeued = () => {
      throw new Error('what a listener throws is nobody’s to catch');
    };
    const hold = await contend(zk, { ...contest, requeued });
    assert.is(creations, 2);
    assert.match(((await thrown) as Error).message, 'nobody’s to catch');
    await hold?.release();
  });

  test('fails when the list of waiters is longer than an answer can be', async () => {
    const deleted: string[] = [];
    const { zk } = scripted({
      create: (path: string) => ({ path: `${path}0000000001`, stat: statOf({}) }),
      children: () => {
        throw refused('MARSHALLING_ERROR');
      },
      delete: (path: string) => {
        deleted.push(path);
      },
    });
    const error = await errorOf(contend(zk, contest));
    assert.is((error as Error).name, 'QUEUE_TOO_LONG');
    assert.is(deleted.length, 1);
  });

  test('asks the server once more when it is first but not certain of its session', async () => {
    let isSure = false;
    let name = '';
    const { zk, calls } = scripted({
      isCertain: () => isSure,
      create: (path: string) => {
        name = `${path.slice('/q/'.length)}0000000001`;
        return { path: `/q/${name}`, stat: statOf({}) };
      },
      children: () => ({ children: [name] }),
      sync: () => {
        isSure = true;
      },
      get: () => ({ stat: statOf({}) }),
      delete: () => {},
    });
    const hold = await contend(zk, contest);
    assert.equal(calls, ['create', 'get', 'children', 'sync', 'children']);
    await hold?.release();
  });

  test('is given up when the grant and the end of patience meet in one turn', async () => {
    const giveUp = new AbortController();
    const deleted: string[] = [];
    const first = firstInQueue();
    const { zk } = scripted({
      ...first,
      get: () => {
        giveUp.abort('late');
        return { stat: statOf({}) };
      },
      delete: (path: string) => {
        deleted.push(path);
      },
    });
    assert.is(await errorOf(contend(zk, { ...contest, signal: giveUp.signal })), 'late');
    assert.equal(deleted, [`/q/${first.name}`]);
  });

  test('by trying alone ends in time, though the answer to its departure does not come', async () => {
    const giveUp = new AbortController();
    const { zk } = scripted({
      create: (path: string) => ({ path: `${path}0000000002`, stat: statOf({}) }),
      children: () => ({
        children: ['a-lock-0000000001', `_c_${guid(1)}-lock-0000000002`],
      }),
      delete: () => {
        giveUp.abort('late');
        return new Promise(() => {});
      },
    });
    const trying = contend(zk, { ...contest, waits: false, signal: giveUp.signal });
    assert.is(await errorOf(trying), 'late');
  });

  test('fails when no answer could ever make the client certain', async () => {
    const { zk, calls } = scripted({
      isCertain: () => false,
      certainUntil: 0,
      lastAckSentAt: 100,
      sessionTimeoutMs: 1_000,
      create: (path: string) => ({ path: `${path}0000000001`, stat: statOf({}) }),
      children: () => ({ children: [`_c_${guid(1)}-lock-0000000001`] }),
      sync: () => {
        if (calls.length > 20) throw new Error('it never ends');
      },
      delete: () => {},
    });
    const error = await errorOf(contend(zk, contest));
    assert.match(String(error), /marginMs.*BAD_ARGUMENTS/);
  });
});

suite('work under a lock', (test) => {
  test('that fails is told of by its own error, with that of the release as its cause', async () => {
    const { zk } = scripted({
      ...firstInQueue(),
      get: () => ({ stat: statOf({}) }),
      delete: () => {
        throw refused('NO_AUTH');
      },
    });
    const failing = withLock(zk, '/q', () => {
      throw new Error('mine');
    });
    const error = (await errorOf(failing)) as Error;
    assert.is(error.message, 'mine');
    assert.is((error.cause as Error).name, 'NO_AUTH');
    const done = withLock(zk, '/q', () => 'done');
    assert.is(((await errorOf(done)) as Error).name, 'NO_AUTH');
  });
});

suite('asking the servers about a hold', (test) => {
  test('ends with the hold, though no server answers', async () => {
    let isSure = true;
    let name = '';
    const { zk } = scripted({
      isCertain: () => isSure,
      create: (path: string) => {
        name = `${path.slice('/q/'.length)}0000000001`;
        return { path: `/q/${name}`, stat: statOf({}) };
      },
      children: () => ({ children: [name] }),
      get: () => ({ stat: statOf({}) }),
      sync: () => new Promise(() => {}),
      delete: () => {},
    });
    const hold = await contend(zk, contest);
    const asking = errorOf(hold!.verify());
    isSure = false;
    assert.not(hold!.isCertain());
    assert.is(((await asking) as Error).name, 'HOLD_LOST');
  });
});

/** The mark of the n-th attempt in the session of the script. */
function guid(count: number): string {
  return `00000000-0000-0007-0000-${String(count).padStart(12, '0')}`;
}
