import { opcodes, operations } from '@vivarium/core/internal/wire/operations';
import { encode } from '@vivarium/core/internal/wire/types';
import { startPair } from '/work/h-proofsa/test/dist/interop/back-to-back/servers.js';

const which = process.argv[2] ?? '3.9.5',
  subject = process.argv[3] ?? 'apache';
const pair = await startPair(which, subject);
const OPEN = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
const enc = (n, v) => encode(operations[n].request, v);
const E = new Uint8Array(0);
const cases = [
  ['check top', 13, enc('check', { path: '/', version: -1 })],
  ['sasl empty token', 102, enc('sasl', { token: E })],
  ['sasl null token', 102, enc('sasl', { token: null })],
  ['deleteContainer of /c1', 20, enc('deleteContainer', { path: '/c1' })],
  ['createSession', -10, new Uint8Array([0, 0, 0x75, 0x30])],
  ['create flags 4', 1, enc('create', { path: '/c2', data: null, acl: OPEN, flags: 4 })],
  ['create2 flags 4', 15, enc('create2', { path: '/c3', data: null, acl: OPEN, flags: 4 })],
  [
    'createContainer flags 0',
    19,
    enc('createContainer', { path: '/c4', data: null, acl: OPEN, flags: 0 }),
  ],
  [
    'createContainer flags 1',
    19,
    enc('createContainer', { path: '/c5', data: null, acl: OPEN, flags: 1 }),
  ],
  [
    'createContainer flags 2',
    19,
    enc('createContainer', { path: '/c6', data: null, acl: OPEN, flags: 2 }),
  ],
  [
    'createTtl flags 0 ttl 5',
    21,
    enc('createTtl', { path: '/c7', data: null, acl: OPEN, flags: 0, ttl: 5n }),
  ],
  [
    'createTtl flags 4 ttl 0',
    21,
    enc('createTtl', { path: '/c8', data: null, acl: OPEN, flags: 4, ttl: 0n }),
  ],
  ['create cut', 1, enc('create', { path: '/c9', data: null, acl: OPEN, flags: 0 }).slice(0, 7)],
  ['setData cut', 5, enc('setData', { path: '/c2', data: null, version: -1 }).slice(0, 3)],
  ['delete cut', 2, enc('delete', { path: '/c2', version: -1 }).slice(0, 3)],
  ['setAcl cut', 7, enc('setAcl', { path: '/c2', acl: OPEN, version: -1 }).slice(0, 9)],
  [
    'create long',
    1,
    new Uint8Array([...enc('create', { path: '/c10', data: null, acl: OPEN, flags: 0 }), 1, 2, 3]),
  ],
  [
    'wrong quota',
    1,
    enc('create', { path: '/zookeeper/quota/c10', data: null, acl: OPEN, flags: 0 }),
  ],
  [
    'ensemble auth',
    100,
    enc('auth', { type: 0, scheme: 'ensemble', auth: new TextEncoder().encode('x') }),
  ],
  ['sasl auth', 100, enc('auth', { type: 0, scheme: 'sasl', auth: new TextEncoder().encode('x') })],
  [
    'world auth',
    100,
    enc('auth', { type: 0, scheme: 'world', auth: new TextEncoder().encode('x') }),
  ],
  ['x509 auth', 100, enc('auth', { type: 0, scheme: 'x509', auth: new TextEncoder().encode('x') })],
  [
    'super auth',
    100,
    enc('auth', { type: 0, scheme: 'super', auth: new TextEncoder().encode('x') }),
  ],
  [
    'acl x509',
    1,
    enc('create', {
      path: '/x1',
      data: null,
      acl: [{ perms: 31, id: { scheme: 'x509', id: 'CN=a' } }],
      flags: 0,
    }),
  ],
  [
    'acl sasl',
    1,
    enc('create', {
      path: '/x2',
      data: null,
      acl: [{ perms: 31, id: { scheme: 'sasl', id: 'a' } }],
      flags: 0,
    }),
  ],
  [
    'acl ensemble',
    1,
    enc('create', {
      path: '/x3',
      data: null,
      acl: [{ perms: 31, id: { scheme: 'ensemble', id: 'a' } }],
      flags: 0,
    }),
  ],
  [
    'reconfig',
    16,
    enc('reconfig', {
      joiningServers: null,
      leavingServers: '3',
      newMembers: null,
      curConfigId: -1n,
    }),
  ],
];
const base = { password: 'right', timeoutMs: 30000, lastZxid: 'none', readOnly: false };
try {
  for (const [label, code, body] of cases) {
    const rows = [];
    for (const lane of subject === 'apache' ? [pair.theirs] : [pair.theirs, pair.ours]) {
      await lane.perform({ type: 'connect', connection: 1, session: 'new', ...base });
      const reqs = [
        { xid: 1, code, label, body },
        { xid: 2, code: 4, label: 'getData /', body: enc('getData', { path: '/', watch: false }) },
      ];
      if (code === 20)
        reqs.unshift({
          xid: 0,
          code: 1,
          label: 'create',
          body: enc('create', { path: '/c1', data: null, acl: OPEN, flags: 0 }),
        });
      if (code === 100) reqs[0].xid = -4;
      const o = await lane.perform({ type: 'send', connection: 1, requests: reqs });
      rows.push((o.get(1) ?? []).map((i) => i.text.replace(/\{data.*?\} to/, 'DATA to')));
    }
    console.log(label);
    for (const r of rows) console.log('   ', r.join('\n      '));
  }
} finally {
  await pair.stop();
}
