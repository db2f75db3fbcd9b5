import type { Client, ClientState, Stat } from '@vivarium/core';
import { joinGroup, type Membership } from '@vivarium/recipes';
import { BehaviorSubject } from 'rxjs';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../../compliance/observe.js';
import { suite } from '../../support/suite.js';
import { refused, scripted, statOf } from './scripted-client.js';

type ErrorName = Parameters<typeof refused>[0];

/** A server with one node, and a client whose connection a test moves. */
class Stage {
  readonly state$ = new BehaviorSubject({ type: 'connected' } as ClientState);
  readonly zk: Client;
  readonly calls: string[];
  node: { data: Uint8Array; stat: Stat } | undefined;
  /** What the next requests of a kind are refused with. */
  readonly refusals: { operation: string; name: ErrorName }[] = [];
  /** Done once, right before the answer of a kind is heard. */
  readonly before = new Map<string, () => void>();
  #watch = () => {};

  constructor() {
    const { zk, calls } = scripted({
      state$: this.state$,
      create: (path: string, data: Uint8Array) => {
        this.#refuse('create');
        if (this.node !== undefined) throw refused('NODE_EXISTS');
        this.node = { data, stat: statOf({}) };
        return { path, stat: this.node.stat };
      },
      get: (_: string, { watch }: { watch: () => void }) => {
        this.#refuse('get');
        if (this.node === undefined) throw refused('NO_NODE');
        this.#watch = watch;
        return this.node;
      },
      set: (_: string, data: Uint8Array, { version = -1 }: { version?: number }) => {
        this.#refuse('set');
        if (this.node === undefined) throw refused('NO_NODE');
        if (version !== -1 && version !== this.node.stat.version) throw refused('BAD_VERSION');
        this.node = { data, stat: { ...this.node.stat, version: this.node.stat.version + 1 } };
      },
      exists: () => this.node?.stat,
      sync: () => {},
      delete: () => {
        this.node = undefined;
      },
      clock: {
        now: () => 0,
        setTimer: (_: number, run: () => void) => {
          queueMicrotask(run);
          return () => {};
        },
      },
    });
    this.zk = zk;
    this.calls = calls;
  }

  #refuse(operation: string): void {
    const before = this.before.get(operation);
    this.before.delete(operation);
    before?.();
    const at = this.refusals.findIndex((each) => each.operation === operation);
    if (at >= 0) throw refused(this.refusals.splice(at, 1)[0]!.name);
  }

  connection(type: ClientState['type']): void {
    const state = { type } as ClientState;
    (this.zk as { state: ClientState }).state = state;
    this.state$.next(state);
  }

  /** Somebody else does something to the node. */
  change(node: Stage['node']): void {
    this.node = node;
    this.#watch();
  }

  async join(): Promise<Membership<number>> {
    const me = await joinGroup<number>(this.zk, '/group', { id: 'me', data: 1 });
    await this.settle();
    return me;
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  }

  get shown(): string | undefined {
    return this.node === undefined ? undefined : new TextDecoder().decode(this.node.data);
  }
}

suite('the node of a member', (test) => {
  test('stands again though the connection went the moment it came back', async () => {
    const stage = new Stage();
    const me = await stage.join();
    stage.before.set('get', () => stage.before.set('get', () => stage.connection('not-connected')));
    stage.change(undefined);
    await stage.settle();
    assert.is(me.status, 'suspect');
    stage.connection('connected');
    await stage.settle();
    assert.is(me.status, 'joined');
  });

  test('comes back when a server that had trouble has none any more', async () => {
    const stage = new Stage();
    const me = await stage.join();
    for (const name of ['THROTTLED_OP', 'OPERATION_TIMEOUT', 'NOT_READ_ONLY'] as const)
      stage.refusals.push({ operation: 'create', name });
    stage.change(undefined);
    await stage.settle();
    assert.is(me.status, 'joined');
    assert.is(stage.shown, '1');
  });

  test('goes when the servers do not let us be a member any more', async (t) => {
    const stage = new Stage();
    const me = await stage.join();
    const said = record(t, me.status$);
    stage.refusals.push({ operation: 'set', name: 'NO_AUTH' });
    assert.is(((await errorOf(me.update(2))) as Error).name, 'NO_AUTH');
    await stage.settle();
    assert.is(me.status, 'left');
    assert.is((said.errors[0] as Error).name, 'NO_AUTH');
    assert.is(stage.node, undefined);
    await me.leave();
  });

  test('may be left while a change that nobody waits for is on its way', async () => {
    const stage = new Stage();
    const me = await stage.join();
    stage.before.set('set', () => stage.connection('not-connected'));
    stage.refusals.push({ operation: 'set', name: 'BAD_VERSION' });
    void me.update(2);
    await me.leave();
    // A rejection that nobody handles would end the process here.
    await new Promise((resolve) => setImmediate(resolve));
    assert.is(me.status, 'left');
    assert.is(((await errorOf(me.update(3))) as Error).name, 'MEMBER_LEFT');
  });

  test('shows what we show, whoever else writes to it', async () => {
    const stage = new Stage();
    await stage.join();
    stage.change({ data: new TextEncoder().encode('"theirs"'), stat: statOf({ version: 1 }) });
    await stage.settle();
    assert.is(stage.shown, '1');
  });

  test('is not written to when it is another’s by now', async () => {
    const stage = new Stage();
    const me = await stage.join();
    const theirs = { data: new TextEncoder().encode('7'), stat: statOf({ ephemeralOwner: 8n }) };
    const read = stage.node!;
    stage.before.set('set', () => {
      stage.node = { ...theirs, stat: { ...theirs.stat, version: read.stat.version + 1 } };
    });
    const updating = errorOf(me.update(2));
    await stage.settle();
    assert.is(stage.shown, '7');
    assert.is(me.status, 'displaced');
    stage.node = undefined;
    await me.leave();
    assert.is(((await updating) as Error).name, 'MEMBER_LEFT');
  });
});
