import { createServer } from 'node:net';
import type { ClientHost, ConnectOptions, ZkError } from '@vivarium/core';
import { connect, isZkError } from '@vivarium/core';
import { clientHost as webHost } from '@vivarium/core/internal/web/client-host';
import { startLocal } from '@vivarium/core/local';
import * as assert from 'uvu/assert';
import { errorOf } from '../../compliance/observe.js';
import { suite } from '../../support/suite.js';

suite('connect', (test) => {
  test('refuses what it cannot use at the call, naming it', async () => {
    const wrong: readonly [unknown, unknown, RegExp][] = [
      [undefined, {}, /undefined, not text/],
      [5, {}, /number, not text/],
      ['memory://a', {}, /memory:\/\/a:2181 cannot be reached from here, only tcp, ws, wss/],
      ['a', { sessionTimeoutMs: Number.NaN }, /sessionTimeoutMs is NaN/],
      ['a', { connectTimeoutMs: '5' }, /connectTimeoutMs is 5/],
      ['a', { onPresumedLost: 'giveUp' }, /onPresumedLost is giveUp; give resume or newSession/],
      ['a', { clock: 'sundial' }, /clock is sundial; give sleepAware or monotonic/],
      ['a', { heartbeat: 'drum' }, /heartbeat is drum; give eventLoop or worker/],
      ['a', { heartbeat: 'worker', heartbeatMaxStallMs: 0 }, /heartbeatMaxStallMs is 0/],
      ['a', { heartbeatMaxStallMs: 5 }, /heartbeatMaxStallMs is for heartbeat: 'worker' alone/],
      ['a', { log: true }, /log is boolean, not a function/],
      ['a', { auth: {} }, /auth is not a list/],
      ['a', { auth: [{ scheme: 'digest' }] }, /auth of the digest credential is undefined/],
    ];
    for (const [connectString, options, reason] of wrong) {
      const error = await errorOf(connect(connectString as string, options as ConnectOptions));
      assert.ok(isZkError(error, 'BAD_ARGUMENTS'), String(error));
      assert.match((error as ZkError).message, reason);
    }
  });

  test('refuses pings from a thread where there is none, such as in a page', async (t) => {
    const local = await startLocal();
    t.cleanup(() => local.stop());
    for (const host of [local.host, webHost]) {
      const protocol = host === webHost ? 'ws://a' : local.connectString;
      const error = await errorOf(connect(protocol, { host, heartbeat: 'worker' }));
      assert.ok(isZkError(error, 'BAD_ARGUMENTS'));
      assert.match((error as ZkError).message, /heartbeat: 'worker' needs the threads of Node/);
    }
  });

  test('says what the last server that it tried had said', async (t) => {
    const server = createServer((socket) => socket.destroy());
    t.cleanup(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const hungUp = await errorOf(connect(`127.0.0.1:${port}`, { connectTimeoutMs: 300 }));
    assert.match((hungUp as Error).message, /within 300 ms \((the server closed|.*ECONNRESET)/);
    const noUrl = await errorOf(connect('ws://a%zz', { connectTimeoutMs: 300 }));
    assert.ok(isZkError(noUrl, 'CONNECTION_LOSS'));
    assert.match((noUrl as Error).message, /URL/);
  });

  test('is not disturbed by a log that throws, and what it throws is not lost', async (t) => {
    const local = await startLocal();
    t.cleanup(() => local.stop());
    const thrown: unknown[] = [];
    const setTimer: ClientHost['setTimer'] = (delayMs, run) =>
      local.host.setTimer(delayMs, () => {
        try {
          run();
        } catch (error) {
          thrown.push(error);
        }
      });
    const { now, wallNow, soon, randomBytes } = local.host;
    const open: ClientHost['open'] = (server, events) => local.host.open(server, events);
    const zk = await connect(local.connectString, {
      host: { open, now, wallNow, setTimer, soon, randomBytes },
      log(event) {
        throw new Error(event.event);
      },
    });
    assert.ok(await zk.exists('/'));
    await zk.close();
    await new Promise((resolve) => local.host.setTimer(20, () => resolve(undefined)));
    assert.match(String(thrown[0]), /session\.attached/);
  });
});
