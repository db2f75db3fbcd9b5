import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { writeAdministrator } from '@vivarium/core/internal/config/administrator';
import { makeAdministrator } from '@vivarium/core/internal/node/administrators';
import { StartError, startEnsemble, startServer } from '@vivarium/core/server';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const PASSWORD = 'a password of some length';

/** What the lines of a file say behind time, level and user. */
function linesOf(file: string): string[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.replace(/^\S+ (INFO|ERROR) user=[^\t]*\t/, ''));
}

suite('the audit log of a server', (test) => {
  test('begins with its start and ends with its stop', async (t) => {
    const folder = tempFolder(t);
    const auditFile = join(folder, 'audit.log');
    const server = await startServer({
      dataDir: join(folder, 'data'),
      clientPort: 0,
      auditEnabled: true,
      auditFile,
      logLevel: 'error',
    });
    await server.close();
    assert.equal(linesOf(auditFile), [
      'operation=serverStart\tresult=success',
      'operation=serverStop\tresult=invoked',
    ]);
  });

  test('says that a start has failed', async (t) => {
    const folder = tempFolder(t);
    const auditFile = join(folder, 'audit.log');
    const dataDir = join(folder, 'no-folder');
    writeFileSync(dataDir, '');
    await startServer({ dataDir, auditEnabled: true, auditFile, logLevel: 'error' }).then(
      () => assert.unreachable('it started in a file'),
      (error) => assert.instance(error, StartError),
    );
    assert.equal(linesOf(auditFile), ['operation=serverStart\tresult=failure']);
  });

  test('has what an administrator orders, and who it was', async (t) => {
    const folder = tempFolder(t);
    const auditFile = join(folder, 'audit.log');
    const server = await startServer({
      dataDir: join(folder, 'data'),
      clientPort: 0,
      auditEnabled: true,
      auditFile,
      logLevel: 'error',
      administrators: [writeAdministrator(await makeAdministrator('ops', PASSWORD))],
    });
    t.cleanup(() => server.close());
    const status = await new Promise((resolve, reject) => {
      const asked = request({
        ...{ port: server.port, host: '127.0.0.1', method: 'POST', agent: false },
        path: '/commands/stat_reset',
        auth: `ops:${PASSWORD}`,
      });
      asked.on('error', reject);
      asked.on('response', (response) => resolve(response.resume().statusCode));
      asked.end();
    });
    assert.is(status, 200);
    const [, order] = readFileSync(auditFile, 'utf8').split('\n');
    assert.match(
      order!,
      /user=ops\tip=127\.0\.0\.1\toperation=adminOrder\torder=reset-server-stats\tresult=invoked$/,
    );
    assert.not.match(readFileSync(auditFile, 'utf8'), PASSWORD);
  });

  test('is a file of its own for each server of one process', async (t) => {
    const folder = tempFolder(t);
    const auditFile = join(folder, 'audit.log');
    const ensemble = await startEnsemble({
      ...{ clientPort: 0, memory: true, logLevel: 'error', auditEnabled: true, auditFile },
    });
    await ensemble.close();
    for (const id of [1, 2, 3]) {
      assert.equal(linesOf(`${auditFile}.server-${id}`), [
        'operation=serverStart\tresult=success',
        'operation=serverStop\tresult=invoked',
      ]);
    }
  });
});
