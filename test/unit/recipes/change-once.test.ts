import type { Client } from '@vivarium/core';
import { type MultiOp, ZkError } from '@vivarium/core';
import { changeOnce } from '@vivarium/recipes/internal/shared/change-once';
import { of } from 'rxjs';
import * as assert from 'uvu/assert';
import { errorOf } from '../../compliance/observe.js';
import { suite } from '../../support/suite.js';
import { refused, scripted, session, statOf } from './scripted-client.js';

const signal = new AbortController().signal;
const make = (now: { readonly bytes: Uint8Array } | undefined) =>
  Uint8Array.of((now?.bytes[0] ?? 0) + 1);
const change = { make, signal, lingerMs: 1_000 };

/** A value and a marker, as one server that takes writes has them. */
class Store {
  value: { readonly data: Uint8Array; readonly version: number } = {
    data: Uint8Array.of(0),
    version: 0,
  };
  marker: number | undefined;
  zxid = 1n;

  apply(ops: readonly MultiOp[]): readonly unknown[] {
    const set = ops[0] as { readonly data: Uint8Array };
    this.value = { data: set.data, version: this.value.version + 1 };
    this.marker! += 1;
    this.zxid++;
    return [this.stat, statOf({ version: this.marker!, mzxid: this.zxid })];
  }

  get stat() {
    return statOf({ version: this.value.version, mzxid: this.zxid });
  }

  /** Answers of a server that has all of it. */
  readonly answers = {
    create: () => {
      this.marker = 0;
      return { path: '', stat: statOf({}) };
    },
    sync: (): void => {},
    get: () => ({ data: this.value.data, stat: this.stat }),
    multi: (ops: readonly MultiOp[]): readonly unknown[] => this.apply(ops),
    exists: (path: string) =>
      path.includes('_op_') ? statOf({ version: this.marker!, mzxid: this.zxid }) : this.stat,
    delete: (): void => {},
  };
}

/** A clock on which no time passes until the end of a timer. */
function hasty(delays: number[] = []): Client['clock'] {
  return {
    now: () => 0,
    setTimer: (delayMs, run) => {
      delays.push(delayMs);
      queueMicrotask(run);
      return () => {};
    },
  };
}

suite('changing a value once although answers get lost', (test) => {
  test('asks the marker only after a sync: the next server may be behind', async () => {
    const store = new Store();
    let before: Store['marker'] | 'known';
    const { zk, calls } = scripted({
      ...store.answers,
      multi: (ops: readonly MultiOp[]) => {
        before = store.marker;
        store.apply(ops);
        throw refused('CONNECTION_LOSS');
      },
      sync: () => {
        before = 'known';
      },
      exists: () => statOf({ version: before === 'known' ? store.marker! : before!, mzxid: 9n }),
    });
    const written = await changeOnce(zk, '/x', change);
    assert.equal(calls, ['create', 'sync', 'get', 'multi', 'sync', 'exists']);
    assert.equal([written!.bytes[0], written!.version, written!.mzxid], [1, 1, 9n]);
    assert.is(store.value.version, 1);
  });

  test('asks once more when another server answered half of it', async () => {
    const store = new Store();
    let looks = 0;
    const { zk, calls } = scripted({
      ...store.answers,
      multi: (ops: readonly MultiOp[]) => {
        store.apply(ops);
        throw refused('CONNECTION_LOSS');
      },
      exists: () => {
        if (++looks > 1) return statOf({ version: store.marker! });
        (zk as { generation: number }).generation = 2;
        return statOf({ version: 0 });
      },
    });
    await changeOnce(zk, '/x', change);
    assert.equal(calls.slice(3), ['multi', 'sync', 'exists', 'sync', 'exists']);
    assert.is(store.value.version, 1);
  });

  test('tells of each answer in doubt, whatever its name, whether it happened', async () => {
    const names = [
      'SYSTEM_ERROR',
      'OPERATION_TIMEOUT',
      'CONNECTION_LOSS',
      'SESSION_MOVED',
    ] as const;
    for (const name of names) {
      for (const happens of [true, false]) {
        if (happens && name === 'SESSION_MOVED') continue;
        const store = new Store();
        let writes = 0;
        const { zk } = scripted({
          ...store.answers,
          multi: (ops: readonly MultiOp[]) => {
            if (++writes > 1 || happens) store.apply(ops);
            if (writes === 1) throw refused(name);
            return [store.stat, statOf({ version: store.marker!, mzxid: store.zxid })];
          },
          clock: hasty(),
        });
        const written = await changeOnce(zk, '/x', change);
        assert.is(written!.bytes[0], 1, `${name} ${happens}`);
        assert.equal([store.value.version, writes], [1, happens ? 1 : 2]);
      }
    }
  });

  test('has a marker whose creation is in doubt removed, and makes another', async () => {
    const store = new Store();
    const made: string[] = [];
    const removed: string[] = [];
    const { zk } = scripted({
      ...store.answers,
      create: (path: string) => {
        made.push(path);
        if (made.length === 1) throw refused('CONNECTION_LOSS');
        return store.answers.create();
      },
      delete: (path: string) => {
        removed.push(path);
      },
    });
    await changeOnce(zk, '/x', change);
    assert.is(new Set(made).size, 2);
    assert.equal(removed, [made[0]]);
  });

  test('gives up after a hundred conflicts, with longer and longer waits of no pattern', async () => {
    const waits = async (id: bigint) => {
      const store = new Store();
      const delays: number[] = [];
      let writes = 0;
      const { zk } = scripted({
        ...store.answers,
        multi: () => {
          writes++;
          throw new ZkError('BAD_VERSION', { index: 0 });
        },
        clock: hasty(delays),
        session$: of({ ...session, id }),
      });
      const error = await errorOf(changeOnce(zk, '/x', change));
      assert.is((error as Error).name, 'CONFLICT');
      assert.equal([writes, store.value.version], [100, 0]);
      return delays.slice(0, 99);
    };
    const [first, second] = [await waits(7n), await waits(8n)];
    assert.is(first.length, 99);
    assert.ok(first.every((delayMs, i) => delayMs < Math.min(64, 2 ** (i + 2))));
    assert.ok(new Set(first.slice(10)).size > 30);
    assert.ok(first.filter((delayMs, i) => delayMs === second[i]).length < 20);
  });
});
