import { textOf, utf8 } from '@vivarium/core/internal/base/bytes';
import { NO_SINK } from '@vivarium/core/internal/tree/changes';
import { Database } from '@vivarium/core/internal/tree/database';
import { quotaProblem } from '@vivarium/core/internal/tree/quota';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

class World {
  readonly db = new Database({ extendedTypes: true, digest: true });
  #zxid = 0;

  create(path: string, data: string | null = null, owner = 0): number {
    const bytes = data === null ? null : utf8(data);
    return this.db.applyCreate(path, bytes, -1, 0, owner, -1, 0, ++this.#zxid, 1, NO_SINK);
  }

  close(session: number): void {
    this.db.applyCloseSession(BigInt(session), null, 0, ++this.#zxid, NO_SINK);
  }

  set(path: string, data: string | null): number {
    const bytes = data === null ? null : utf8(data);
    return this.db.applySetData(path, bytes, 1, 0, ++this.#zxid, 1, NO_SINK);
  }

  delete(path: string): number {
    return this.db.applyDelete(path, 0, ++this.#zxid, NO_SINK);
  }

  quota(path: string, limits: string): void {
    let at = '/zookeeper/quota';
    for (const name of path.slice(1).split('/')) {
      at += `/${name}`;
      this.create(at);
    }
    this.create(`${at}/zookeeper_limits`, limits);
    this.create(`${at}/zookeeper_stats`, 'count=0,bytes=0');
  }

  stats(path: string): string {
    const id = this.db.tree.find(`/zookeeper/quota${path}/zookeeper_stats`);
    return textOf(this.db.tree.data(id)!);
  }
}

suite('quotas', (test) => {
  test('a new quota counts what is there, itself included', () => {
    const world = new World();
    world.create('/a', 'four');
    world.create('/a/b', 'xx');
    world.create('/ab', 'not counted');
    world.quota('/a', 'count=10,bytes=100');
    assert.is(world.stats('/a'), 'count=2,bytes=6');
  });

  test('ephemeral nodes count as others do, until their session ends', () => {
    const world = new World();
    world.create('/a');
    world.quota('/a', 'count=10,bytes=100');
    world.create('/a/b', '12345', 7);
    world.create('/a/c', '1', 7);
    world.delete('/a/c');
    assert.is(world.stats('/a'), 'count=2,bytes=5');
    world.close(7);
    assert.is(world.stats('/a'), 'count=1,bytes=0');
  });

  test('counters follow creations, new values and deletions', () => {
    const world = new World();
    world.create('/a');
    world.quota('/a', 'count=10,bytes=100');
    world.create('/a/b', '12345');
    world.set('/a/b', '1');
    world.set('/a', '123');
    assert.is(world.stats('/a'), 'count=2,bytes=4');
    world.set('/a', null);
    world.delete('/a/b');
    assert.is(world.stats('/a'), 'count=1,bytes=0');
  });

  test('counting changes neither version, mzxid nor digest', () => {
    const world = new World();
    const plain = new World();
    for (const each of [world, plain]) each.create('/a');
    world.quota('/a', 'count=10,bytes=100');
    const stats = world.db.tree.find('/zookeeper/quota/a/zookeeper_stats');
    const before = world.db.tree.persisted(stats);
    const digest = world.db.tree.digest;
    world.create('/a/b', '1');
    world.delete('/a/b');
    assert.equal(world.db.tree.persisted(stats), before);
    assert.is.not(world.db.tree.digest, digest);
    assert.is(world.stats('/a'), 'count=1,bytes=0');
    assert.is(world.db.tree.hash(stats), 0);
  });

  test('the longest prefix has the say', () => {
    const world = new World();
    world.create('/a');
    world.create('/a/b');
    world.quota('/a', 'count=1,bytes=-1=;countHardLimit=1');
    world.quota('/a/b', 'count=9,bytes=-1');
    assert.is(world.db.quotas.prefixOf('/a/b/c/d'), '/a/b');
    assert.is(world.db.quotas.prefixOf('/a/bc'), '/a');
    assert.is(world.db.quotas.prefixOf('/b'), undefined);
    assert.is(quotaProblem(world.db.quotas, '/a/b/c', 1, 0), undefined);
    assert.is(quotaProblem(world.db.quotas, '/a/c', 1, 0)?.hard, true);
    assert.is(world.stats('/a'), 'count=2,bytes=0');
  });

  test('hard limits are told before soft ones, and stand in for them', () => {
    const world = new World();
    world.create('/a');
    world.quota('/a', 'count=1,bytes=5=;byteHardLimit=8');
    assert.is(quotaProblem(world.db.quotas, '/a', 0, 8), undefined);
    assert.equal(quotaProblem(world.db.quotas, '/a/b', 1, 8), {
      prefix: '/a',
      what: 'count',
      hard: false,
      limit: 1,
      wanted: 2,
    });
    assert.equal(quotaProblem(world.db.quotas, '/a/b', 1, 9), {
      prefix: '/a',
      what: 'bytes',
      hard: true,
      limit: 8,
      wanted: 9,
    });
    assert.is(quotaProblem(world.db.quotas, '/a', 0, 0), undefined);
  });

  test('unreadable limits limit nothing, unreadable counters are counted afresh', () => {
    const world = new World();
    world.create('/a', 'data');
    world.quota('/a', 'count=lots,byteHardLimit==;;=');
    assert.is(quotaProblem(world.db.quotas, '/a/b', 1, 1e9), undefined);
    for (const junk of ['', 'nonsense', 'count=1', 'bytes=,count=', '\u0000', null]) {
      world.set('/zookeeper/quota/a/zookeeper_stats', junk);
      assert.is(quotaProblem(world.db.quotas, '/a/b', 1, 1e9), undefined);
      world.create('/a/b', '12');
      world.delete('/a/b');
    }
    assert.is(world.stats('/a'), 'count=1,bytes=4');
  });

  test('/zookeeper and the root can have no quota', () => {
    const world = new World();
    world.quota('/zookeeper', 'countHardLimit=1');
    world.create('/zookeeper/quota/zookeeper_limits', 'countHardLimit=1');
    world.create('/zookeeper/quota/zookeeper_stats', 'countHardLimit=1');
    assert.is(world.db.quotas.size, 0);
    assert.is(quotaProblem(world.db.quotas, '/zookeeper/x', 1, 1), undefined);
    assert.is(quotaProblem(world.db.quotas, '/x', 1, 1), undefined);
  });

  test('a quota ends with its limits, and only that one', () => {
    const world = new World();
    world.create('/a');
    world.create('/a/b');
    world.quota('/a', 'countHardLimit=1');
    world.quota('/a/b', 'countHardLimit=1');
    world.delete('/zookeeper/quota/a/zookeeper_limits');
    assert.is(quotaProblem(world.db.quotas, '/a/c', 1, 0), undefined);
    assert.is(quotaProblem(world.db.quotas, '/a/b/c', 1, 0)?.prefix, '/a/b');
  });

  test('quotas of a loaded tree are found and counted', () => {
    const world = new World();
    world.create('/a', '12');
    world.quota('/a', 'countHardLimit=1');
    world.db.tree.setDataLocally(
      world.db.tree.find('/zookeeper/quota/a/zookeeper_stats'),
      utf8('count=77,bytes=77'),
    );
    world.db.finishLoading();
    assert.is(world.stats('/a'), 'count=1,bytes=2');
    assert.is(quotaProblem(world.db.quotas, '/a/c', 1, 0)?.limit, 1);
  });
});
