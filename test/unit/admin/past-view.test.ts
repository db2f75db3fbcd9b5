import type { PastNode, PastPart, PastTransaction } from '@vivarium/core/internal/admin/past';
import { isAskedFor, openPart } from '@vivarium/core/internal/admin/past-view';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

/** Today there are /open, made by transaction 5, and nothing else that anybody may read. */
const openSince = (path: string) => (path === '/open' ? 5n : undefined);

function row(zxid: bigint, type: string, ...parts: PastPart[]): PastTransaction {
  return { zxid, time: 1, session: 2n, cxid: 3, type, parts, partCount: parts.length };
}

function shown(...rows: PastTransaction[]) {
  const answer = { type: 'transactions', rows, gaps: [], readBytes: 1 } as const;
  const open = openPart(answer, '/', openSince);
  assert.is(open.type, 'transactions');
  return open.type === 'transactions' ? open.rows : [];
}

const set = (path: string): PastPart => ({ type: 'setData', path, version: 1 });
const create = (path: string): PastPart => ({ type: 'create2', path });
const remove = (path: string): PastPart => ({ type: 'delete', path });

const node = (path: string, czxid: bigint): PastNode => ({
  path,
  czxid,
  mzxid: czxid,
  pzxid: czxid,
  ctime: 1,
  mtime: 1,
  version: 0,
  cversion: 0,
  aversion: 0,
  owner: 0n,
  childCount: 0,
  data: { length: 1, content: 'x', encoding: 'text' },
  acl: undefined,
});

suite('what a stranger sees of transactions', (test) => {
  test('is what was done to nodes that anybody may read today, since they are there', () => {
    const kept = [row(9n, 'setData', set('/open')), row(5n, 'create2', create('/open'))];
    const left = [
      row(8n, 'setData', set('/secret')),
      row(4n, 'delete', remove('/open')),
      row(3n, 'setData', set('/open')),
      row(2n, 'create2', create('/open')),
      row(1n, 'delete', remove('/gone')),
    ];
    assert.equal(shown(...kept, ...left), kept);
  });

  test('is of a multi the parts that concern those', () => {
    const all = row(9n, 'multi', set('/secret'), set('/open'), remove('/gone'));
    assert.equal(shown(all), [{ ...all, parts: [set('/open')], partCount: 1 }]);
  });

  test('is nothing of the node that lay there before within the same transaction', () => {
    const all = row(5n, 'multi', set('/open'), remove('/open'), create('/open'), set('/open'));
    assert.equal(shown(all)[0]?.parts, [create('/open'), set('/open')]);
  });

  test('is found by what is shown of it, and not by what is left out', () => {
    const [told] = shown(row(9n, 'multi', set('/secret'), set('/open'), remove('/gone')));
    const of = (path: string, types?: readonly string[]) => {
      return isAskedFor(told!, { path, withBelow: true, ...(types !== undefined && { types }) });
    };
    assert.ok(of('/open') && of('/') && of('/', ['setData']) && of('/', ['multi']));
    assert.not.ok(of('/secret') || of('/gone') || of('/', ['delete']));
  });

  test('is that a session ended, and not of which nodes', () => {
    const [ended] = shown(row(9n, 'closeSession', remove('/open'), remove('/gone')));
    assert.equal(ended?.parts, []);
    assert.is(ended?.partCount, 0);
  });

  test('is of an ACL who is in it, and no digest', () => {
    const mine = { perms: 'cdrwa', scheme: 'digest', id: 'ann:cGFzc3dvcmQ=' };
    const acl = [mine, { perms: 'r', scheme: 'world', id: 'anyone' }];
    const masked = [{ ...mine, id: 'ann:x' }, acl[1]];
    assert.equal(shown(row(9n, 'setACL', { ...set('/open'), acl }))[0]?.parts[0]?.acl, masked);
    const asked = { type: 'node', zxid: 9n, node: { ...node('/open', 5n), acl } } as const;
    const told = openPart({ ...asked, children: [] }, '/open', openSince);
    assert.equal(told.type === 'node' && told.node?.acl, masked);
    const change = { type: 'change', before: asked.node, after: asked.node } as const;
    const both = openPart(change, '/open', openSince);
    assert.equal(both.type === 'change' && [both.before?.acl, both.after?.acl], [masked, masked]);
  });

  test('is that a request failed, of which the log says not what it was', () => {
    const failed = { ...row(9n, 'error'), error: -101 };
    assert.equal(shown(failed), [failed]);
  });
});

suite('what a stranger sees of trees', (test) => {
  test('is a node that is there since then, with those of its children', () => {
    const child = { childCount: 0, owner: 0n };
    const children = [
      { name: 'open', czxid: 5n, ...child },
      { name: 'secret', czxid: 5n, ...child },
    ];
    const asked = { type: 'node', zxid: 9n, node: node('/', 0n), children } as const;
    const rootIsOpen = (path: string) => (path === '/' ? 0n : openSince(path));
    const told = openPart(asked, '/', rootIsOpen);
    assert.equal(told, { ...asked, children: [children[0]] });
    const before = openPart({ ...asked, node: node('/open', 2n) }, '/open', openSince);
    assert.is(before.type, 'refused');
  });

  test('is refused in the same words whether a node was there or not', () => {
    const there = { type: 'node', zxid: 9n, node: node('/secret', 2n), children: [] } as const;
    const { node: _, ...nothing } = there;
    const first = openPart(there, '/secret', openSince);
    assert.is(first.type, 'refused');
    assert.equal(first, openPart(nothing, '/secret', openSince));
  });

  test('is of a change the sides on which it was the node of today', () => {
    const change = { type: 'change', beforeZxid: 4n } as const;
    const after = node('/open', 5n);
    const told = openPart({ ...change, before: node('/open', 2n), after }, '/open', openSince);
    assert.equal(told, { ...change, after });
    assert.is(openPart({ ...change, after }, '/secret', openSince).type, 'refused');
  });

  test('is of differences what was made or changed, and never what was before', () => {
    const side = (czxid: bigint) => ({ czxid, version: 0, aversion: 0, length: 1 });
    const changed = { before: side(5n), after: side(5n), what: ['data'] };
    const rows = [
      { kind: 'changed', path: '/open', ...changed },
      { kind: 'recreated', path: '/open', ...changed, before: side(2n) },
      { kind: 'deleted', path: '/open', before: side(2n), what: [] },
      { kind: 'changed', path: '/secret', ...changed },
    ] as const;
    const asked = { type: 'differences', fromZxid: 1n, toZxid: 9n, rows, visited: 4 } as const;
    const told = openPart(asked, '/', openSince);
    assert.equal(told.type === 'differences' && told.rows, [
      rows[0],
      { kind: 'created', path: '/open', after: side(5n), what: [] },
    ]);
  });
});
