import { Random } from '@vivarium/core/internal/local/random';
import { recover } from '@vivarium/core/internal/storage/recovery';
import type { MultiOp } from '@vivarium/core/internal/wire/multi';
import { OPEN_ACL, READ_ACL } from '@vivarium/core/internal/wire/permissions';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import type { RigClient } from './client.js';
import { PeerRig } from './rig.js';

const SEEDS = 12;
const NAMES = ['a', 'b', 'c'];
const QUOTA = '/zookeeper/quota/a';
const LIMITS = 'count=4,bytes=9=;countHardLimit=4';

/** Sends random writes of every kind, with every reason to fail, over a small tree. */
class Writers {
  readonly rig = new PeerRig({
    extendedTypesEnabled: true,
    enforceQuota: true,
    znodeContainerCheckIntervalMs: 2_000,
    znodeContainerMaxNeverUsedIntervalMs: 5_000,
    snapCount: 60,
    preAllocSize: 8,
    snapshotSliceNodes: 3,
  });
  readonly outcomes = new Map<string, number>();
  readonly #random: Random;
  #clients: RigClient[] = [];

  constructor(seed: number) {
    this.#random = new Random(seed, 'writes');
  }

  run(rounds: number): void {
    const client = this.#newClient();
    client.create(QUOTA);
    client.create(`${QUOTA}/zookeeper_limits`, LIMITS);
    client.create(`${QUOTA}/zookeeper_stats`, 'count=0,bytes=0');
    for (let round = 0; round < rounds; round++) {
      const random = this.#random;
      this.#clients = this.#clients.filter(({ isClosed }) => !isClosed);
      while (this.#clients.length < 3) this.#clients.push(this.#newClient());
      this.rig.holdsDisk = random.chance(0.6);
      const inputs = this.#clients.flatMap((client) =>
        Array.from({ length: random.between(0, 4) }, () => client.input(this.#request(client))),
      );
      this.rig.step(...inputs);
      if (this.rig.asked.length > 0 && random.chance(0.5)) this.rig.performOne();
      if (random.chance(0.05)) this.rig.pass(random.between(1, 4_000));
      this.#count();
      if (random.chance(0.02)) random.pick(this.#clients).vanish();
    }
    this.rig.holdsDisk = false;
    this.rig.perform();
    this.#count();
  }

  #newClient(): RigClient {
    this.rig.holdsDisk = false;
    this.rig.perform();
    const client = this.rig.connect(4_000);
    if (this.#random.chance(0.5)) client.authenticate('digest', 'u:p');
    return client;
  }

  #count(): void {
    for (const client of this.#clients) {
      for (const { err, xid } of client.take()) {
        if (xid > 0) this.outcomes.set(String(err), (this.outcomes.get(String(err)) ?? 0) + 1);
      }
    }
  }

  #request(client: RigClient): Uint8Array {
    const random = this.#random;
    if (random.chance(0.01)) return client.frame('closeSession', {});
    if (random.chance(0.1)) {
      const acl = this.#acl();
      return client.frame('setAcl', { path: this.#path(), acl, version: this.#version() });
    }
    if (random.chance(0.3)) {
      return client.multiFrame(Array.from({ length: random.between(0, 6) }, () => this.#op()));
    }
    const { op, ...request } = this.#op();
    return op === 'check' ? client.frame('ping', {}, -2) : client.frame(op, request as never);
  }

  #op(): MultiOp {
    const random = this.#random;
    const path = this.#path();
    const version = this.#version();
    const creation = { path, data: this.#data(), acl: this.#acl() };
    switch (random.between(0, 8)) {
      case 0:
      case 1:
      case 2:
        return { op: 'create', ...creation, flags: random.between(0, 4) };
      case 3:
        return { op: 'create2', ...creation, flags: random.between(0, 3) };
      case 4:
        return { op: 'createContainer', ...creation, flags: 4 };
      case 5: {
        const ttl = BigInt(random.between(0, 3_000));
        return { op: 'createTtl', ...creation, flags: random.between(5, 6), ttl };
      }
      case 6:
        return { op: 'setData', path, data: creation.data, version };
      case 7:
        return random.chance(0.3)
          ? { op: 'check', path, version }
          : { op: 'delete', path, version };
      default:
        return { op: 'delete', path, version };
    }
  }

  #path(): string {
    const random = this.#random;
    if (random.chance(0.05)) return QUOTA;
    if (random.chance(0.05)) return `${QUOTA}/zookeeper_${random.pick(['limits', 'stats'])}`;
    const depth = random.between(1, 3);
    return `/${Array.from({ length: depth }, () => random.pick(NAMES)).join('/')}`;
  }

  #version(): number {
    return this.#random.chance(0.7) ? -1 : this.#random.between(0, 2);
  }

  #data(): Uint8Array | null {
    const random = this.#random;
    if (random.chance(0.1)) return null;
    if (random.chance(0.3)) return new TextEncoder().encode(LIMITS);
    return random.bytes(random.between(0, 20));
  }

  #acl() {
    return this.#random.pick([OPEN_ACL, OPEN_ACL, OPEN_ACL, READ_ACL, OWN_ACL, []]);
  }
}

const OWN_ACL = [{ perms: 31, id: { scheme: 'auth', id: '' } }];

suite('a server', (test) => {
  test('says the same for the same inputs, whatever they are', () => {
    const [one, other] = [7, 7].map((seed) => {
      const writers = new Writers(seed);
      writers.run(100);
      return writers.rig;
    });
    assert.ok(one!.effects.length > 200);
    assert.equal(one!.effects, other!.effects);
    assert.equal(one!.events, other!.events);
  });
});

suite('the digest that a server foretells', (test) => {
  const outcomes = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    test(`is the tree's after random writes, and in every log entry, seed ${seed}`, () => {
      const writers = new Writers(seed);
      writers.run(150);
      const { rig } = writers;
      assert.is(rig.peer.view.metrics.digestMismatches.value, 0);
      const recovered = recover(rig.disk.durableImage(), {
        extendedTypes: true,
        digest: true,
        hashSeed: seed,
        snapshotTrustEmpty: false,
        log() {},
      });
      assert.is(recovered.digestMismatches, 0);
      assert.is(recovered.database.lastZxid, rig.peer.view.lastZxid);
      assert.is(recovered.database.tree.nodeCount, rig.peer.view.nodeCount);
      assert.is(recovered.database.ephemerals.size, rig.peer.view.ephemeralCount);
      for (const [code, count] of writers.outcomes) {
        outcomes.set(code, (outcomes.get(code) ?? 0) + count);
      }
    });
  }

  test('was foretold for writes that ended in every way', () => {
    for (const code of [0, -101, -102, -103, -108, -110, -111, -114, -125]) {
      assert.ok((outcomes.get(String(code)) ?? 0) > 10, `${code}: ${outcomes.get(String(code))}`);
    }
  });

  test('is kept for each zxid that 128 divides', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    for (let i = 0; i < 300; i++) client.create(`/n${i}`);
    const digests = rig.peer.view.digests();
    assert.equal(
      digests.map(({ zxid }) => zxid),
      [128n, 256n],
    );
    const later = new PeerRig({}, rig.disk);
    assert.equal(later.peer.view.digests(), digests);
  });

  test('is not kept where it is switched off', () => {
    const rig = new PeerRig({ digestEnabled: false });
    const client = rig.connect();
    for (let i = 0; i < 130; i++) client.create(`/n${i}`);
    assert.equal(rig.peer.view.digests(), []);
    const later = new PeerRig({}, rig.disk);
    assert.is(later.peer.view.nodeCount, rig.peer.view.nodeCount);
    assert.is(later.peer.view.metrics.digestMismatches.value, 0);
  });
});
