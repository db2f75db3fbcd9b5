import { type AddressInfo, connect, createServer } from 'node:net';
import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { type ConfigOverrides, defaultConfig } from '@vivarium/core/internal/config/config';
import { linkPlacesOf } from '@vivarium/core/internal/node/ports';
import { runServer } from '@vivarium/core/internal/node/run-server';
import { exitCodes, StartError } from '@vivarium/core/internal/node/start-error';
import { RefusedStartError } from '@vivarium/core/internal/storage/refused-start';
import * as assert from 'uvu/assert';
import { bootEcho } from '../../support/echo-machine.js';
import { ensembleAt } from '../../support/ensemble-spec.js';
import { freePorts } from '../../support/free-ports.js';
import { heard, ScriptedMachine } from '../../support/scripted-machine.js';
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

/** A config of server 1 of three, and the ports at which the other two would look for it. */
async function memberConfig(t: TestContext, overrides: ConfigOverrides = {}) {
  const [quorum, election, ...others] = await freePorts(4);
  const ensemble = ensembleAt(
    [`127.0.0.1:${quorum}:${election}`],
    [`127.0.0.1:${others[0]}:1`],
    [`127.0.0.1:${others[1]}:2`],
  );
  const config = defaultConfig({
    dataDir: tempFolder(t),
    clientPort: 0,
    clientPortAddress: '127.0.0.1',
    ensemble,
    serverId: 1,
    ...overrides,
  });
  return { config, quorum: quorum!, election: election! };
}

function neverBooted(): never {
  throw new Error('it was booted');
}

async function refusal(start: Promise<unknown>): Promise<StartError> {
  try {
    await start;
  } catch (error) {
    assert.instance(error, StartError);
    return error as StartError;
  }
  throw new Error('it started');
}

/** Somebody who has a port; returns what frees it. */
async function occupy(t: TestContext, port: number): Promise<() => Promise<void>> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  const free = () => new Promise<void>((resolve) => other.close(() => resolve()));
  t.cleanup(free);
  return free;
}

suite('a server of an ensemble', (test) => {
  test('lets other servers in at two ports, and tells its machine at which', async (t) => {
    const { config, quorum, election } = await memberConfig(t);
    const machine = new ScriptedMachine();
    const options = { config, log: () => {}, shownConfig: '', boot: () => machine };
    const server = await runServer(options);
    t.cleanup(() => {
      machine.stopped = true;
      return server.close();
    });
    for (const port of [quorum, election]) {
      const socket = connect(port, '127.0.0.1');
      t.cleanup(() => socket.destroy());
      await new Promise<void>((resolve) => socket.once('connect', resolve));
      socket.write('1');
    }
    while (machine.inputs.length < 4) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(heard(machine).sort(), [
      'bytes 49',
      'bytes 49',
      'election opened',
      'quorum opened',
    ]);
    machine.ask({ type: 'close', connection: 1, reason: 'not wanted' });
  });

  test('does not touch its data while one of its ports is taken, which it tries again', async (t) => {
    const { config, election } = await memberConfig(t, { electionPortBindRetry: 1 });
    const free = await occupy(t, election);
    const events: string[] = [];
    const log = ({ event }: LogEvent) => events.push(event);
    const refused = runServer({ config, log, shownConfig: '', boot: neverBooted });
    const error = await refusal(refused);
    assert.match(
      error.message,
      `for other servers (election): 127.0.0.1, port ${election}, is taken by another program.`,
    );
    assert.equal(events, ['listener.retry']);
    const patient = (event: LogEvent) => {
      if (event.event === 'listener.retry') void free();
    };
    const started = await runServer({ config, log: patient, shownConfig: '', boot: bootEcho });
    await started.close();
  });

  test('says what to do when an address of its own line is not its own', async (t) => {
    const { config } = await memberConfig(t, { electionPortBindRetry: 1 });
    const lines = ['192.0.2.1:2888:3888', '192.0.2.2:2888:3888', '192.0.2.3:2888:3888'];
    const ensemble = ensembleAt(...lines.map((line) => [line]));
    const elsewhere = { ...config, ensemble };
    const options = { log: () => {}, shownConfig: '', boot: bootEcho };
    const error = await refusal(runServer({ config: elsewhere, ...options }));
    assert.match(error.message, '192.0.2.1, port 2888, is not an address of this machine.');
    const everywhere = { ...elsewhere, quorumListenOnAllIPs: true };
    const places = linkPlacesOf(everywhere);
    assert.equal(places, [
      { purpose: 'quorum', port: 2888 },
      { purpose: 'election', port: 3888 },
    ]);
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
