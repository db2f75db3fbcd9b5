import { CleanUps } from '@vivarium/recipes/internal/shared/clean-ups';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../../compliance/observe.js';
import { suite } from '../../support/suite.js';
import { refused, scripted, session, statOf } from './scripted-client.js';

/** Answers of `delete`, one after the other; undefined for done. */
function deletions(...errors: readonly (Parameters<typeof refused>[0] | undefined)[]) {
  const left = [...errors];
  return () => {
    const name = left.shift();
    if (name !== undefined) throw refused(name);
  };
}

suite('cleaning up', (test) => {
  test('goes on until the server has confirmed it', async (t) => {
    const answers = deletions('CONNECTION_LOSS', 'SESSION_MOVED', 'CONNECTION_LOSS', undefined);
    const { zk, calls } = scripted({ delete: answers });
    const cleanUps = new CleanUps(zk);
    const pending = record(t, cleanUps.pending$);
    await cleanUps.remove(session.id, '/x');
    assert.is(calls.length, 4);
    assert.equal(pending.values, [0, 1, 0]);
  });

  for (const name of ['NO_NODE', 'SESSION_EXPIRED'] as const) {
    test(`is done when the answer is ${name}`, async () => {
      const { zk, calls } = scripted({ delete: deletions('CONNECTION_LOSS', name) });
      await new CleanUps(zk).remove(session.id, '/x');
      assert.is(calls.length, 2);
    });
  }

  test('fails with what will not change', async (t) => {
    const { zk } = scripted({ delete: deletions('NO_AUTH') });
    const cleanUps = new CleanUps(zk);
    const pending = record(t, cleanUps.pending$);
    assert.is(((await errorOf(cleanUps.remove(session.id, '/x'))) as Error).name, 'NO_AUTH');
    assert.is(pending.last, 0);
  });

  test('waits before it asks a server in trouble again', async () => {
    const waits: number[] = [];
    const { zk, calls } = scripted({
      delete: deletions('SYSTEM_ERROR', 'THROTTLED_OP', undefined),
      clock: {
        now: () => 0,
        setTimer: (delayMs: number, run: () => void) => {
          waits.push(delayMs);
          void Promise.resolve().then(run);
          return () => {};
        },
      },
    });
    await new CleanUps(zk).remove(session.id, '/x');
    assert.equal(waits, [1_000, 1_000]);
    assert.is(calls.length, 3);
  });

  test('of a name that others may use touches only what is ours', async () => {
    let stat = statOf({ ephemeralOwner: 8n });
    const versions: unknown[] = [];
    const { zk, calls } = scripted({
      sync: () => {},
      exists: () => stat,
      delete: (_: string, { version }: { version: number }) => {
        versions.push(version);
      },
    });
    const cleanUps = new CleanUps(zk);
    await cleanUps.removeOwn(session.id, '/x');
    assert.equal(calls, ['sync', 'exists']);
    stat = statOf({ version: 3 });
    await cleanUps.removeOwn(session.id, '/x');
    assert.equal(versions, [3]);
  });

  test('looks again before it deletes a name again: somebody else may have it by then', async () => {
    const stats = [statOf({}), statOf({ ephemeralOwner: 8n })];
    const answers = deletions('CONNECTION_LOSS', undefined);
    const { zk, calls } = scripted({
      sync: () => {},
      exists: () => stats.shift(),
      delete: answers,
    });
    await new CleanUps(zk).removeOwn(session.id, '/x');
    assert.equal(calls, ['sync', 'exists', 'delete', 'sync', 'exists']);
  });

  test('looks at a name again that was written to in between', async () => {
    let version = 3;
    const { zk, calls } = scripted({
      sync: () => {},
      exists: () => statOf({ version }),
      delete: (_: string, options: { version: number }) => {
        if (calls.length > 20) throw new Error('it never ends');
        version = 4;
        if (options.version !== version) throw refused('BAD_VERSION');
      },
    });
    await new CleanUps(zk).removeOwn(session.id, '/x');
    assert.equal(calls, ['sync', 'exists', 'delete', 'sync', 'exists', 'delete']);
  });
});
