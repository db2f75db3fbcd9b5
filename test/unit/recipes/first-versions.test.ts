import { barrier, campaign$ } from '@vivarium/recipes';
import { NEVER } from 'rxjs';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../../compliance/observe.js';
import { suite } from '../../support/suite.js';
import { refused, scripted, statOf } from './scripted-client.js';

const soon = {
  now: () => 0,
  setTimer: (_: number, run: () => void) => {
    queueMicrotask(run);
    return () => {};
  },
};

suite('an election', (test) => {
  test('is not left because a server is in trouble for a while', async (t) => {
    const trouble = ['THROTTLED_OP', 'SYSTEM_ERROR', 'NOT_READ_ONLY'] as const;
    let name = '';
    let tries = 0;
    const { zk } = scripted({
      create: (path: string) => {
        const error = trouble[tries++];
        if (error !== undefined) throw refused(error);
        name = `${path.slice('/q/'.length)}0000000001`;
        return { path: `/q/${name}`, stat: statOf({}) };
      },
      children: () => ({ children: name === '' ? [] : [name] }),
      get: () => ({ stat: statOf({}) }),
      sync: () => {},
      delete: () => {},
      clock: soon,
    });
    const said = record(t, campaign$(zk, '/q', { id: 'me' }));
    await said.until(({ role }) => role === 'leader');
    assert.equal(
      said.values.map(({ role }) => role),
      ['follower', 'leader'],
    );
  });

  test('ends with what will not pass', async (t) => {
    const { zk } = scripted({
      create: () => {
        throw refused('NO_AUTH');
      },
    });
    const said = record(t, campaign$(zk, '/q', { id: 'me' }));
    assert.is(((await errorOf(said.until(() => false))) as Error).name, 'NO_AUTH');
  });
});

suite('a barrier', (test) => {
  test('is raised though its folder vanishes again and again', async () => {
    let missing = 5;
    const { zk, calls } = scripted({
      create: () => {
        if (missing-- > 0) throw refused('NO_NODE');
      },
      ensure: () => {},
    });
    (zk as { node$: unknown }).node$ = () => NEVER;
    await barrier(zk, '/gates/x').raise();
    assert.is(calls.filter((each) => each === 'ensure').length, 5);
  });
});
