import { connect } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import * as assert from 'uvu/assert';
import type * as Module from '../../../core/console/recipes/survey.js';
import { consoleModule } from '../../support/console-module.js';
import { suite } from '../../support/suite.js';

const load = () => consoleModule<typeof Module>('recipes/survey.ts');

/** A client of a server in memory that has these nodes; `!` before a path is an ephemeral one. */
async function clientOf(
  t: { cleanup(work: () => unknown): void },
  nodes: Readonly<Record<string, string>>,
) {
  const world = await startLocal({ time: 'real' });
  t.cleanup(() => world.stop());
  const zk = await connect(world.servers[0]!.address, { host: world.host });
  t.cleanup(() => zk.close());
  for (const [path, data] of Object.entries(nodes)) {
    const at = path.replace('!', '');
    await zk.ensure(at.slice(0, at.lastIndexOf('/')) || '/');
    await zk.create(at, data, { mode: path.startsWith('!') ? 'ephemeral' : 'persistent' });
  }
  return zk;
}

suite('a survey', (test) => {
  test('finds recipes, and goes into none of them', async (t) => {
    const { Survey } = await load();
    const zk = await clientOf(t, {
      '!/a/lock/lock-0000000001': 'one',
      '!/a/lock/lock-0000000002': 'two',
      '/a/lock/beside/qn-0000000001': 'an item',
      '!/a/workers/host-1': '',
      '/a/jobs/jobs/job-0000000001': 'to do',
      '/a/jobs/claims': '',
      '/a/jobs/proofs': '',
      '/a/jobs/dead': '',
      '/b/settings': '{"answer":42}',
    });
    const survey = new Survey(zk, '/a');
    await survey.goOn();
    const found = [...survey.found.values()].map(({ path, all, tally }) => {
      return `${path} ${all[0]!.kind} ${tally}`;
    });
    assert.equal(found.sort(), [
      '/a/jobs queue 1 waits',
      '/a/lock lock 1 holds, 1 waits',
      '/a/lock/beside queue 1 waits',
      '/a/workers members 1 member',
    ]);
    const { phase, looked, passedOver } = survey.state.value;
    // The root, three below it, the node beside the lock, and the member.
    assert.equal([phase, looked, passedOver], ['done', 6, []]);
  });

  test('looks at a bounded number of children whose names tell nothing', async (t) => {
    const { FAN_OUT, Survey } = await load();
    const zk = await clientOf(t, { '!/many/lock/lock-0000000001': '' });
    const creations = Array.from({ length: FAN_OUT + 50 }, (_, at) => {
      return { op: 'create', path: `/many/a-${at}` } as const;
    });
    await zk.create('/many/crowd');
    await zk.multi(creations.map((op) => ({ ...op, path: op.path.replace('/a', '/crowd/a') })));
    const survey = new Survey(zk, '/many');
    await survey.goOn();
    assert.equal(survey.state.value.passedOver, [{ path: '/many/crowd', count: 50 }]);
    assert.is(survey.state.value.looked, FAN_OUT + 3);
    const all = new Survey(zk, '/many/crowd');
    await all.goOn();
    assert.is(all.state.value.looked, FAN_OUT + 51);
    assert.is(all.found.size, 0);
  });

  test('stops when it is told to, and goes on where it was', async (t) => {
    const { Survey } = await load();
    const zk = await clientOf(t, { '!/a/lock/lock-0000000001': '' });
    const survey = new Survey(zk, '/');
    const going = survey.goOn();
    survey.stop();
    await going;
    assert.is(survey.state.value.phase, 'stopped');
    assert.is(survey.found.size, 0);
    await survey.goOn();
    assert.is(survey.state.value.phase, 'done');
    assert.equal([...survey.found.keys()], ['/a/lock']);
  });

  test('keeps what a node was when nobody uses it, and lets it go when it is gone', async (t) => {
    const { Survey } = await load();
    const zk = await clientOf(t, {});
    const survey = new Survey(zk, '/');
    const none = { owner: 0n, data: new Uint8Array(), children: new Map(), folders: new Map() };
    const seen = (names: readonly string[]) => {
      const look = { path: '/lock', names, ...none };
      return { look, stat: undefined as never, isHidden: false };
    };
    assert.is(survey.take(seen([])), false);
    assert.is(survey.take(seen(['lock-0000000001'])), true);
    assert.is(survey.take(seen([])), true);
    assert.is(survey.found.get('/lock')?.tally, 'free');
    survey.gone('/lock');
    assert.ok(survey.found.get('/lock')?.goneAt !== undefined);
    survey.forget(60_000);
    assert.ok(survey.found.has('/lock'));
    survey.forget(0);
    assert.not(survey.found.has('/lock'));
  });
});
