import type { Client, MultiOp } from '@vivarium/core/internal/client/api';
import { ZkError } from '@vivarium/core/internal/client/errors';
import {
  type ExportedNode,
  exportEnd,
  exportHead,
  exportLine,
  readExport,
} from '@vivarium/core/internal/node/cli/shell/export-format';
import { carryOut, planImport } from '@vivarium/core/internal/node/cli/shell/import-plan';
import * as assert from 'uvu/assert';
import { suite } from '../../../support/suite.js';

const OPEN = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
const NODES: readonly ExportedNode[] = [
  { path: '', bytes: null, acl: OPEN, kind: 'persistent' },
  { path: '/text', bytes: new TextEncoder().encode('grüße'), acl: OPEN, kind: 'container' },
  { path: '/text/bytes', bytes: new Uint8Array([0xff, 0, 1]), acl: OPEN, kind: 'persistent' },
  {
    path: '/short',
    bytes: new Uint8Array(0),
    acl: [{ perms: 1, id: { scheme: 'digest', id: 'a:b,=' } }],
    kind: 'ttl',
    ttlMs: 5000,
  },
];

function whole(nodes: readonly ExportedNode[]): string {
  const lines = nodes.map((node, at) => `${at === 0 ? '' : ','}${exportLine(node)}`);
  return [exportHead('/app', 0x12n), ...lines, exportEnd(nodes.length)].join('\n');
}

suite('an export of a subtree', (test) => {
  test('is one JSON document, and comes back as it was', () => {
    const text = whole(NODES);
    assert.equal(JSON.parse(text).path, '/app');
    const back = readExport(text);
    assert.equal(
      back.map(({ bytes, ...rest }) => ({ ...rest, bytes: bytes === null ? null : [...bytes] })),
      NODES.map(({ bytes, ...rest }) => ({ ...rest, bytes: bytes === null ? null : [...bytes] })),
    );
  });

  test('that is damaged is refused, with the place and what is wrong there', () => {
    const text = whole(NODES);
    const refusals: readonly (readonly [text: string, says: RegExp])[] = [
      [text.slice(0, -30), /no JSON, or was cut off/],
      ['null', /"format"/],
      [text.replace('"version":1', '"version":2'), /this shell reads 1/],
      [text.replace('"count":4', '"count":5'), /says that it has 5 nodes, and has 4/],
      [
        text.replace('"/text/bytes"', '"/none/bytes"'),
        /node 3: \/none\/bytes comes before its parent/,
      ],
      [text.replace('"/short"', '"/text"'), /node 4: \/text comes twice/],
      [text.replace('"/short"', '"/sh/../ort"'), /node 4: its path/],
      [text.replace('"ttlMs":5000', '"ttlMs":-1'), /node 4: its "ttlMs"/],
      [text.replace('"kind":"container"', '"kind":"lasting"'), /node 2: its "kind" is lasting/],
      [text.replace('digest:a:b,=:r', 'digest'), /scheme:id:perm/],
      [text.replace('/wAB', '?wAB'), /node 3: its "data" is not base64/],
    ];
    for (const [damaged, says] of refusals) assert.throws(() => readExport(damaged), says);
  });

  test('is imported with containers, times to live and ACLs, and without ephemeral nodes', async () => {
    const sent: MultiOp[] = [];
    const client = {
      exists: async () => ({}),
      get: async (path: string) => {
        throw new ZkError('NO_NODE', { path });
      },
      multi: async (ops: readonly MultiOp[]) => void sent.push(...ops),
    } as unknown as Client;
    const mine: ExportedNode = { path: '/mine', bytes: null, acl: OPEN, kind: 'ephemeral' };
    const steps = await planImport(client, [...NODES, mine], '/x', 'refuse', () => {});
    assert.is(steps.at(-1)!.why, 'ephemeral: it belongs to a session');
    await carryOut(client, steps, new AbortController().signal, () => {});
    assert.equal(
      sent.map((op) => ('mode' in op ? [op.path, op.mode, op.ttlMs] : op)),
      [
        ['/x', 'persistent', undefined],
        ['/x/text', 'container', undefined],
        ['/x/text/bytes', 'persistent', undefined],
        ['/x/short', 'persistentTtl', 5000],
      ],
    );
    assert.equal((sent[3] as { acl?: unknown }).acl, NODES[3]!.acl);
  });
});
