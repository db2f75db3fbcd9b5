import { auditFields, auditText } from '@vivarium/core/internal/node/audit-line';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('a line of the audit log', (test) => {
  test('has its pairs in the order of ZooKeeper, with tabs between them', () => {
    const fields = auditFields(
      {
        result: 'success',
        acl: 'world:anyone:r',
        nodeType: 'persistent',
        path: '/a',
        operation: 'create',
        address: '10.0.0.9',
        users: ['10.0.0.9', 'ann'],
        session: -2n,
      },
      'zookeeper',
    );
    assert.is(
      auditText(fields, '\t'),
      'session=0xfffffffffffffffe\tuser=10.0.0.9,ann\tip=10.0.0.9\toperation=create\t' +
        'znode=/a\tznode_type=persistent\tacl=world:anyone:r\tresult=success',
    );
  });

  test('leaves out what is not known, and names who runs the server', () => {
    const start = auditFields({ operation: 'serverStart', result: 'success' }, 'zookeeper');
    assert.is(auditText(start, '\t'), 'user=zookeeper\toperation=serverStart\tresult=success');
    const nameless = auditFields({ operation: 'serverStop', result: 'invoked' }, '');
    assert.is(auditText(nameless, '\t'), 'operation=serverStop\tresult=invoked');
  });

  test('cannot be forged by what a client names', () => {
    const fields = auditFields(
      {
        operation: 'delete',
        result: 'failure',
        users: ['ann\tresult=success'],
        path: '/a\r\nuser=root\u0085\u2028\u001b[2K',
        order: 'a\nb',
      },
      'zookeeper',
    );
    assert.is(
      auditText(fields, '\t'),
      'user=ann\\u0009result=success\toperation=delete\t' +
        'znode=/a\\u000d\\u000auser=root\\u0085\\u2028\\u001b[2K\torder=a\\u000ab\tresult=failure',
    );
  });
});
