/**
 * Subtrees in memory while ten thousand writes go on and connections break (scenario 65). When all
 * is quiet each is what a walk finds, and so is what its changes have made of an empty map.
 */
import type {
  ChildrenDataSnapshot,
  Client,
  MirroredNode,
  MultiOp,
  TreeSnapshot,
} from '@vivarium/core';
import { parentOf } from '@vivarium/core/internal/base/path';
import { startLocal } from '@vivarium/core/local';
import * as assert from 'uvu/assert';
import { apply, assertReplayed, assertSame, seenIn, walk } from '../../compliance/tree-checks.js';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';

const WRITES = 10_000;
const CUTS = 30;
const ROOT = '/store/all';
const config = { tickTime: 200, minSessionTimeout: 500 };

suite('a subtree in memory under writes and cuts', (test) => {
  for (const [seed, servers] of [
    [1, 1],
    [2, 3],
    [3, 3],
    [4, 1],
  ] as const) {
    test(
      `is in the end what a walk finds (65, ${seed})`,
      async (t) => {
        const world = await startLocal({ servers, time: 'virtual', seed, config });
        t.cleanup(() => world.stop());
        const options = { sessionTimeoutMs: 2_000 };
        const join = async () => {
          const zk = await world.connect(options);
          t.cleanup(() => world.until(zk.close()));
          return zk;
        };
        const [writer, reader] = [await join(), await join()];
        const random = new Random(seed);

        let newest: TreeSnapshot<Uint8Array> | undefined;
        const lives: (typeof newest)[] = [];
        let staleTimes = 0;
        const watching = reader.tree$(ROOT).subscribe((snapshot) => {
          assert.ok(newest === undefined || snapshot.asOf >= newest.asOf, 'asOf fell');
          newest = snapshot;
          if (snapshot.state === 'live') lives.push(snapshot);
          if (snapshot.state === 'stale') staleTimes++;
        });
        const replayed = new Map<string, MirroredNode<Uint8Array>>();
        let isMarked = false;
        const replaying = reader.treeChanges$(ROOT).subscribe(({ changes, synced }) => {
          apply(replayed, changes, ROOT);
          isMarked = synced;
        });
        let list: ChildrenDataSnapshot<Uint8Array> | undefined;
        const listing = reader.childrenData$(ROOT).subscribe((snapshot) => {
          list = snapshot;
        });
        t.cleanup(() => {
          for (const one of [watching, replaying, listing]) one.unsubscribe();
        });

        const cut = async () => {
          const kind = random.below(6);
          if (kind === 0) {
            await world.expireSession(reader);
          } else if (kind <= 2) {
            world.partition(reader);
            reader.clock.setTimer(random.below(600), () => world.heal());
          } else {
            world.cut(reader);
          }
        };
        const sessions = new Set<bigint>();
        reader.session$.subscribe(({ id }) => sessions.add(id));
        await world.until(writer.create('/store'));
        const known = new Set<string>();
        let done = 0;
        let cuts = 0;
        while (done < WRITES) {
          const wave: Promise<unknown>[] = [];
          for (let i = 1 + random.below(60); i > 0; i--, done++) {
            wave.push(write(writer, random, known, done).catch(() => {}));
          }
          if (cuts < CUTS && done > (WRITES / CUTS) * cuts) {
            cuts++;
            await cut();
          }
          await world.until(Promise.all(wave));
          await world.advance(random.below(60));
        }
        world.heal();
        await world.until(writer.sync());
        const there = await world.until(walk(writer, ROOT));
        const limit = world.now + 60_000;
        while (newest?.synced !== true || !isMarked) {
          assert.ok(world.now < limit, `never synced: ${newest?.state}`);
          await world.advance(50);
        }
        await world.until(reader.sync());
        await world.advance(1_000);

        assert.is(cuts, CUTS);
        assert.ok(sessions.size > 1);
        assert.ok(staleTimes > 5 && lives.length > 50, `${staleTimes} stale, ${lives.length} live`);
        assert.ok(there.size > 50, `${there.size} nodes only`);
        assertSame(seenIn(newest.nodes), there);
        assertReplayed(replayed, newest.nodes);
        const children = new Map([...newest.nodes].filter(([path]) => parentOf(path) === ROOT));
        const listed = list?.kind === 'present' ? [...list.children.values()] : [];
        assertReplayed(new Map(listed.map((node) => [node.path, node])), children);
      },
      { timeoutMs: 120_000 },
    );
  }
});

/** One write at random in a tree of some hundred places, three levels deep. */
function write(zk: Client, random: Random, known: Set<string>, count: number): Promise<unknown> {
  const data = String(count);
  const fresh = placeIn(random);
  const path = known.size > 0 && random.below(3) > 0 ? random.pick([...known]) : fresh;
  const kind = random.below(10);
  if (kind < 4 || !known.has(path)) {
    known.add(fresh);
    // Its ancestors may be there or not.
    return zk.multi(branch(fresh, data)).catch(() => zk.create(fresh, data));
  }
  if (kind < 6) return zk.set(path, data);
  if (kind < 8) {
    known.delete(path);
    return zk.delete(path);
  }
  if (kind === 8) {
    return zk.multi([
      { op: 'delete', path },
      { op: 'create', path, data },
    ]);
  }
  return zk.multi([{ op: 'delete', path }, ...below(path, data)]);
}

function placeIn(random: Random): string {
  const names = Array.from({ length: random.below(4) }, () => `n${random.below(8)}`);
  return [ROOT, ...names].join('/');
}

function branch(path: string, data: string): MultiOp[] {
  const names = path.slice(ROOT.length).split('/').slice(1);
  const from = Math.max(0, names.length - 2);
  const paths = names.map((_, at) => [ROOT, ...names.slice(0, at + 1)].join('/'));
  const all = from === 0 ? [ROOT, ...paths] : paths.slice(from);
  return all.map((one) => ({ op: 'create', path: one, data }));
}

/** A node with something below it. */
function below(path: string, data: string): MultiOp[] {
  return [path, `${path}/n0`, `${path}/n0/n1`].map((one) => ({ op: 'create', path: one, data }));
}
