import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAdministrator } from '@vivarium/core/internal/config/administrator';
import { makeAdministrator } from '@vivarium/core/internal/node/administrators';
import { StartError, startEnsemble, startServer } from '@vivarium/core/server';
import * as assert from 'uvu/assert';
import { basic, httpAsk } from '../support/http-ask.js';
import { suite, type TestContext } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const PASSWORD = 'a password of some length';

/** What the lines of a file say behind time, level and user. */
function linesOf(file: string): string[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.replace(/^\S+ (INFO|ERROR) user=[^\t]*\t/, ''));
}

/** A server with an audit log, in a folder that goes with the test. */
async function audited(t: TestContext, administrators: readonly string[] = []) {
  const folder = tempFolder(t);
  const auditFile = join(folder, 'audit.log');
  const server = await startServer({
    dataDir: join(folder, 'data'),
    clientPort: 0,
    auditEnabled: true,
    auditFile,
    logLevel: 'error',
    administrators,
  });
  return { server, auditFile };
}

suite('the audit log of a server', (test) => {
  test('begins with its start and ends with its stop', async (t) => {
    const { server, auditFile } = await audited(t);
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
    const ops = writeAdministrator(await makeAdministrator('ops', PASSWORD));
    const { server, auditFile } = await audited(t, [ops]);
    t.cleanup(() => server.close());
    const { status } = await httpAsk(server.port, '/commands/stat_reset', {
      method: 'POST',
      headers: basic('ops', PASSWORD),
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
