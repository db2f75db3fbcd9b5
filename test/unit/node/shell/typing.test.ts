import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@vivarium/core/internal/client/api';
import { shellCommands } from '@vivarium/core/internal/node/cli/shell/commands';
import { complete } from '@vivarium/core/internal/node/cli/shell/completion';
import {
  historyFile,
  keepLine,
  readHistory,
} from '@vivarium/core/internal/node/cli/shell/history-file';
import * as assert from 'uvu/assert';
import { suite } from '../../../support/suite.js';
import { tempFolder } from '../../../support/temp-folder.js';

/** A client that knows the children of some nodes. */
function clientWith(children: Readonly<Record<string, readonly string[]>>): Client {
  const client = {
    state: { type: 'connected' },
    clock: { setTimer: () => () => {} },
    async children(path: string) {
      if (children[path] === undefined) throw new Error('none');
      return { children: children[path] };
    },
  };
  return client as unknown as Client;
}

suite('completion', (test) => {
  const client = clientWith({ '/': ['app', 'apple', 'zookeeper'], '/app': ['x'] });
  const candidates = async (line: string) => (await complete(line, shellCommands, client))[0];

  test('offers commands, their flags, and paths', async () => {
    assert.equal(await candidates('getA'), ['getAcl ', 'getAllChildrenNumber ']);
    assert.equal(await candidates('help wat'), ['watch ']);
    assert.equal(await candidates('tree --d'), ['--depth ']);
    assert.equal(await candidates('ls /ap'), ['/app', '/apple']);
    assert.equal(await candidates('ls -s /app/'), ['/app/x']);
    assert.equal(await candidates('ls /gone/'), []);
    assert.equal(await candidates('addWatch -m persistent_'), ['PERSISTENT_RECURSIVE ']);
    assert.equal(await candidates('nonsense /'), []);
  });

  test('shows a hundred of many names, or what they share', async () => {
    const names = Array.from({ length: 5000 }, (_, at) => `node-${at}`);
    const many = clientWith({ '/': names });
    assert.equal((await complete('ls /n', shellCommands, many))[0], ['/node-']);
    const [shown] = await complete('ls /node-', shellCommands, many);
    assert.equal([shown.length, shown.at(-1)], [101, '… 4900 more']);
  });

  test('offers nothing when names do not come in time', async () => {
    const slow = {
      state: { type: 'connected' },
      clock: {
        setTimer(_ms: number, run: () => void) {
          run();
          return () => {};
        },
      },
      children: (_path: string, { signal }: { signal: AbortSignal }) =>
        signal.aborted ? Promise.reject(signal.reason) : new Promise(() => {}),
    };
    assert.equal((await complete('ls /', shellCommands, slow as unknown as Client))[0], []);
    assert.equal((await complete('ls /', shellCommands, undefined))[0], []);
  });
});

suite('lines that are kept', (test) => {
  test('stand in the state folder, or where a variable says', () => {
    assert.is(historyFile({}, '/u'), '/u/.local/state/vivarium/shell-history');
    assert.is(historyFile({ XDG_STATE_HOME: '/s' }), '/s/vivarium/shell-history');
    assert.is(historyFile({ VIVARIUM_SHELL_HISTORY: '/h' }), '/h');
    assert.is(historyFile({ VIVARIUM_SHELL_HISTORY: '' }), undefined);
  });

  test('are their owner’s alone, and hold no passwords', (t) => {
    const file = join(tempFolder(t), 'deep', 'history');
    for (const line of ['ls /', 'addauth digest u:p', ' get /hidden', 'get /a']) {
      assert.is(keepLine(file, line), undefined);
    }
    assert.equal(readHistory(file), ['ls /', 'get /a']);
    assert.is(readFileSync(file, 'utf8'), 'ls /\nget /a\n');
    assert.is(statSync(file).mode & 0o777, 0o600);
  });

  test('are not kept where there can be no file, which is said', (t) => {
    const folder = tempFolder(t);
    mkdirSync(join(folder, 'taken'));
    assert.match(keepLine(join(folder, 'taken'), 'ls /') ?? '', /^lines are not kept: /);
    assert.equal(readHistory(join(folder, 'taken')), []);
  });
});
