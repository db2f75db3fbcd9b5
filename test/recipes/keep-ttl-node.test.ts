/** What becomes of nodes with a time to live in hours, which pass at once. */
import { startLocal } from '@vivarium/core/local';
import { keepTtlNode } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf } from '../compliance/observe.js';
import { suite } from '../support/suite.js';

const MINUTE = 60_000;
const path = '/jobs/7';

async function world(t: { cleanup(clean: () => unknown): void }) {
  const config = { extendedTypesEnabled: true };
  const local = await startLocal({ time: 'virtual', seed: 7, config });
  t.cleanup(() => local.stop());
  const [zk, other] = [await local.connect(), await local.connect()];
  const stat = (node = path) => local.until(other.exists(node));
  return { local, zk, stat };
}

suite('a kept node with a time to live, as time goes by', (test) => {
  test('stands for hours while its keeper lives, and goes when that was killed', async (t) => {
    const { local, zk, stat } = await world(t);
    await local.until(keepTtlNode(zk, path, 'x', { ttlMs: 10 * MINUTE }));
    const { czxid, mzxid } = (await stat())!;
    await local.advance(2 * 60 * MINUTE);
    const now = (await stat())!;
    assert.equal([now.czxid, now.mzxid], [czxid, mzxid]);
    const touches = (await stat(`${path}/touch`))!.version;
    assert.ok(touches >= 34 && touches <= 38, String(touches));
    local.partition(zk);
    await local.advance(6 * MINUTE);
    assert.is((await stat())!.czxid, czxid);
    await local.advance(10 * MINUTE);
    assert.is(await stat(), undefined);
    local.heal();
    await local.advance(MINUTE / 2);
    // Not killed after all: it was away for too long, and makes it anew.
    assert.ok((await stat())!.czxid > czxid);
    assert.ok(await stat(`${path}/touch`));
  });

  test('goes when its maker was lost right after the first word', async (t) => {
    const { local, zk, stat } = await world(t);
    const keeping = keepTtlNode(zk, path, 'x', { ttlMs: MINUTE });
    keeping.catch(() => {});
    for (let step = 0; (await stat()) === undefined; step++) {
      assert.ok(step < 1_000);
      await local.advance(1);
    }
    local.partition(zk);
    await local.advance(4 * MINUTE);
    assert.is(await stat(), undefined);
  });

  test('goes in its time when it was released, unless somebody else keeps it too', async (t) => {
    const { local, zk, stat } = await world(t);
    const third = await local.connect();
    const ttlMs = 2 * MINUTE;
    const one = await local.until(keepTtlNode(zk, path, 'x', { ttlMs }));
    const two = await local.until(keepTtlNode(third, path, undefined, { ttlMs }));
    const { czxid } = (await stat())!;
    await local.until(one.release());
    await local.advance(20 * MINUTE);
    assert.is((await stat())!.czxid, czxid);
    await local.until(two.release());
    await local.advance(MINUTE);
    assert.is((await stat())!.czxid, czxid);
    await local.advance(4 * MINUTE);
    assert.is(await stat(), undefined);
  });

  test('is refused in plain words by servers that have none, and leaves no folder of its own', async (t) => {
    const local = await startLocal();
    t.cleanup(() => local.stop());
    const zk = await local.connect();
    await zk.ensure('/jobs');
    const error = (await errorOf(keepTtlNode(zk, path, 'x', { ttlMs: 1_000 }))) as Error;
    assert.is(error.name, 'NO_TTL_NODES');
    assert.match(error.message, /extendedTypesEnabled=true/);
    assert.is(await zk.exists(path), undefined);
  });
});
