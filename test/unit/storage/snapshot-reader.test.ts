import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { ADLER_START, adler32 } from '@vivarium/core/internal/storage/adler32';
import { readSnapshot } from '@vivarium/core/internal/storage/snapshot-reader';
import { READ_ACL } from '@vivarium/core/internal/wire/permissions';
import { Acl, StatPersisted } from '@vivarium/core/internal/wire/records';
import { vector } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const stat = {
  czxid: 5n,
  mzxid: 6n,
  ctime: 1_700_000_000_000,
  mtime: 1_700_000_000_001,
  version: 1,
  cversion: 2,
  aversion: 3,
  ephemeralOwner: 0n,
  pzxid: 7n,
};

/** Builds a snapshot by hand, from the description of the format. */
class Builder {
  readonly out = new Writer();

  header(magic = 0x5a4b534e, version = 2): this {
    this.out.int(magic);
    this.out.int(version);
    this.out.long(-1n);
    return this;
  }

  sessions(...sessions: readonly (readonly [bigint, number])[]): this {
    this.out.int(sessions.length);
    for (const [id, timeout] of sessions) {
      this.out.long(id);
      this.out.int(timeout);
    }
    return this;
  }

  acls(...ids: readonly bigint[]): this {
    this.out.int(ids.length);
    for (const id of ids) {
      this.out.long(id);
      vector(Acl).write(this.out, READ_ACL);
    }
    return this;
  }

  node(
    path: string,
    { acl = -1n, data = new Uint8Array(2) as Uint8Array | null, owner = 0n } = {},
  ): this {
    this.out.string(path);
    this.out.bufferOrNull(data);
    this.out.long(acl);
    StatPersisted.write(this.out, { ...stat, ephemeralOwner: owner });
    return this;
  }

  end(): this {
    this.out.string('/');
    return this.seal();
  }

  seal(): this {
    const checksum = adler32(ADLER_START, this.out.bytes, 0, this.out.position);
    this.out.long(BigInt(checksum));
    this.out.string('/');
    return this;
  }

  digest(zxid: bigint, digest: bigint): this {
    this.out.long(zxid);
    this.out.int(2);
    this.out.long(digest);
    return this.seal();
  }

  lastZxid(zxid: bigint): this {
    this.out.long(zxid);
    return this.seal();
  }

  read() {
    const disk = new MemoryDisk();
    const file = 'snapshots/snapshot.9';
    const bytes = this.out.copy();
    disk.perform([
      { step: 'create', file },
      { step: 'write', file, position: 0, bytes },
    ]);
    return readSnapshot(disk, file, bytes.length, 9n, { extendedTypes: true, digest: true });
  }
}

function usual(): Builder {
  return new Builder()
    .header()
    .sessions([-5n, 4000], [6n, 30_000])
    .acls(1n, 3n)
    .node('')
    .node('/zookeeper')
    .node('/zookeeper/quota')
    .node('/zookeeper/config', { acl: 1n })
    .node('/a', { acl: 3n, data: null })
    .node('/a/ü', { owner: 6n })
    .node('/box', { owner: -0x8000000000000000n })
    .node('/ttl', { owner: -0x0100000000000000n + 60_000n });
}

suite('the snapshot reader', (test) => {
  test('reads sessions, ACLs and nodes', () => {
    const { database } = usual().end().read();
    assert.equal(
      [...database.sessions],
      [
        [-5n, 4000],
        [6n, 30_000],
      ],
    );
    assert.is(database.lastZxid, 9n);
    const { tree, acls } = database;
    assert.equal(acls.get(tree.aclId(tree.find('/a'))), READ_ACL);
    assert.is(tree.data(tree.find('/a')), null);
    assert.equal(tree.persisted(tree.find('/a')), stat);
    assert.equal([...database.ephemerals.pathsOf(6n)], ['/a/ü']);
    assert.is(database.expiring.containerCount, 1);
    assert.is(tree.ttlOf(tree.find('/ttl')), 60_000);
  });

  test('sees from the bytes which sections there are', () => {
    assert.equal(
      [usual().end().read()].map(({ digest, lastZxid }) => [digest, lastZxid]),
      [[undefined, undefined]],
    );
    const digest = usual().end().digest(9n, -1n).read();
    assert.equal(digest.digest, { zxid: 9n, version: 2, digest: 2n ** 64n - 1n });
    assert.is(digest.lastZxid, undefined);
    const zxid = usual().end().lastZxid(11n).read();
    assert.is(zxid.digest, undefined);
    assert.is(zxid.lastZxid, 11n);
    const both = usual().end().digest(10n, 5n).lastZxid(11n).read();
    assert.is(both.digest?.zxid, 10n);
    assert.is(both.lastZxid, 11n);
  });

  test('an ACL that is not in the table permits nobody, and its id is not given again', () => {
    const { database } = usual().node('/late', { acl: 40n }).end().read();
    const { tree, acls } = database;
    assert.is(acls.get(tree.aclId(tree.find('/late'))), undefined);
    assert.ok(acls.idOf([{ perms: 3, id: { scheme: 'ip', id: '1.2.3.4' } }]) > 40);
  });

  const refusals: Readonly<Record<string, readonly [Builder, RegExp]>> = {
    'another magic': [
      new Builder().header(0x5a4b4c47).sessions().acls().node('').end(),
      /not a snap/,
    ],
    'another version': [
      new Builder().header(undefined, 3).sessions().acls().node('').end(),
      /format 3/,
    ],
    'an empty file': [new Builder(), /at byte 0: the file ends/],
    'a header alone': [new Builder().header(), /at byte 16: the file ends/],
    'no root': [new Builder().header().sessions().acls().node('/a').end(), /root is not the first/],
    'no node at all': [new Builder().header().sessions().acls().end(), /no nodes/],
    'two roots': [usual().node('').end(), /root is not the first/],
    'a node before its parent': [usual().node('/x/y').end(), /before its parent/],
    'a node twice': [usual().node('/a').end(), /twice/],
    'a node without a name': [usual().node('/a/').end(), /no name/],
    'an ACL id out of range': [
      usual()
        .node('/x', { acl: 1n << 40n })
        .end(),
      /out of range/,
    ],
    'an ACL id of zero': [usual().node('/x', { acl: 0n }).end(), /out of range/],
    'an unknown extended type': [
      usual().node('/x', { owner: -0x00ff_0000_0000_0000n }).end(),
      /exten/,
    ],
    'one under the name of a later one': [usual().end().lastZxid(8n), /ends with transaction 0x8/],
    'bytes behind the end': [usual().end().lastZxid(1n).lastZxid(2n), /mean nothing/],
  };
  for (const [name, [builder, pattern]] of Object.entries(refusals)) {
    test(`refuses ${name}`, () => assert.throws(() => builder.read(), pattern));
  }

  test('refuses counts and lengths that cannot be', () => {
    const negative = new Builder().header();
    negative.out.int(-1);
    assert.throws(() => negative.read(), /unreasonable count -1/);
    const huge = new Builder().header();
    huge.out.int(0x7fff_ffff);
    assert.throws(() => huge.read(), /unreasonable count/);
    const path = new Builder().header().sessions().acls();
    path.out.int(-7);
    assert.throws(() => path.read(), /unreasonable length -7/);
  });

  test('reads nodes that are larger than what is read at a time', () => {
    const large = new Uint8Array(9 << 20).fill(5);
    const { database } = usual().node('/large', { data: large }).node('/next').end().read();
    assert.is(database.tree.dataLength(database.tree.find('/large')), large.length);
    assert.ok(database.tree.find('/next') > 0);
  });
});
