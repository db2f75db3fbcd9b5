import type { Stat } from '@vivarium/core';
import { recognise } from '@vivarium/core/internal/layouts/recognise';
import * as assert from 'uvu/assert';
import type * as Words from '../../../core/console/recipes/kind-words.js';
import type * as List from '../../../core/console/recipes/listed.js';
import type { Found } from '../../../core/console/recipes/survey.js';
import type { FolderState, RecipeState } from '../../../core/console/recipes/view.js';
import type * as Views from '../../../core/console/recipes/view-of.js';
import { consoleModule } from '../../support/console-module.js';
import { suite } from '../../support/suite.js';

const views = () => consoleModule<typeof Views>('recipes/view-of.ts');
const words = () => consoleModule<typeof Words>('recipes/kind-words.ts');
const lists = () => consoleModule<typeof List>('recipes/listed.ts');
const bytes = (text: string) => new TextEncoder().encode(text);

const SESSION = 0x01a2_1105_7378_0035n;
const OURS = '_c_01a21105-7378-0035-0000-000000000001';
const CURATOR = '_c_3c96a29a-a673-485b-87c2-2c6f744df157';
const KAZOO = '681c17270f2f4ca59843dac499d76089';
const NOW = 1_764_500_000_000;

function statOf(facts: Partial<Stat> = {}): Stat {
  return {
    ...{ czxid: 7n, mzxid: 7n, pzxid: 7n, ctime: NOW - 5_000, mtime: NOW - 5_000, version: 0 },
    ...{ cversion: 0, aversion: 0, ephemeralOwner: 0n, dataLength: 0, numChildren: 0 },
    ...facts,
  };
}

/** A folder with nodes and their data; those with a `!` before their name are ephemeral. */
function folder(path: string, nodes: Readonly<Record<string, string>>): FolderState {
  const entries = Object.entries(nodes).map(([name, data], at) => {
    const ephemeralOwner = name.startsWith('!') ? SESSION : 0n;
    const stat = statOf({ ephemeralOwner, czxid: BigInt(100 + at) });
    return [name.replace('!', ''), { data: bytes(data), stat, changedAt: 0 }] as const;
  });
  const names = entries.map(([name]) => name).filter((name) => !name.includes('/'));
  return { path, names, entries: new Map(entries) };
}

interface Facts {
  readonly data?: string | Uint8Array;
  readonly stat?: Partial<Stat>;
  readonly folders?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The state of a recipe, recognised as a reader would. */
function stateOf(
  nodes: Readonly<Record<string, string>>,
  { data = '', stat = {}, folders = {} }: Facts = {},
): RecipeState {
  const main = folder('/shop/payments', nodes);
  const own = typeof data === 'string' ? bytes(data) : data;
  const inside = new Map(Object.entries(folders).map(([name, all]) => [name, folder(name, all)]));
  const [recognised] = recognise({
    ...{ path: main.path, owner: 0n, data: own, names: main.names },
    children: new Map(
      [...main.entries].map(([name, entry]) => {
        assert.ok(entry !== 'hidden');
        return [name, { owner: entry.stat.ephemeralOwner, data: entry.data }] as const;
      }),
    ),
    folders: new Map([...inside].map(([name, { names }]) => [name, names])),
  });
  assert.ok(recognised, 'nothing was recognised');
  return { ...main, recognised, data: own, stat: statOf(stat), folders: inside };
}

/** The rows of all groups, each in a few words. */
async function told(state: RecipeState) {
  const { viewOf } = await views();
  const { headline, facts, groups } = viewOf(state, NOW);
  const rows = groups.flatMap((group) =>
    group.rows.map(({ place, role, who, notes, token, library }) => {
      return [place, role, who, notes.join('; '), token, library].join('|');
    }),
  );
  return { headline, facts: facts.map(({ name, value }) => `${name} ${value}`), rows };
}

suite('what is shown of a recipe', (test) => {
  test('of a lock: the holder with the token, the queue in order, and the library of each', async () => {
    const state = stateOf({
      [`!${CURATOR}-lock-0000000042`]: '10.0.0.9',
      [`!${OURS}-lock-0000000041`]: 'worker-1',
      [`!${KAZOO}__lock__0000000043`]: '',
      [`!${OURS}-lock-0000000044`]: '__REVOKE__',
      notes: 'of somebody else',
    });
    assert.equal(await told(state), {
      headline: 'Held by worker-1',
      facts: ['Hold 1', 'Wait 3', 'Other nodes in it 1'],
      rows: [
        '1|holds|worker-1||101|Vivarium',
        '2|waits|10.0.0.9|||Curator',
        '3|waits||||kazoo',
        '4|waits||asked to give it back||Vivarium',
      ],
    });
    const session = (await views()).viewOf(state, NOW).groups[0]?.rows[0]?.session;
    assert.is(session, SESSION);
  });

  test('of a read-write lock: who reads, who writes, who may come to', async () => {
    const state = stateOf({
      [`!${OURS}-__READ__0000000001`]: 'a',
      [`!${OURS}-up-__READ__0000000002`]: 'b',
      [`!${OURS}-__WRIT__0000000003`]: 'c',
    });
    assert.equal(await told(state), {
      headline: 'Held by 2',
      facts: ['Hold 2', 'Wait 1'],
      rows: [
        '1|holds|a|reads|100|Vivarium',
        '2|holds|b|reads, may come to write|101|Vivarium',
        '3|waits|c|writes||Vivarium',
      ],
    });
  });

  test('of an election: who leads', async () => {
    const latch = {
      [`!${OURS}-latch-0000000001`]: 'host-1',
      [`!${OURS}-latch-0000000002`]: 'host-2',
    };
    const { headline, rows } = await told(stateOf(latch));
    assert.is(headline, 'Led by host-1');
    assert.equal(rows, ['1|leads|host-1||100|Vivarium', '2|stands by|host-2|||Vivarium']);
  });

  test('of permits of all three kinds', async () => {
    const ours = {
      [`!${OURS}-3-permit-0000000001`]: 'a',
      [`!${OURS}-3-permit-0000000002`]: '{"waiting":true}',
    };
    assert.equal(await told(stateOf(ours, { data: '{"limit":5}' })), {
      headline: '3 of 5 permits out',
      facts: ['Limit 5', 'Wait 1'],
      rows: ['1|holds|a|3 permits|100|Vivarium', '2|waits||3 permits||Vivarium'],
    });
    const curators = { [`!${CURATOR}-lease-0000000001`]: 'a' };
    const locks = { [`!${CURATOR}-lock-0000000002`]: '' };
    const folders = { leases: curators, locks };
    const v2 = await told(stateOf({ leases: '', locks: '' }, { folders }));
    assert.is(v2.headline, '1 out');
    assert.equal(v2.rows, ['1|holds|a||100|Curator', '1|waits||||Curator']);
    const kazoo = await told(stateOf({ [`!${KAZOO}`]: 'python-1' }, { data: '2' }));
    assert.is(kazoo.headline, '1 of 2 permits out');
    assert.equal(kazoo.rows, ['|holds|python-1|||kazoo']);
  });

  test('of a work queue: what waits, is delayed, in hand, dead', async () => {
    const job = (priority: number, due: number, number: string) =>
      `_c_01a21105-${priority}-${due}-0-job-${number}`;
    const jobs = {
      [job(500, 0, '0000000001')]: 'to: ada',
      [job(100, 0, '0000000002')]: 'to: grace',
      [job(500, NOW + 60_000, '0000000003')]: 'to: alan',
    };
    const dead = job(500, 0, '0000000000');
    const claims = { [`!${job(100, 0, '0000000002')}.guid`]: '' };
    const folders = { jobs, claims, takers: {}, dead: { [dead]: 'x', [`${dead}/reason`]: 'why' } };
    const names = { jobs: '', claims: '', takers: '', proofs: '', dead: '' };
    assert.equal(await told(stateOf(names, { folders })), {
      headline: '1 item to take',
      facts: ['Wait 1', 'Delayed 1', 'In hand 1', 'Consumers that wait 0', 'Dead letters 1'],
      rows: [
        '1|in hand|to: grace|priority 100|100|Vivarium',
        '2|waits|to: ada|priority 500||Vivarium',
        '3|delayed|to: alan|priority 500; due in 1 min||Vivarium',
        '|given up|x|why||',
      ],
    });
  });

  test('of a queue of Curator: the moment or the name in its names', async () => {
    const { rows } = await told(stateOf({ 'queue-|order 7|0000000001': 'x' }));
    assert.equal(rows, ['1|waits|x|order 7||Curator']);
    const due = (NOW + 120_000).toString(16).toUpperCase();
    const delayed = await told(stateOf({ [`queue-|${due}|0000000001`]: 'x' }));
    assert.equal(delayed.rows, ['1|delayed|x|due in 2 min||Curator']);
  });

  test('of a group and of a service', async () => {
    const group = await told(stateOf({ '!host-1': '{"zone":"a"}', [`!${KAZOO}-py`]: '' }));
    assert.is(group.headline, '2 members');
    assert.equal(group.rows, [
      '|member|host-1|{"zone":"a"}||Vivarium or Curator',
      '|member|py|||kazoo',
    ]);
    const json = { name: 'payments', id: 'host-7', address: 'a', port: 1, serviceType: 'DYNAMIC' };
    const service = await told(stateOf({ '!host-7': JSON.stringify(json) }));
    assert.equal(service.rows, ['|registered|a:1|||Vivarium']);
  });

  test('of a double barrier: who waits, is inside, has left and has died', async () => {
    const member = (number: number) => `${OURS}-m-000000000${number}`;
    const data = {
      ...{ size: 3, generation: 7, lost: [] },
      cohort: [member(1), member(2), member(3)],
    };
    const nodes = { [`!${member(1)}`]: '', [`l-${member(2)}`]: '', [`!${member(4)}`]: '' };
    const { headline, rows } = await told(stateOf(nodes, { data: JSON.stringify(data) }));
    assert.is(headline, 'Cohort 7 is inside');
    assert.equal(
      rows.map((row) => row.split('|')[1]),
      ['inside', 'left', 'died', 'waits'],
    );
  });

  test('of what is about one node', async () => {
    const latch = await told(stateOf({ 'cache-1': '' }, { data: '{"count":3}' }));
    assert.is(latch.headline, 'Closed: 2 of 3 to come');
    assert.is(
      (await told(stateOf({}, { data: '{"count":3,"isOpen":true}' }))).headline,
      'Open for good',
    );
    const number = Uint8Array.of(0, 0, 0, 0, 0, 18, 214, 135);
    assert.is((await told(stateOf({}, { data: number }))).headline, '1,234,567');
    const uuid = OURS.slice(3);
    const lease = await told(
      stateOf({ clock: '', [`lease-${uuid}`]: '{"id":"importer","ttlMs":60000}' }),
    );
    assert.is(lease.headline, 'Held by importer');
    assert.equal(lease.rows, ['|holds|importer|for 1 min at a time; 55 s left|101|Vivarium']);
    const over = await told(
      stateOf({ clock: '', [`lease-${uuid}`]: '{"id":"importer","ttlMs":1000}' }),
    );
    assert.is(over.headline, 'Free: nobody has it');
  });

  test('never turns the text around it', async () => {
    const { headline } = await told(stateOf({ [`!${OURS}-lock-0000000041`]: '\u202eevil' }));
    assert.is(headline, 'Held by \\u{202e}evil');
  });
});

suite('the list of recipes', (test) => {
  test('tells in a few words how each stands', async () => {
    const { tallyOf } = await words();
    const tally = (state: RecipeState) => {
      const folders = new Map([...state.folders].map(([name, { names }]) => [name, names]));
      return tallyOf(state.recognised, { names: state.names, data: state.data, folders });
    };
    const lock = stateOf({ [`!${OURS}-lock-0000000001`]: '', [`!${OURS}-lock-0000000002`]: '' });
    assert.is(tally(lock), '1 holds, 1 waits');
    assert.is(tally({ ...lock, names: [] }), 'free');
    assert.is(tally(stateOf({ '!host-1': '', '!host-2': '' })), '2 members');
    assert.is(tally(stateOf({}, { data: '{"limit":5}' })), '0 of 5 out');
    assert.is(tally(stateOf({ a: '', b: '' }, { data: '{"count":3}' })), '2 of 3 came');
    const folders = { jobs: { 'job-0000000001': '' }, claims: {}, dead: {} };
    const queue = stateOf({ jobs: '', claims: '', proofs: '', dead: '' }, { folders });
    assert.is(tally(queue), '1 waits');
    assert.is(tally(stateOf({ [`!${KAZOO}`]: '' }, { data: '2' })), '1 of 2 out');
  });

  test('groups by kind, filters, and keeps guesses back', async () => {
    const { listed } = await lists();
    const found = (path: string, nodes: Readonly<Record<string, string>>, data = ''): Found => {
      const { recognised } = stateOf(nodes, { data });
      return { path, all: [recognised], tally: '', goneAt: undefined, changedAt: 0 };
    };
    const all = [
      found('/b', { [`!${OURS}-lock-0000000001`]: '' }),
      found('/a', { [`!${OURS}-lock-0000000001`]: '' }),
      found('/group', { '!host-1': '' }),
      found('/answer', {}, '42'),
    ];
    const rows = (filter: Partial<List.ListFilter>) => {
      const none = { text: '', kind: undefined, hasGuesses: false };
      return listed(all, { ...none, ...filter }).rows.map((row) => {
        return row.kind === 'head' ? `${row.of} ${row.count}` : row.found.path;
      });
    };
    assert.equal(rows({}), ['lock 2', '/a', '/b', 'members 1', '/group']);
    assert.equal(rows({ text: 'LOCK b' }), ['lock 1', '/b']);
    assert.equal(rows({ kind: 'members' }), ['members 1', '/group']);
    assert.equal(rows({ kind: 'counter', hasGuesses: true }), ['counter 1', '/answer']);
    assert.is(listed(all, { text: '', kind: undefined, hasGuesses: false }).guesses, 1);
  });
});
