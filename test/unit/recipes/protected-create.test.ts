import { createProtected } from '@vivarium/recipes/internal/shared/protected-create';
import * as assert from 'uvu/assert';
import { errorOf } from '../../compliance/observe.js';
import { suite } from '../../support/suite.js';
import { refused, scripted, session, statOf } from './scripted-client.js';

const node = { parent: '/q', label: 'lock-' };
const forEver = new AbortController().signal;

suite('creating one node although answers get lost', (test) => {
  test('looks for it only after a sync: the next server may be behind', async () => {
    const names: string[] = [];
    let isBehind = true;
    const { zk, calls } = scripted({
      create: (path: string) => {
        names.push(`${path.slice('/q/'.length)}0000000003`);
        throw refused('CONNECTION_LOSS');
      },
      sync: () => {
        isBehind = false;
      },
      children: () => ({ children: isBehind ? [] : names }),
      exists: () => statOf({ czxid: 42n }),
    });
    const standing = await createProtected(zk, session, node, forEver);
    assert.equal(calls, ['create', 'sync', 'children', 'exists']);
    assert.equal(standing, { path: `/q/${names[0]}`, czxid: 42n });
  });

  test('looks once more when another server answered half of it', async () => {
    let name = '';
    let looks = 0;
    const { zk, calls } = scripted({
      create: (path: string) => {
        name = `${path.slice('/q/'.length)}0000000003`;
        throw refused('CONNECTION_LOSS');
      },
      sync: () => {},
      children: () => {
        if (++looks > 1) return { children: [name] };
        // Between the sync and this the client went to a server that is behind.
        (zk as { generation: number }).generation = 2;
        return { children: [] };
      },
      exists: () => statOf({}),
    });
    await createProtected(zk, session, node, forEver);
    assert.equal(calls, ['create', 'sync', 'children', 'sync', 'children', 'exists']);
  });

  test('tries again under the same name when it is not there', async () => {
    const names: string[] = [];
    const { zk, calls } = scripted({
      create: (path: string) => {
        names.push(path);
        if (names.length === 1) throw refused('CONNECTION_LOSS');
        return { path: `${path}0000000004`, stat: statOf({ czxid: 5n }) };
      },
      sync: () => {},
      children: () => ({ children: ['somebody-lock-0000000003'] }),
    });
    const { czxid } = await createProtected(zk, session, node, forEver);
    assert.is(czxid, 5n);
    assert.is(names[0], names[1]);
    assert.equal(calls, ['create', 'sync', 'children', 'create']);
  });

  test('never takes a node of another session for its own', async () => {
    let name = '';
    let creations = 0;
    const { zk } = scripted({
      create: (path: string) => {
        name = path.slice('/q/'.length);
        if (++creations === 1) throw refused('CONNECTION_LOSS');
        return { path: `${path}0000000009`, stat: statOf({}) };
      },
      sync: () => {},
      children: () => ({ children: [`${name}0000000003`] }),
      exists: () => statOf({ ephemeralOwner: 6n }),
    });
    const { path } = await createProtected(zk, session, node, forEver);
    assert.match(path, /0000000009$/);
    assert.is(creations, 2);
  });

  test('makes the folder as often as it vanishes, within reason', async () => {
    let missing = 20;
    const parts = {
      create: (path: string) => {
        if (missing-- > 0) throw refused('NO_NODE');
        return { path, stat: statOf({}) };
      },
      ensure: () => {},
    };
    const { zk, calls } = scripted(parts);
    await createProtected(zk, session, node, forEver);
    assert.is(calls.filter((each) => each === 'ensure').length, 20);
    missing = 21;
    const error = await errorOf(createProtected(scripted(parts).zk, session, node, forEver));
    assert.is((error as Error).name, 'CONFLICT');
    assert.is(((error as Error).cause as Error).name, 'NO_NODE');
  });

  test('makes a plain folder where there are no containers', async () => {
    const modes: unknown[] = [];
    let exists = false;
    const { zk } = scripted({
      create: (path: string) => {
        if (!exists) throw refused('NO_NODE');
        return { path, stat: statOf({}) };
      },
      ensure: (_: string, { mode }: { mode?: string }) => {
        modes.push(mode);
        if (mode === 'container') throw refused('UNIMPLEMENTED');
        exists = true;
      },
    });
    await createProtected(zk, session, node, forEver);
    assert.equal(modes, ['container', undefined]);
  });

  test('removes what a server in trouble may have made', async () => {
    const deleted: string[] = [];
    let name = '';
    const { zk } = scripted({
      create: (path: string) => {
        name = path.slice('/q/'.length);
        throw refused('SYSTEM_ERROR');
      },
      sync: () => {},
      children: () => ({ children: ['other', `${name}0000000001`] }),
      delete: (path: string) => {
        deleted.push(path);
      },
    });
    const error = await errorOf(createProtected(zk, session, node, forEver));
    assert.is((error as Error).name, 'SYSTEM_ERROR');
    while (deleted.length === 0) await Promise.resolve();
    assert.equal(deleted, [`/q/${name}0000000001`]);
  });

  test('leaves alone what was refused', async () => {
    const { zk, calls } = scripted({
      create: () => {
        throw refused('NO_AUTH');
      },
    });
    const error = await errorOf(createProtected(zk, session, node, forEver));
    assert.is((error as Error).name, 'NO_AUTH');
    assert.equal(calls, ['create']);
  });
});
