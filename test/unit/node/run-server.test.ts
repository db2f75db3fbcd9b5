import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { defaultConfig } from '@vivarium/core/internal/config/config';
import { runServer } from '@vivarium/core/internal/node/run-server';
import { exitCodes, StartError } from '@vivarium/core/internal/node/start-error';
import { RefusedStartError } from '@vivarium/core/internal/storage/refused-start';
import * as assert from 'uvu/assert';
import { bootEcho } from '../../support/echo-machine.js';
import { suite, type TestContext } from '../../support/suite.js';
import { tempFolder } from '../../support/temp-folder.js';

/** What a start says when its machine cannot boot, for a reason of `error`. */
async function refusalOf(t: TestContext, error: Error): Promise<[StartError, string]> {
  const dataDir = tempFolder(t);
  const config = defaultConfig({ dataDir, clientPort: 0, clientPortAddress: '127.0.0.1' });
  const options = { config, log: () => {}, shownConfig: '' };
  const boot = () => {
    throw error;
  };
  try {
    await runServer({ ...options, boot });
  } catch (refusal) {
    assert.instance(refusal, StartError);
    const next = await runServer({ ...options, boot: bootEcho });
    await next.close();
    return [refusal as StartError, dataDir];
  }
  throw new Error('it started');
}

suite('a start that is refused', (test) => {
  test('names the file as an operator finds it, and leaves the folder free', async (t) => {
    const cause = new RefusedStartError('logs/log.7', 304, 'it is damaged', 'Restore it.');
    const [{ message, exitCode }, dataDir] = await refusalOf(t, cause);
    const file = `${dataDir}/version-2/log.7`;
    assert.is(message, `${file} at byte 304: it is damaged. Restore it.`);
    assert.is(exitCode, exitCodes.dataFolder);
  });

  test('says what to do when the disk fails meanwhile', async (t) => {
    const cause = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const [{ message, exitCode }] = await refusalOf(t, cause);
    assert.match(message, 'could not be brought back: no space left on device. Make room');
    assert.is(exitCode, exitCodes.disk);
  });
});

suite('a server of an ensemble', (test) => {
  test('is refused before anything is touched, until it is built', async (t) => {
    const dataDir = tempFolder(t);
    const servers = [1, 2, 3].map((serverId) => ({
      serverId,
      addresses: [{ host: `zk${serverId}`, quorumPort: 2888, electionPort: 3888 }],
      role: 'participant' as const,
    }));
    const ensemble = { servers, weights: new Map(), version: 0n };
    const config = defaultConfig({ dataDir, ensemble, serverId: 1 });
    const start = runServer({ config, boot: bootEcho, log: () => {}, shownConfig: '' });
    const error = await start.then(
      () => assert.unreachable(),
      (thrown: unknown) => thrown,
    );
    assert.instance(error, StartError);
    assert.is((error as StartError).exitCode, exitCodes.invocation);
    assert.match((error as StartError).message, 'an ensemble of 3 servers, which is not built yet');
    assert.equal(readdirSync(dataDir), []);
  });
});

suite('a start on a port that is taken', (test) => {
  test('does not touch the data, which may be that of whoever has the port', async (t) => {
    const other = createServer();
    t.cleanup(() => other.close());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const config = defaultConfig({
      dataDir: tempFolder(t),
      clientPort: port,
      clientPortAddress: '127.0.0.1',
    });
    const boot = () => {
      throw new Error('it was booted');
    };
    const error = await runServer({ config, log: () => {}, shownConfig: '', boot }).then(
      () => assert.unreachable('it was started'),
      (reason: unknown) => reason,
    );
    assert.instance(error, StartError);
    assert.match((error as StartError).message, 'is taken by another program');
  });
});

suite('a start that looks for a free port', (test) => {
  test('passes over any number of taken ones without a word', async (t) => {
    const isFree = async (port: number) => {
      const server = createServer();
      const isOurs = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false));
        server.listen(port, '127.0.0.1', () => resolve(true));
      });
      t.cleanup(() => server.close());
      return isOurs;
    };
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    for (let port = first; port < first + 12; port++) await isFree(port);
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on('warning', warned);
    t.cleanup(() => process.off('warning', warned));
    const dataDir = tempFolder(t);
    const config = defaultConfig({ dataDir, clientPort: first, clientPortAddress: '127.0.0.1' });
    const server = await runServer({
      config,
      log: () => {},
      shownConfig: '',
      boot: bootEcho,
      portsTried: 100,
    });
    t.cleanup(() => server.close());
    assert.ok(server.port >= first + 12);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(warnings, []);
  });
});
