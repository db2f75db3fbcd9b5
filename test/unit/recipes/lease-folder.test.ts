/** Who claims a lease claims what was seen, and nothing else. */
import { startLocal } from '@vivarium/core/local';
import { LeaseFolder } from '@vivarium/recipes/internal/lease/lease-folder';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../../support/suite.js';

const signal = new AbortController().signal;

async function scene(t: TestContext) {
  const local = await startLocal({ time: 'virtual', seed: 1 });
  t.cleanup(() => local.stop());
  const zk = await local.connect();
  const session = zk.session!;
  const folder = new LeaseFolder(zk, '/lease', undefined);
  const look = () => local.until(folder.look(session, signal));
  const claim = (name: string, view: Awaited<ReturnType<typeof look>>) =>
    local.until(folder.claim(folder.leaseOf(name), view, { id: name }, session, signal));
  // The first try makes the folder.
  assert.not(await claim('a', await look()));
  assert.ok(await claim('a', await look()));
  return { local, zk, session, folder, look, claim };
}

suite('a claim of a lease', (test) => {
  test('is refused when the lease was renewed, claimed or given back since the look', async (t) => {
    const { local, zk, folder, look, claim } = await scene(t);
    const before = await look();
    await local.until(zk.set(folder.leaseOf('a'), '{"id":"a"}'));
    assert.not(await claim('b', before));
    const renewed = await look();
    assert.ok(await claim('b', renewed));
    assert.not(await claim('c', renewed));
    const second = await look();
    await local.until(zk.delete(folder.leaseOf('b')));
    assert.not(await claim('c', second));
    assert.ok(await claim('c', await look()));
    assert.equal(
      (await look()).standing.map(({ id }) => id),
      ['c'],
    );
  });

  test('is refused when two find no lease at the same time', async (t) => {
    const { local, zk, folder, look, claim } = await scene(t);
    await local.until(zk.delete(folder.leaseOf('a')));
    const free = await look();
    assert.equal(free.standing, []);
    assert.ok(await claim('b', free));
    assert.not(await claim('c', free));
    // Free again, but as seen before another had it.
    await local.until(zk.delete(folder.leaseOf('b')));
    assert.not(await claim('c', free));
  });

  test('goes with the clock as it is after the time was told, unless others have looked', async (t) => {
    const { local, session, folder, look, claim } = await scene(t);
    const view = await look();
    const told = (await local.until(folder.tellTime(session, signal)))!;
    assert.is(told.version, view.clock! + 1);
    assert.ok(told.mtime >= view.standing[0]!.mtime);
    assert.not(await claim('b', view));
    assert.ok(await claim('b', { ...view, clock: told.version }));
  });
});
