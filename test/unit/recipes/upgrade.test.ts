import type { Client } from '@vivarium/core';
import { NodeHold } from '@vivarium/recipes/internal/hold/node-hold';
import { upgrade } from '@vivarium/recipes/internal/lock/upgrade';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { refused, scripted, session, statOf } from './scripted-client.js';

const look = { data: undefined, acl: undefined };
const ours = '/q/_c_x-up-__READ__0000000005';

interface Op {
  readonly op: string;
  readonly path: string;
}

suite('an upgrade', (test) => {
  test('looks again when the writer it found behind it has gone in the meantime', async () => {
    const others = ['w-__WRIT__0000000009', 'r-__READ__0000000010', 'w-__WRIT__0000000011'];
    const multis: Op[][] = [];
    let own: string[] = [ours.slice(3)];
    const watched: string[] = [];
    const { zk } = scripted({
      session,
      create: (path: string) => {
        own.push(`${path.slice(3)}0000000012`);
        return { path: `${path}0000000012`, stat: statOf({ czxid: 8n }) };
      },
      children: (path: string, { watch }: { watch?: () => void }) => {
        if (watch === undefined) return { children: [...others, ...own] };
        watched.push(path);
        if (path.includes('__READ__0000000010')) {
          others.splice(0, 1);
          watch();
        }
        return { children: [], stat: statOf({}) };
      },
      multi: (ops: Op[]) => {
        multis.push(ops);
        if (multis.length === 1) {
          others.splice(0, 1);
          throw refused('NO_NODE');
        }
        own = [ours.slice(3), ops[0]!.path.slice(3)];
      },
      exists: () => statOf({ czxid: 9n }),
      get: () => ({ stat: statOf({}) }),
      delete: () => {},
      unwatch: () => {},
    });
    const reader = new NodeHold(zk as Client, session, { path: ours, czxid: 5n });
    const writer = await upgrade(zk, reader, look)();
    // The first said that nobody behind 9 can be reading, the second that of 11: 10 may be.
    const short = (path: string) => path.replace(/^.*\/(?:_c_[0-9a-f-]{36}-)?/, '');
    assert.equal(
      multis.map((ops) => ops.map(({ op, path }) => `${op} ${short(path)}`)),
      [
        ['create up9-__WRIT__0000000005', 'check w-__WRIT__0000000009'],
        ['create up11-__WRIT__0000000005', 'check w-__WRIT__0000000011'],
      ],
    );
    assert.is(watched[0], '/q/r-__READ__0000000010');
    // The token is that of the hold to read: greater ones are of writers that come later.
    assert.is(writer.token.zxid, 5n);
    await writer.release();
  });
});
