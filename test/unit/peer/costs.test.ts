import type { MultiOp } from '@vivarium/core/internal/wire/multi';
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { PeerRig } from './rig.js';

/** Each took several times as long while its work grew with the square of what is asked. */
const MOST_MS = 1_500;

function took(run: () => void): number {
  const begin = performance.now();
  run();
  return performance.now() - begin;
}

suite('no request holds the server for long', (test) => {
  test('by creating many nodes below one with much data', () => {
    const client = new PeerRig().connect();
    client.create('/p');
    client.ask('setData', { path: '/p', data: new Uint8Array(1_000_000), version: -1 });
    const ops = Array.from({ length: 3_000 }, (_, i): MultiOp => {
      return { op: 'create', path: `/p/${i}`, data: null, acl: OPEN_ACL, flags: 0 };
    });
    const ms = took(() => assert.is(client.multi(ops).body!.at(-1)!.type, 'create'));
    assert.ok(ms < MOST_MS, `it took ${Math.round(ms)} ms`);
  });
});
