import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfigFile, showOverrides } from '@vivarium/core/internal/node/config-file';
import { exitCodes, StartError } from '@vivarium/core/internal/node/start-error';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../../support/suite.js';
import { tempFolder } from '../../support/temp-folder.js';

const SERVERS = 'server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n';

/** Files of a server in a new folder: `zoo.cfg` and, by their names, others. */
function files(t: TestContext, lines: string, others: Readonly<Record<string, string>> = {}) {
  const folder = tempFolder(t);
  const dataDir = join(folder, 'data');
  const path = join(folder, 'zoo.cfg');
  mkdirSync(dataDir);
  const text = `dataDir=${dataDir}\nclientPort=0\ninitLimit=10\nsyncLimit=5\n${lines}`;
  writeFileSync(path, text.replaceAll('FOLDER', folder));
  for (const [name, content] of Object.entries(others)) {
    writeFileSync(join(folder, name), content);
  }
  return { folder, dataDir, path };
}

function refusal(path: string): string {
  try {
    readConfigFile(path);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    assert.is(error.exitCode, exitCodes.invocation);
    return error.message;
  }
  throw new Error('it was not refused');
}

suite('the config file of a server', (test) => {
  test('of an ensemble is read with the myid of its data folder', (t) => {
    const { path } = files(t, SERVERS, { 'data/myid': '2\n' });
    const { config } = readConfigFile(path);
    assert.is(config.serverId, 2);
    assert.is(config.ensemble?.servers.length, 3);
  });

  test('of an ensemble without myid is refused with the name of the file', (t) => {
    const { path, dataDir } = files(t, SERVERS);
    assert.match(refusal(path), `${join(dataDir, 'myid')}: there is no such file`);
  });

  test('may leave the servers to a dynamic file, which is shown too', (t) => {
    const { path } = files(t, 'dynamicConfigFile=FOLDER/zoo.cfg.dynamic.1f\n', {
      'zoo.cfg.dynamic.1f': SERVERS,
      'data/myid': '3',
    });
    const { config, shown } = readConfigFile(path);
    assert.is(config.ensemble?.version, 31n);
    assert.is(config.serverId, 3);
    assert.match(shown, /\nsyncLimit=5\ndynamicConfigFile=.*\nserver\.1=a:1:2\n/);
  });

  test('names a dynamic file that is missing, or none', (t) => {
    const { path, folder } = files(t, 'dynamicConfigFile=FOLDER/none\n', { 'data/myid': '3' });
    const text = refusal(path);
    assert.match(text, `${path}:5: dynamicConfigFile=${folder}/none cannot be read: there is no`);
    const unreadable = files(t, 'dynamicConfigFile=FOLDER\n', { 'data/myid': '3' });
    assert.match(refusal(unreadable.path), 'cannot be read: EISDIR');
  });

  test('is refused while the servers of the ensemble are being changed', (t) => {
    const others = { 'zoo.cfg.dynamic': SERVERS, 'data/myid': '3' };
    const { path, folder } = files(t, 'dynamicConfigFile=FOLDER/zoo.cfg.dynamic\n', others);
    writeFileSync(join(folder, 'zoo.cfg.dynamic.next'), SERVERS);
    assert.match(refusal(path), `${path}.dynamic.next says that the servers`);
  });

  test('of a server that stands alone needs none of these', (t) => {
    const { path } = files(t, 'server.4=a:1:2\n');
    const { config } = readConfigFile(path);
    assert.is(config.ensemble, undefined);
    assert.is(config.serverId, 4);
  });
});

suite('settings that a program chose', (test) => {
  test('are shown as lines of a config file, an ensemble too', (t) => {
    const { path } = files(t, SERVERS, { 'data/myid': '2\n' });
    const { ensemble } = readConfigFile(path).config;
    assert.is(
      showOverrides({ tickTime: 100, ensemble, serverId: 2 }),
      'tickTime=100\nserver.1=a:1:2:participant\nserver.2=b:1:2:participant\n' +
        'server.3=c:1:2:participant\nversion=0\nvivarium.serverId=2\n',
    );
  });
});
