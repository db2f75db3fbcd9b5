/** Secrets that must come out nowhere: not in a log, and in no answer of the admin surface. */
import { createHash } from 'node:crypto';
import { connect, isZkError } from '@vivarium/core';
import { writeAdministrator } from '@vivarium/core/internal/config/administrator';
import { makeAdministrator } from '@vivarium/core/internal/node/administrators';
import { type RunningServer, startEnsemble } from '@vivarium/core/server';
import * as assert from 'uvu/assert';
import { basic, httpAsk } from '../support/http-ask.js';
import { CONNECT_REQUEST, frame, rawClient } from '../support/raw-client.js';
import { runCommand } from '../support/run-command.js';
import { suite, type TestContext } from '../support/suite.js';

/** None is a part of another, and each is long enough to be found by accident nowhere. */
const canaries = {
  credential: 'canary-of-a-client',
  wrongPassword: 'canary-of-a-stranger',
  password: 'canary-of-an-administrator',
  superPassword: 'canary-of-the-super-user',
  value: 'canary-in-the-tree',
  shell: 'canary-of-the-shell',
} as const;

const WORDS = ['conf', 'cons', 'dump', 'envi', 'mntr', 'srvr', 'stat', 'wchc', 'dirs', 'isro'];

/** An ensemble that logs all that it can, and holds secrets of every kind. */
async function chattyEnsemble(t: TestContext) {
  let log = '';
  const { superPassword, password } = canaries;
  const digest = createHash('sha1').update(`super:${superPassword}`).digest('base64');
  const administrator = await makeAdministrator('ops', password);
  const ensemble = await startEnsemble({
    ...{ clientPort: 0, memory: true, logLevel: 'debug', logFormat: 'json' },
    ...{ auditEnabled: true, fourLetterWords: ['*'], superDigest: `super:${digest}` },
    administrators: [writeAdministrator(administrator)],
    logTo: { write: (text) => (log += text) },
  });
  t.cleanup(() => ensemble.close());
  const secrets = [...Object.values(canaries), digest, administrator.hash];
  return { ensemble, secrets, log: () => log };
}

/** The password of a session, and its connection. */
async function rawSession(t: TestContext, port: number) {
  const client = await rawClient(t, port);
  client.send(CONNECT_REQUEST);
  const greeting = Buffer.from(await client.frame());
  const at = 16;
  assert.is(greeting.readInt32BE(at), 16);
  return { client, password: greeting.subarray(at + 4, at + 20) };
}

/** A create request that has a path, which is a secret, and ends behind it. */
function brokenCreate(path: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeInt32BE(1, 0);
  head.writeInt32BE(1, 4);
  head.writeInt32BE(path.length, 8);
  return Buffer.concat([head, path]);
}

function spellings(secret: Buffer): string[] {
  return [secret.toString('hex'), secret.toString('base64'), secret.toString('base64url')];
}

suite('secrets', (test) => {
  test('come out in no log and in no answer, whatever is asked', async (t) => {
    const { ensemble, secrets, log } = await chattyEnsemble(t);
    const [{ port }, other] = ensemble.servers as [RunningServer, RunningServer];
    const zk = await connect(`127.0.0.1:${port}`);
    t.cleanup(() => zk.close());
    const { credential, value, superPassword, password, wrongPassword, shell } = canaries;
    const digest = (auth: string) => zk.addAuth({ scheme: 'digest', auth: Buffer.from(auth) });
    await digest(`alice:${credential}`);
    await digest(`super:${superPassword}`);
    await digest(`super:${wrongPassword}`);
    await zk.create('/secret', Buffer.from(value));
    await zk.set('/secret', Buffer.from(`${value}!`));
    await zk.addAuth({ scheme: 'unheard-of', auth: Buffer.from(credential) }).then(
      () => assert.unreachable('a scheme that nobody knows was taken'),
      (error) => assert.ok(isZkError(error, 'AUTH_FAILED'), String(error)),
    );

    const session = await rawSession(t, other.port);
    const secretsOfSession = spellings(session.password);
    session.client.send(frame(brokenCreate(session.password)));
    await session.client.frame();
    session.client.send(frame(session.password.subarray(0, 5)));
    await session.client.closed;

    let told = '';
    const ask = async (path: string, more: Parameters<typeof httpAsk>[2] = {}) => {
      const { status, body } = await httpAsk(port, path, more);
      told += body;
      return status;
    };
    const { body } = await httpAsk(port, '/commands');
    const commands = [...body.matchAll(/href="\/commands\/([^"]+)"/g)].map(([, name]) => name!);
    assert.ok(commands.length > 20, body);
    for (const command of commands) {
      await ask(`/commands/${command}`, { headers: basic('ops', password) });
    }
    const orders = (headers: Readonly<Record<string, string>>) =>
      ask('/commands/stat_reset', { method: 'POST', headers });
    assert.is(await orders(basic('ops', password)), 200);
    assert.is(await orders(basic('ops', wrongPassword)), 401);
    assert.is(await ask(`/commands/stat_reset?password=${wrongPassword}`, { method: 'POST' }), 401);
    await ask('/metrics');
    for (const word of WORDS) {
      const client = await rawClient(t, port);
      client.send(word);
      told += await client.rest();
    }
    const lines = [`addauth digest bob:${shell}`, 'ls /', 'addauth nonsense x', 'whoami'];
    const server = ['-server', `127.0.0.1:${port}`];
    const { out, err } = await runCommand(['shell', ...server], { lines });
    told += out + err;
    await ensemble.close();

    // All of it was to be told of, without the secrets in it.
    for (const event of [
      'auth.failed',
      'connection.malformed',
      'http.login-refused',
      'admin.order',
    ]) {
      assert.match(log(), `"event":"${event}"`);
    }
    assert.match(log(), 'operation=setData znode=/secret');
    assert.match(told, 'digest: bob');
    for (const secret of [...secrets, ...secretsOfSession]) {
      assert.not.ok(log().includes(secret), `${secret} is in the log`);
      assert.not.ok(told.includes(secret), `${secret} was told`);
    }
  });
});
