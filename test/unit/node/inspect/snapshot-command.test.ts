import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { inspect, objectsOf } from '../../../support/run-inspect.js';
import { snappyOf } from '../../../support/snappy-of.js';
import { suite } from '../../../support/suite.js';
import { created, FIVE, writeSnapshot } from './files.js';

const FOUR = FIVE.slice(0, 4);

/** Most of it goes into loading what is tested, on a machine that is busy. */
const LIMIT = { timeoutMs: 60_000 };

suite(
  'vivarium inspect snapshot',
  (test) => {
    test('shows head, sessions, ACLs and nodes, by path', async (t) => {
      const path = writeSnapshot(t, FOUR);
      const { code, out, err } = await inspect('snapshot', path, '-d');
      assert.equal([code, err], [0, '']);
      const lines = out.split('\n');
      assert.match(
        lines[0]!,
        /zxid=0x100000004 lastZxid=0x100000004 .* digestState=matches nodes=6/,
      );
      assert.is(lines[1], 'session 0x1000000000001 timeout=30000');
      assert.equal(
        lines.slice(3).map((line) => line.split(' ').slice(0, 2).join(' ')),
        [
          'persistent /',
          'persistent /app',
          'ephemeral /app/lock',
          'persistent /zookeeper',
          'persistent /zookeeper/config',
          'persistent /zookeeper/quota',
          '',
        ],
      );
      assert.match(
        lines[4]!,
        /mzxid=0x100000004 .* version=1 .* dataLength=2 .* data=base64:\/wA=$/,
      );
    });

    test('shows objects to programs, of a part of the tree when that is asked for', async (t) => {
      const path = writeSnapshot(t, FOUR);
      const { out } = await inspect('snapshot', path, '--json', '--path', '/app', '--data', 'hex');
      const nodes = objectsOf(out, 'node').map(({ node }) => node as Record<string, unknown>);
      assert.equal(
        nodes.map((node) => [node.path, node.data]),
        [
          ['/app', 'ff00'],
          ['/app/lock', 'c3a9220a'],
        ],
      );
      assert.is(nodes[1]!.owner, '0x1000000000001');
      assert.is(nodes[0]!.ctime, '2026-11-30T00:00:01.000Z');
      const none = await inspect('snapshot', path, '--path', '/none');
      assert.is(none.code, 2);
      assert.match(none.err, 'has no node /none');
    });

    test('sums up by subtree', async (t) => {
      const path = writeSnapshot(t, [...FOUR, created('/big', 'x'.repeat(1000))]);
      const { out } = await inspect('snapshot', path, '--summary', '--json', '--depth', '1');
      const [{ summary }] = objectsOf(out, 'summary') as [{ summary: Record<string, unknown> }];
      assert.equal(summary, {
        nodes: 7,
        dataBytes: 1006,
        kinds: { persistent: 6, ephemeral: 1 },
        sessions: 1,
        biggest: [
          { path: '/big', dataBytes: 1000 },
          { path: '/app/lock', dataBytes: 4 },
          { path: '/app', dataBytes: 2 },
        ],
        subtrees: [
          { path: '/', nodes: 7, dataBytes: 1006 },
          { path: '/app', nodes: 2, dataBytes: 6 },
          { path: '/big', nodes: 1, dataBytes: 1000 },
          { path: '/zookeeper', nodes: 3, dataBytes: 0 },
        ],
      });
      const text = (await inspect('snapshot', path, '--summary')).out;
      assert.match(text, / {9}2 {13}6 {2}\/app\n/);
    });

    test('shows all nodes before a damage, and says where it is', async (t) => {
      const path = writeSnapshot(t, FOUR);
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.subarray(0, bytes.indexOf('/app/lock') + 12));
      const { code, out, err } = await inspect('snapshot', path, '--json');
      assert.is(code, 1);
      const { length } = objectsOf(out, 'node');
      assert.ok(length > 0 && length < 6);
      assert.match(err, `behind ${length} whole nodes, the last one`);
      assert.match(err, 'its end is missing');
    });

    test('shows what is in a compressed one, and that it is compressed', async (t) => {
      const path = writeSnapshot(t, FOUR);
      const plain = readFileSync(path);
      const { out } = await inspect('snapshot', path, '--json');
      for (const [how, bytes] of [
        ['gzip', gzipSync(plain)],
        ['snappy', snappyOf(plain, 100)],
      ] as const) {
        const named = `${path}.${how === 'gzip' ? 'gz' : how}`;
        writeFileSync(named, bytes);
        const shown = await inspect('snapshot', named, '--json');
        assert.equal([shown.code, shown.err], [0, '']);
        assert.equal(objectsOf(shown.out, 'node'), objectsOf(out, 'node'));
        const [{ snapshot }] = objectsOf(shown.out, 'snapshot') as [{ snapshot: object }];
        const { compression, zxid } = snapshot as Record<string, unknown>;
        assert.equal([compression, zxid], [how, '0x100000004']);
        const summary = await inspect('snapshot', named, '--summary');
        assert.match(summary.out, ` bytes (${how}), 1 sessions, digest: matches`);
        const same = await inspect('compare', path, named);
        assert.is(same.code, 0);
        assert.match(same.out, `${named} is compressed (${how})\nthe same 6 nodes`);
      }
    });

    test('tells a damage of the compression from one of what is in it', async (t) => {
      const path = `${writeSnapshot(t, FOUR)}.gz`;
      const plain = readFileSync(path.slice(0, -3));
      const told = async (bytes: Uint8Array) => {
        writeFileSync(path, bytes);
        const { code, out, err } = await inspect('snapshot', path, '--json');
        assert.is(code, 1);
        const [found, ...more] = objectsOf(out, 'damage').map(({ damage }) => damage);
        assert.equal(more, []);
        const { kind, inside } = found as Record<string, unknown>;
        return { kind, inside, err };
      };
      const flipped: Buffer = gzipSync(plain);
      flipped[flipped.length - 20]! ^= 4;
      const ofStream = await told(flipped);
      assert.is(ofStream.kind, 'compression');
      assert.match(ofStream.err, /\.gz: its gzip compression is damaged at byte \d+ of the file: /);
      const inside = await told(gzipSync(plain.subarray(0, plain.indexOf('/app/lock') + 12)));
      assert.equal([inside.kind, inside.inside], ['short', 'gzip']);
      assert.match(inside.err, /damaged at byte \d+ of what is in it \(gzip\): the file ends too/);
    });

    test('notices a name that says more than the file', async (t) => {
      const path = writeSnapshot(t, FOUR);
      const other = path.replace(/4$/, '9');
      renameSync(path, other);
      const { code, err } = await inspect('snapshot', other);
      assert.is(code, 1);
      assert.match(err, 'it ends with transaction 0x100000004, and its name says');
    });

    test('refuses wrong use with code 2', async (t) => {
      const path = writeSnapshot(t, FOUR);
      const cases: readonly (readonly [RegExp, ...string[]])[] = [
        [/Name one snapshot/, 'snapshot'],
        [/Name one snapshot/, 'snapshot', path, path],
        [/--depth goes with --summary/, 'snapshot', path, '--depth', '1'],
        [/--depth takes a whole number from 0 on/, 'snapshot', path, '--summary', '--depth', 'x'],
        [/Name two snapshots/, 'compare', path],
        [/--bytes takes a whole number from 1 on/, 'compare', path, path, '--bytes', '0'],
      ];
      for (const [message, ...words] of cases) {
        const { code, out, err } = await inspect(...words);
        assert.equal([code, out], [2, ''], words.join(' '));
        assert.match(err, message);
      }
    });
  },
  LIMIT,
);

suite(
  'vivarium inspect compare',
  (test) => {
    test('finds nodes in one only, and changes of data, stat and ACL', async (t) => {
      const before = writeSnapshot(t, [...FOUR, created('/old'), created('/same')]);
      const after = writeSnapshot(t, [
        ...FOUR,
        created('/new', 'more'),
        created('/same'),
        { type: txnTypes.setData, path: '/app', data: null, version: 2 },
        { type: txnTypes.setAcl, path: '/same', acl: [], version: 1 },
      ]);
      const { code, out } = await inspect('compare', before, after, '--json');
      assert.is(code, 1);
      const all = objectsOf(out, 'difference').map(
        ({ difference }) => difference as Record<string, unknown>,
      );
      assert.equal(
        all.map(({ kind, path }) => [kind, path]),
        [
          ['changed', '/app'],
          ['left', '/old'],
          ['changed', '/same'],
          ['right', '/new'],
        ],
      );
      assert.equal(all[0]!.changes, {
        data: ['2B', 'null'],
        mzxid: ['0x100000004', '0x100000007'],
        mtime: ['2026-11-30T00:00:03.000Z', '2026-11-30T00:00:06.000Z'],
        version: ['1', '2'],
      });
      assert.equal(Object.keys(all[2]!.changes as object), ['aversion', 'acl']);
      const large = await inspect('compare', before, after, '--bytes', '3');
      assert.match(large.out, /^only right \/new \(nodes \+1, bytes \+4\)\n1 only left of 8/);
    });

    test('ends with code 0 for the same tree', async (t) => {
      const [one, two] = [writeSnapshot(t, FOUR), writeSnapshot(t, FOUR)];
      const { code, out } = await inspect('compare', one, two);
      assert.is(code, 0);
      assert.match(out, 'the same 6 nodes, digest 0x');
    });
  },
  LIMIT,
);
