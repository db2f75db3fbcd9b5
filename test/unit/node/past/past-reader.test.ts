import type { PastAnswer, PastDifference, PastQuestion } from '@vivarium/core/internal/admin/past';
import { TreeTooLargeError } from '@vivarium/core/internal/node/past/held-trees';
import { NoSuchMomentError, PastReader } from '@vivarium/core/internal/node/past/past-reader';
import { exactSnapshots } from '@vivarium/core/internal/storage/exact-snapshots';
import type { Database } from '@vivarium/core/internal/tree/database';
import * as assert from 'uvu/assert';
import { suite } from '../../../support/suite.js';
import { replayed, Store, upTo } from '../../storage/store.js';
import { Random } from '../../tree/random.js';

const ROOM = { extendedTypes: true, maxBytes: 1 << 30 };

type Of<T extends PastAnswer['type']> = Extract<PastAnswer, { type: T }>;

/** The answer to a question, asked again as long as it takes longer. */
function answered<T extends PastAnswer['type']>(
  reader: PastReader,
  question: PastQuestion & { readonly type: T },
  until: bigint,
): Of<T> {
  for (let turn = 0; turn < 100; turn++) {
    const answer = reader.answer(question, until, false);
    if (answer.type === question.type) return answer as Of<T>;
    assert.is(answer.type, 'preparing');
  }
  throw new Error('it never came to an end');
}

/** A store that has lived: snapshots were taken while it was written to, and old files purged. */
function lived(seed: number, purges = false): Store {
  const store = new Store({ seed });
  for (let i = 0; i < 40; i++) {
    store.append(1 + store.random.below(4));
    store.flush();
    if (store.random.chance(60)) store.snapshotSlice(3);
    if (purges && store.random.chance(15)) store.purge(2);
  }
  return store;
}

/** Every path that was ever there, deleted or not. */
function pathsOf(trees: readonly Database[]): readonly string[] {
  const paths = new Set<string>();
  for (const { tree } of trees) tree.forEachBelow(0, (id) => paths.add(tree.pathOf(id)));
  return [...paths].sort();
}

/** What a node is, in the words of an answer. */
function nodeIn({ tree, acls }: Database, path: string) {
  const id = tree.find(path);
  if (id === -1) return undefined;
  const { czxid, mzxid, pzxid, version, aversion, ephemeralOwner } = tree.persisted(id);
  const acl = acls.get(tree.aclId(id))?.length;
  const bytes = tree.data(id);
  const data = bytes === null ? null : Buffer.from(bytes).toString('hex');
  const children = tree.children(id).sort();
  return { czxid, mzxid, pzxid, version, aversion, owner: ephemeralOwner, acl, data, children };
}

/** The same of an answer. */
function nodeOf({ node, children }: Of<'node'>) {
  if (node === undefined) return undefined;
  const { czxid, mzxid, pzxid, version, aversion, owner } = node;
  const { content, encoding } = node.data;
  const bytes = Buffer.from(content ?? '', encoding === 'base64' ? 'base64' : 'utf8');
  const data = content === null ? null : bytes.toString('hex');
  const names = children.map(({ name }) => name);
  const acl = node.acl?.length;
  return { czxid, mzxid, pzxid, version, aversion, owner, acl, data, children: names };
}

suite('the tree of a moment', (test) => {
  test('is at each zxid what the transactions make, applied one at a time', () => {
    for (const seed of [1, 2, 3]) {
      const store = lived(seed);
      const until = store.database.lastZxid;
      const zxids = store.history.map(({ header }) => header.zxid);
      const trees = new Map(zxids.map((at) => [at, replayed(upTo(store.history, at))]));
      const paths = pathsOf([...trees.values()]);
      const reader = new PastReader(store.disk, ROOM);
      const random = new Random(seed);
      // In any order: trees are made anew, moved on, and taken as they are.
      for (let turn = 0; turn < 30; turn++) {
        const at = random.pick(zxids);
        const tree = trees.get(at)!;
        for (let look = 0; look < 4; look++) {
          const path = random.pick(paths);
          const question = { at: { zxid: at }, path, skip: 0, limit: 500 };
          const told = answered(reader, { type: 'node', ...question }, until);
          assert.is(told.zxid, at);
          assert.equal(nodeOf(told), nodeIn(tree, path), `${seed} ${at} ${path}`);
        }
      }
    }
  });

  test('is refused, with the earliest there is, where only later snapshots are left', () => {
    let refused = 0;
    for (const seed of [11, 12, 13]) {
      const store = lived(seed, true);
      const until = store.database.lastZxid;
      const reader = new PastReader(store.disk, ROOM);
      const earliest = exactSnapshots(store.disk)[0]!.endZxid;
      for (const { header } of store.history.filter((_, each) => each % 3 === 0)) {
        const at = header.zxid;
        const question = { type: 'node', at: { zxid: at }, path: '/', skip: 0, limit: 9 } as const;
        if (at >= earliest) {
          const told = nodeOf(answered(reader, question, until));
          assert.equal(told, nodeIn(replayed(upTo(store.history, at)), '/'));
          continue;
        }
        refused++;
        assert.throws(
          () => reader.answer(question, until, false),
          (error: unknown) =>
            error instanceof NoSuchMomentError &&
            error.message.includes(`the earliest that can is 0x${earliest.toString(16)}`),
        );
      }
    }
    assert.ok(refused > 10, String(refused));
  });

  test('is that of the last transaction, when a number or a time lies between two', () => {
    const store = lived(21);
    const reader = new PastReader(store.disk, ROOM);
    const until = store.database.lastZxid;
    const ask = (at: { zxid: bigint } | { time: number }) => {
      return answered(reader, { type: 'node', at, path: '/', skip: 0, limit: 1 }, until).zxid;
    };
    assert.is(ask({ zxid: until + 500n }), until);
    const [first, middle] = [store.history[0]!.header, store.history[50]!.header];
    const atThatTime = store.history.filter(({ header }) => header.time <= middle.time).at(-1)!;
    assert.is(ask({ time: middle.time }), atThatTime.header.zxid);
    // Before the first transaction there was the empty tree, of which a snapshot is kept.
    assert.is(ask({ zxid: first.zxid - 1n }), 0n);
  });

  test('that is too large is refused with the option that says so, and holds nothing', () => {
    const store = lived(22);
    const until = store.database.lastZxid;
    const reader = new PastReader(store.disk, { extendedTypes: true, maxBytes: 5_000 });
    for (let turn = 0; turn < 2; turn++) {
      assert.throws(
        () => {
          const at = { zxid: until };
          reader.answer({ type: 'node', at, path: '/', skip: 0, limit: 1 }, until, false);
        },
        (error: unknown) =>
          error instanceof TreeTooLargeError && error.message.includes('pastTreesMaxBytes=5000'),
      );
    }
  });

  test('tells children a page at a time', () => {
    const store = lived(23);
    const until = store.database.lastZxid;
    const reader = new PastReader(store.disk, ROOM);
    const wanted = store.database.tree.children(0).sort();
    const names: string[] = [];
    for (let skip: number | undefined = 0; skip !== undefined; ) {
      const at = { zxid: until };
      const page: Of<'node'> = answered(
        reader,
        { type: 'node', at, path: '/', skip, limit: 2 },
        until,
      );
      assert.ok(page.children.length <= 2);
      names.push(...page.children.map(({ name }) => name));
      skip = page.next;
    }
    assert.equal(names, wanted);
  });
});

suite('two moments', (test) => {
  test('differ in what their trees differ in', () => {
    for (const seed of [31, 32]) {
      const store = lived(seed);
      const until = store.database.lastZxid;
      const zxids = store.history.map(({ header }) => header.zxid);
      const reader = new PastReader(store.disk, ROOM);
      const random = new Random(seed);
      for (let turn = 0; turn < 12; turn++) {
        const [from, to] = [random.pick(zxids), random.pick(zxids)];
        const [a, b] = [replayed(upTo(store.history, from)), replayed(upTo(store.history, to))];
        const rows: PastDifference[] = [];
        const question = { from: { zxid: from }, to: { zxid: to }, path: '/', limit: 3 };
        let after: number | undefined;
        do {
          const asked = { type: 'differences', ...question } as const;
          const page = answered(reader, after === undefined ? asked : { ...asked, after }, until);
          rows.push(...page.rows);
          after = page.next;
        } while (after !== undefined);
        const found = new Map(rows.map((row) => [row.path, row.kind]));
        for (const path of pathsOf([a, b])) {
          assert.is(found.get(path), kindOf(nodeIn(a, path), nodeIn(b, path)), `${seed} ${path}`);
        }
        assert.is(found.size, rows.length);
      }
    }
  });

  test('that somebody else does not compare any more have to be compared again', () => {
    const store = lived(34);
    const until = store.database.lastZxid;
    const reader = new PastReader(store.disk, ROOM);
    const [from, to] = [{ zxid: store.history[3]!.header.zxid }, { zxid: until }];
    const question = { type: 'differences', from, to, path: '/', limit: 1 } as const;
    assert.is(answered(reader, question, until).next, 1);
    answered(reader, { type: 'node', at: from, path: '/', skip: 0, limit: 1 }, until);
    assert.throws(() => reader.answer({ ...question, after: 1 }, until, false), /compare the two/);
  });
});

type Node = ReturnType<typeof nodeIn>;

/** What is to be told of a node, by what it is in both trees. */
function kindOf(a: Node, b: Node): string | undefined {
  if (a === undefined || b === undefined) {
    return a === b ? undefined : a === undefined ? 'created' : 'deleted';
  }
  if (a.czxid !== b.czxid) return 'recreated';
  const { pzxid: _p, children: _c, ...own } = a;
  const { pzxid: _q, children: _d, ...other } = b;
  const text = (value: unknown) => JSON.stringify(value, (_, each) => String(each));
  return Object.entries(own).every(([name, value]) => {
    return text(value) === text(other[name as keyof typeof own]);
  })
    ? undefined
    : 'changed';
}

suite('a page of transactions', (test) => {
  const all = { type: 'transactions', limit: 7, inFull: false, withBelow: false } as const;

  test('and the next ones are all of them, of a path, a session, a kind', () => {
    const store = lived(41);
    const until = store.database.lastZxid;
    const reader = new PastReader(store.disk, ROOM);
    const read = (filter: Partial<PastQuestion & { type: 'transactions' }>) => {
      const zxids: bigint[] = [];
      let from: { zxid: bigint } | undefined;
      for (;;) {
        const question = { ...all, ...filter, ...(from !== undefined && { from }) };
        const page = answered(reader, question, until);
        assert.ok(page.rows.length <= 7);
        zxids.push(...page.rows.map(({ zxid }) => zxid));
        if (page.next === undefined) return zxids;
        from = { zxid: page.next };
      }
    };
    const newest = [...store.history].reverse();
    assert.equal(
      read({}),
      newest.map(({ header }) => header.zxid),
    );
    const ofSession = newest.filter(({ header }) => header.clientId === 2n);
    assert.equal(
      read({ session: 2n }),
      ofSession.map(({ header }) => header.zxid),
    );
    const { path } = newest.map(({ body }) => body).find((body) => body.type === 5) as SetData;
    const own = newest.filter(({ body }) => textOf(body).includes(`"${path}"`));
    assert.ok(own.length > 1, String(own.length));
    assert.equal(
      read({ path }),
      own.map(({ header }) => header.zxid),
    );
    const [, top] = path.split('/');
    const below = newest.filter(({ body }) => new RegExp(`"/${top}[/"]`).test(textOf(body)));
    assert.equal(
      read({ path: `/${top}`, withBelow: true }),
      below.map(({ header }) => header.zxid),
    );
    const ended = newest.filter(({ body }) => body.type === -11);
    assert.equal(
      read({ types: ['closeSession'] }),
      ended.map(({ header }) => header.zxid),
    );
  });

  test('ends when so much was read, and says where to go on', () => {
    const store = lived(42);
    const until = store.database.lastZxid;
    const reader = new PastReader(store.disk, ROOM, { bytes: 1, nodes: 1 });
    const zxids: bigint[] = [];
    let pages = 0;
    let from: { zxid: bigint } | undefined;
    for (;;) {
      const question = { ...all, limit: 500, ...(from !== undefined && { from }) };
      const page = answered(reader, question, until);
      zxids.push(...page.rows.map(({ zxid }) => zxid));
      pages++;
      if (page.next === undefined) break;
      from = { zxid: page.next };
    }
    assert.equal(
      zxids,
      [...store.history].reverse().map(({ header }) => header.zxid),
    );
    assert.ok(pages > 3, String(pages));
  });

  test('tells before and after of a transaction', () => {
    const store = lived(43);
    const until = store.database.lastZxid;
    const reader = new PastReader(store.disk, ROOM);
    const sets = store.history.filter(({ body }) => body.type === 5).reverse();
    assert.ok(sets.length > 5);
    for (const { header, body } of sets) {
      if (body.type !== 5) continue;
      const { zxid } = header;
      const told = answered(reader, { type: 'change', zxid, path: body.path }, until);
      const before = replayed(upTo(store.history, zxid - 1n));
      assert.is(told.before?.version, before.tree.version(before.tree.find(body.path)));
      assert.is(told.after?.version, body.version);
      assert.is(told.after?.mzxid, zxid);
    }
    assert.throws(
      () => reader.answer({ type: 'change', zxid: until + 9n, path: '/' }, until, false),
      /hold no transaction/,
    );
  });
});

type SetData = { readonly type: 5; readonly path: string };

function textOf(body: unknown): string {
  return JSON.stringify(body, (_, each) => (typeof each === 'bigint' ? String(each) : each));
}
