import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, connect, CREATOR_ALL_ACL as mine } from '@vivarium/core';
import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { writeAdministrator } from '@vivarium/core/internal/config/administrator';
import { type ConfigOverrides, defaultConfig } from '@vivarium/core/internal/config/config';
import { makeAdministrator } from '@vivarium/core/internal/node/administrators';
import { runServer } from '@vivarium/core/internal/node/run-server';
import { bootServer } from '@vivarium/core/internal/peer/boot-server';
import * as assert from 'uvu/assert';
import { basic, httpAsk } from '../support/http-ask.js';
import { suite, type TestContext } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const PASSWORD = 'a password of some length';
const OPS = basic('ops', PASSWORD);

interface Part {
  readonly type: string;
  readonly path?: string;
  readonly data?: { readonly length: number; readonly content?: string };
}

interface Told {
  readonly error: string | null;
  readonly preparing?: true;
  readonly zxid: string;
  readonly exact_from: string | null;
  readonly transactions: readonly {
    readonly zxid: string;
    readonly type: string;
    readonly parts: readonly Part[];
  }[];
  readonly next: string | number | null;
  readonly node: { readonly data: { readonly content: string } } | null;
  readonly children: readonly { readonly name: string }[];
  readonly before: Told['node'];
  readonly after: Told['node'];
  readonly differences: readonly { readonly kind: string; readonly path: string }[];
}

/** A server with an administrator and a client, in this process. */
async function server(t: TestContext, overrides: ConfigOverrides = {}) {
  const events: LogEvent[] = [];
  const dataDir = tempFolder(t);
  const config = defaultConfig({
    dataDir,
    clientPort: 0,
    clientPortAddress: '127.0.0.1',
    administrators: [writeAdministrator(await makeAdministrator('ops', PASSWORD))],
    ...overrides,
  });
  const log = (event: LogEvent) => events.push(event);
  const running = await runServer({ config, boot: bootServer, log, shownConfig: '' });
  t.cleanup(() => running.close());
  const zk = await connect(`127.0.0.1:${running.port}`);
  t.cleanup(() => zk.close());
  const folder = join(dataDir, 'version-2');
  const ask = async (words: string, headers: Record<string, string> = {}, method = 'GET') => {
    for (;;) {
      const { status, body } = await httpAsk(running.port, `/commands/${words}`, {
        method,
        headers,
      });
      const told = JSON.parse(body) as Told;
      if (told.preparing !== true) return { status, ...told, body };
    }
  };
  return { zk, ask, events, folder, port: running.port };
}

/** A secret, a node that was deleted, one that was made anew, and one for everybody. */
async function live(zk: Client) {
  await zk.addAuth({ scheme: 'digest', auth: 'owner:x' });
  await zk.create('/open', 'open at first');
  await zk.set('/open', 'open now');
  await zk.create('/secret', 'hidden words', { acl: mine });
  await zk.set('/secret', 'hidden words, changed');
  await zk.create('/gone', 'words that are gone');
  await zk.delete('/gone');
  await zk.create('/anew', 'words of the first one');
  await zk.delete('/anew');
  await zk.create('/anew', 'of the second one');
  await zk.create('/open/mine', 'hidden child', { acl: mine, mode: 'ephemeral' });
  await zk.multi([
    { op: 'set', path: '/open', data: 'open in a multi' },
    { op: 'set', path: '/secret', data: 'hidden in a multi' },
  ]);
}

/** Words and names that are for administrators alone. */
const HIDDEN = /hidden|gone|first one|secret|mine/;

/** Threads are begun for it, which takes long where much else is done. */
const PATIENT = { timeoutMs: 120_000 };

suite('the past of a server', (test) => {
  test(
    'is told an administrator with what is protected and what was deleted',
    async (t) => {
      const { zk, ask, events } = await server(t);
      await live(zk);
      const page = await ask('transactions?full=true', OPS);
      assert.is(page.status, 200, page.body);
      for (const words of ['hidden words', 'words that are gone', 'words of the first one']) {
        assert.match(page.body, words);
      }
      const { zxid } = page.transactions.find(({ type, parts }) => {
        return type === 'setData' && parts[0]?.path === '/secret';
      })!;
      const change = await ask(`change?path=/secret&zxid=${zxid}`, OPS, 'POST');
      assert.is(change.before?.data.content, 'hidden words');
      assert.is(change.after?.data.content, 'hidden words, changed');
      const made = page.transactions.find(
        ({ parts }) => parts[0]?.path === '/gone' && parts[0].data,
      )!;
      const then = await ask(`node_at?path=/gone&zxid=${made.zxid}`, OPS, 'POST');
      assert.is(then.node?.data.content, 'words that are gone');
      const root = await ask(`node_at?path=/&zxid=${made.zxid}`, OPS, 'POST');
      assert.equal(
        root.children.map(({ name }) => name),
        ['gone', 'open', 'secret', 'zookeeper'],
      );
      const last = page.transactions[0]!.zxid;
      const two = await ask(`differences?from=${made.zxid}&to=${last}`, OPS, 'POST');
      assert.equal(
        two.differences.map(({ kind, path }) => `${kind} ${path}`),
        [
          'created /anew',
          'deleted /gone',
          'changed /open',
          'created /open/mine',
          'changed /secret',
        ],
      );
      const orders = events.filter(({ event }) => event === 'admin.order');
      assert.ok(orders.some(({ fields }) => fields?.order === `node_at ${made.zxid} "/gone"`));
    },
    PATIENT,
  );

  test(
    'shows a stranger nothing that is deleted or protected today',
    async (t) => {
      const { zk, ask } = await server(t);
      await live(zk);
      const page = await ask('transactions?full=true&limit=500');
      assert.is(page.status, 200, page.body);
      assert.match(page.body, 'open at first');
      assert.match(page.body, 'open in a multi');
      assert.match(page.body, 'of the second one');
      assert.not.match(page.body, HIDDEN);
      for (const path of ['/secret', '/gone', '/never', '/open/mine']) {
        const { transactions, next } = await ask(`transactions?full=true&limit=1&path=${path}`);
        assert.equal([transactions, next], [[], null], path);
      }
      const { zxid } = page.transactions[0]!;
      for (const words of [
        `node_at?path=/open&zxid=${zxid}`,
        `change?path=/open&zxid=${zxid}`,
        `differences?from=0&to=${zxid}`,
      ]) {
        const denied = await ask(words, {}, 'POST');
        assert.is(denied.status, 401, words);
        assert.not.match(denied.body, HIDDEN);
      }
    },
    PATIENT,
  );

  test(
    'shows anybody on a server without administrators what all may read',
    async (t) => {
      const { zk, ask } = await server(t, { administrators: [] });
      await live(zk);
      const page = await ask('transactions?full=true&limit=500');
      const { zxid } = page.transactions[0]!;
      const made = page.transactions.at(-2)!.zxid;
      const open = await ask(`node_at?path=/open&zxid=${made}`, {}, 'POST');
      assert.is(open.node?.data.content, 'open at first', open.body);
      const root = await ask(`node_at?path=/&zxid=${zxid}`, {}, 'POST');
      assert.equal(
        root.children.map(({ name }) => name),
        ['anew', 'open', 'zookeeper'],
      );
      const two = await ask(`differences?from=${made}&to=${zxid}`, {}, 'POST');
      const bodies = [root.body, two.body, page.body];
      for (const path of ['/secret', '/gone', '/never']) {
        const denied = await ask(`node_at?path=${path}&zxid=${zxid}`, {}, 'POST');
        assert.is(denied.status, 403);
        bodies.push(denied.body);
      }
      assert.not.match(bodies.join(' '), HIDDEN);
    },
    PATIENT,
  );

  test(
    'is read without a trace: GET and POST leave every file and the tree as they are',
    async (t) => {
      const { zk, ask, folder } = await server(t);
      await live(zk);
      const files = () => {
        return readdirSync(folder)
          .sort()
          .map((name) => [name, readFileSync(join(folder, name)).toString('base64').length]);
      };
      const before = files();
      const { body } = await ask('hash');
      const { transactions } = await ask('transactions', OPS);
      const last = transactions[0]!.zxid;
      await ask('log_span');
      await ask(`node_at?zxid=${last}`, OPS, 'POST');
      await ask(`differences?from=2&to=${last}`, OPS, 'POST');
      assert.is((await ask(`node_at?zxid=${last}`, OPS)).status, 405);
      assert.equal(files(), before);
      assert.is((await ask('hash')).body, body);
      const after = await ask('transactions', OPS);
      assert.is(after.transactions[0]!.zxid, last);
    },
    PATIENT,
  );

  test(
    'of a page of another origin is not told, whatever its browser remembers',
    async (t) => {
      const { port } = await server(t);
      const headers = { ...OPS, Origin: 'https://evil.example' };
      for (const [path, method] of [
        ['transactions', 'GET'],
        ['node_at?zxid=1', 'POST'],
      ] as const) {
        const { status } = await httpAsk(port, `/commands/${path}`, { method, headers });
        assert.is(status, 403);
      }
    },
    PATIENT,
  );

  test(
    'before the first snapshot that is exact is refused, with the earliest',
    async (t) => {
      const { zk, ask, folder } = await server(t);
      await live(zk);
      const { exact_from: exact } = await ask('log_span');
      assert.is(exact, '0x0');
      const { transactions } = await ask('transactions', OPS);
      for (const name of readdirSync(folder)) assert.not.match(name, /^snapshot\.[1-9a-f]/);
      const root = await ask('node_at?zxid=0&path=/', OPS, 'POST');
      assert.is(root.zxid, '0x0');
      assert.equal(
        root.children.map(({ name }) => name),
        ['zookeeper'],
      );
      const none = await ask(`change?zxid=0x99999&path=/open`, OPS, 'POST');
      assert.match(none.error ?? '', 'hold no transaction 0x99999');
      assert.ok(transactions.length > 5);
    },
    PATIENT,
  );

  test(
    'has limits: of memory, of questions that wait, of rows',
    async (t) => {
      const { zk, ask, port } = await server(t, { pastTreesMaxBytes: 2_000 });
      await live(zk);
      const { transactions } = await ask('transactions?limit=3', OPS);
      assert.is(transactions.length, 3);
      const large = await ask(`node_at?zxid=${transactions[0]!.zxid}`, OPS, 'POST');
      assert.match(large.error ?? '', 'more memory than vivarium.pastTreesMaxBytes=2000');
      const many = Array.from({ length: 40 }, () => httpAsk(port, '/commands/transactions'));
      const statuses = (await Promise.all(many)).map(({ status }) => status);
      assert.ok(statuses.includes(429), String(statuses));
      assert.ok(statuses.includes(200), String(statuses));
      assert.is((await ask('transactions?limit=3', OPS)).status, 200);
    },
    PATIENT,
  );
});
