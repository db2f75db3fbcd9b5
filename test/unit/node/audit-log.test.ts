import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { type ConfigOverrides, defaultConfig } from '@vivarium/core/internal/config/config';
import { AuditLog } from '@vivarium/core/internal/node/audit-log';
import { exitCodes, StartError } from '@vivarium/core/internal/node/start-error';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../../support/suite.js';
import { tempFolder } from '../../support/temp-folder.js';

/** An audit log, and what it has said to the server's log. */
function opened(t: TestContext, overrides: ConfigOverrides) {
  const said: LogEvent[] = [];
  const config = defaultConfig({ auditEnabled: true, ...overrides });
  const audit = AuditLog.open(config, (event) => said.push(event))!;
  t.cleanup(() => audit.close());
  return { audit, said };
}

function write(audit: AuditLog, path: string, result: 'success' | 'failure' = 'success'): void {
  audit.write({ operation: 'delete', result, users: ['ann'], path });
}

/** After this, what was written in the turn before is in the file. */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Nodes that the lines of a file name, in order. */
function nodesIn(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/\tznode=([^\t]*)\t/g)].map((match) => match[1]!);
}

suite('the file of the audit log', (test) => {
  test('has a line for each event, with time and level, in this turn of the event loop', async (t) => {
    const auditFile = join(tempFolder(t), 'audit.log');
    const { audit, said } = opened(t, { auditFile });
    write(audit, '/a');
    write(audit, '/b', 'failure');
    assert.is(readFileSync(auditFile, 'utf8'), '');
    await Promise.resolve();
    const [first, second, end] = readFileSync(auditFile, 'utf8').split('\n');
    const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
    const rest = 'user=ann\toperation=delete\tznode=';
    assert.match(first!, new RegExp(`^${time} INFO ${rest}/a\tresult=success$`));
    assert.match(second!, new RegExp(`^${time} ERROR ${rest}/b\tresult=failure$`));
    assert.is(end, '');
    assert.equal(said, []);
    assert.is(statSync(auditFile).mode & 0o007, 0, 'it is not for everybody');
  });

  test('is put aside when it is full, and the oldest goes', async (t) => {
    const auditFile = join(tempFolder(t), 'audit.log');
    const { audit } = opened(t, { auditFile, auditFileMaxBytes: 1024, auditFilesKept: 2 });
    const long = 'x'.repeat(600);
    for (const name of ['a', 'b', 'c', 'd']) {
      write(audit, `/${name}${long}`);
      await nextTurn();
    }
    const files = [auditFile, `${auditFile}.1`, `${auditFile}.2`];
    assert.equal(
      files.map((file) => nodesIn(file).map((node) => node.slice(0, 2))),
      [['/d'], ['/c'], ['/b']],
    );
    assert.not.ok(existsSync(`${auditFile}.3`));
  });

  test('may be kept alone', async (t) => {
    const auditFile = join(tempFolder(t), 'audit.log');
    const { audit } = opened(t, { auditFile, auditFileMaxBytes: 1024, auditFilesKept: 0 });
    for (const name of ['/a', '/b']) {
      write(audit, name + 'x'.repeat(1000));
      await nextTurn();
    }
    assert.equal(nodesIn(auditFile), [`/b${'x'.repeat(1000)}`]);
    assert.not.ok(existsSync(`${auditFile}.1`));
  });

  test('goes on where an earlier server has ended', async (t) => {
    const auditFile = join(tempFolder(t), 'audit.log');
    for (const name of ['/a', '/b']) {
      const { audit } = opened(t, { auditFile });
      write(audit, name);
      audit.close();
    }
    assert.equal(nodesIn(auditFile), ['/a', '/b']);
  });

  test('loses no line when it cannot be written: the log has them', async (t) => {
    const folder = tempFolder(t);
    const auditFile = join(folder, 'audit.log');
    const { audit, said } = opened(t, { auditFile, auditFileMaxBytes: 1024, auditFilesKept: 1 });
    write(audit, `/a${'x'.repeat(1000)}`);
    await nextTurn();
    mkdirSync(`${auditFile}.1`); // nothing can be put aside under that name
    for (const name of ['/b', '/c']) {
      write(audit, name);
      await nextTurn();
    }
    assert.equal(
      said.map(({ event, level, fields }) => [event, level, fields?.znode]),
      [
        ['audit.failed', 'error', undefined],
        ['audit.line', 'info', '/b'],
        ['audit.line', 'info', '/c'],
      ],
    );
    assert.match(said[0]!.message, auditFile);
    rmdirSync(`${auditFile}.1`);
    write(audit, '/d');
    await nextTurn();
    assert.equal(nodesIn(auditFile), ['/d']);
    assert.is(said.length, 3);
  });

  test('that cannot be opened refuses the start, with what to do', (t) => {
    const auditFile = join(tempFolder(t), 'missing', 'audit.log');
    const config = defaultConfig({ auditEnabled: true, auditFile });
    try {
      AuditLog.open(config, () => {});
    } catch (error) {
      assert.instance(error, StartError);
      assert.is((error as StartError).exitCode, exitCodes.invocation);
      assert.match((error as Error).message, auditFile);
      assert.match((error as Error).message, 'vivarium.auditFile');
      return;
    }
    throw new Error('it was opened');
  });
});

suite('the audit log without a file', (test) => {
  test('goes to the log, with its fields', async (t) => {
    const { audit, said } = opened(t, {});
    write(audit, '/a', 'failure');
    audit.stopping();
    audit.stopping();
    await nextTurn();
    const [first, second, third] = said;
    assert.equal([first?.level, first?.event], ['error', 'audit.line']);
    const fields = { user: 'ann', operation: 'delete', znode: '/a', result: 'failure' };
    assert.equal(first?.fields, fields);
    assert.is(first?.message, 'audit: user=ann operation=delete znode=/a result=failure');
    assert.equal([second?.level, second?.fields?.operation], ['info', 'serverStop']);
    assert.is(third, undefined, 'a stop is said once');
  });

  test('is not hidden by the level of the log: such a config is refused', () => {
    for (const logLevel of ['warn', 'error'] as const) {
      assert.throws(() => defaultConfig({ auditEnabled: true, logLevel }), /vivarium.logLevel/);
      defaultConfig({ auditEnabled: true, logLevel, auditFile: 'audit.log' });
    }
  });

  test('is none unless the config asks for one', () => {
    assert.is(
      AuditLog.open(defaultConfig(), () => {}),
      undefined,
    );
  });
});
