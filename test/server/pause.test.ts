import * as assert from 'uvu/assert';
import { CONNECT_REQUEST, frame, rawClient } from '../support/raw-client.js';
import { suite, type TestContext } from '../support/suite.js';
import { shell, startServer, zooCfg } from '../support/vivarium.js';

const LIMIT = { timeoutMs: 60_000 };
const TIMEOUT_MS = 1_500;

function ints(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setInt32(4 * i, value);
  });
  return bytes;
}

const PING = frame(ints(-2, 11));

/** The creation of an ephemeral node that anybody may use. */
function createEphemeral(path: string): Uint8Array {
  const text = (value: string) => Buffer.concat([ints(value.length), Buffer.from(value)]);
  const acl = [ints(1, 31), text('world'), text('anyone')];
  return frame(Buffer.concat([ints(1, 1), text(path), ints(-1), ...acl, ints(1)]));
}

/** A session with the shortest timeout and an ephemeral node. */
async function session(t: TestContext, port: number, path: string) {
  const client = await rawClient(t, port);
  const greeting = Uint8Array.from(CONNECT_REQUEST);
  greeting.set(ints(TIMEOUT_MS), 16);
  client.send(greeting);
  const welcome = await client.frame();
  assert.is(new DataView(welcome.buffer).getInt32(4), TIMEOUT_MS);
  client.send(createEphemeral(path));
  await client.frame();
  return client;
}

const sleepMs = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

suite(
  'a server process that is stopped beyond the timeout of its sessions',
  (test) => {
    test('hears the pings that came meanwhile before it ends anybody', async (t) => {
      const { path } = zooCfg(t, ['tickTime=750']);
      const server = await startServer(t, path);
      const alive = await session(t, server.port, '/alive');
      const silent = await session(t, server.port, '/silent');
      server.kill('SIGSTOP');
      alive.send(PING);
      await sleepMs(3 * TIMEOUT_MS);
      server.kill('SIGCONT');
      const pong = await alive.frame();
      assert.is(new DataView(pong.buffer).getInt32(0), -2);
      const pings = setInterval(() => alive.send(PING), TIMEOUT_MS / 6);
      t.cleanup(() => clearInterval(pings));
      await silent.closed;
      const { out } = await shell(t, server.connectString, { words: ['ls', '/'] });
      assert.is(out, '[alive, zookeeper]\n');
    });
  },
  LIMIT,
);
