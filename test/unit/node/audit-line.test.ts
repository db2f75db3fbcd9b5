import type { AuditEvent } from '@vivarium/core/internal/base/audit-event';
import { auditFields, auditText } from '@vivarium/core/internal/node/audit-line';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('a line of the audit log', (test) => {
  test('has its pairs in the order of ZooKeeper, with tabs between them', () => {
    const event: AuditEvent = {
      result: 'success',
      acl: 'world:anyone:r',
      nodeType: 'persistent',
      path: '/a',
      operation: 'create',
      address: '10.0.0.9',
      users: ['10.0.0.9', 'ann'],
      session: -2n,
    };
    assert.is(
      auditText(event, 'zookeeper', '\t'),
      'session=0xfffffffffffffffe\tuser=10.0.0.9,ann\tip=10.0.0.9\toperation=create\t' +
        'znode=/a\tznode_type=persistent\tacl=world:anyone:r\tresult=success',
    );
  });

  test('has the same as fields, for a log that has such', () => {
    const event: AuditEvent = { operation: 'delete', result: 'failure', path: '/a\tb', users: [] };
    const fields = { operation: 'delete', znode: '/a\\u0009b', result: 'failure' };
    assert.equal(auditFields(event, 'zookeeper'), fields);
    assert.equal(Object.keys(auditFields(event, 'zookeeper')), Object.keys(fields));
  });

  test('leaves out what is not known, and names who runs the server', () => {
    const start: AuditEvent = { operation: 'serverStart', result: 'success' };
    assert.is(
      auditText(start, 'zookeeper', '\t'),
      'user=zookeeper\toperation=serverStart\tresult=success',
    );
    const nameless: AuditEvent = { operation: 'serverStop', result: 'invoked' };
    assert.is(auditText(nameless, '', '\t'), 'operation=serverStop\tresult=invoked');
  });

  test('cannot be forged by what a client names', () => {
    const event: AuditEvent = {
      operation: 'delete',
      result: 'failure',
      users: ['ann\tresult=success'],
      path: '/a\r\nuser=root\u0085\u2028\u001b[2K',
      order: 'a\nb',
    };
    assert.is(
      auditText(event, 'zookeeper', '\t'),
      'user=ann\\u0009result=success\toperation=delete\t' +
        'znode=/a\\u000d\\u000auser=root\\u0085\\u2028\\u001b[2K\torder=a\\u000ab\tresult=failure',
    );
  });
});
