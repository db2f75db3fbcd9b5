import { type Txn, type TxnBody, txnTypes } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../back-to-back/random.js';
import { addFindings, judgeLog, judgeTree } from './judge.js';
import { LoadClient, type Reply, type Sent } from './load-client.js';
import { createOf } from './writes.js';

const SESSION = 7n;

/** A client that created /a, /b and /c, in this order, and was told so of the first two. */
function client(change: (history: Sent[]) => void = () => {}): LoadClient {
  const one = new LoadClient('one', 1000, new Random(1));
  one.session = SESSION;
  const replies: readonly (Reply | undefined)[] = [
    { zxid: 2n, err: 0, path: '/a' },
    { zxid: 3n, err: 0, path: '/b' },
    undefined,
  ];
  for (const [i, path] of ['/a', '/b', '/c'].entries()) {
    const write = createOf(path, path, 0);
    one.history.push({ xid: i + 1, write, sentAt: 0, connection: 1, reply: replies[i] });
  }
  one.seenZxid = 3n;
  change(one.history);
  return one;
}

function txn(zxid: number, cxid: number, body: TxnBody, clientId = SESSION): Txn {
  const { type } = body;
  return { header: { clientId, cxid, zxid: BigInt(zxid), time: 0, type }, body, digest: undefined };
}

function create(zxid: number, cxid: number, path: string, text = path): Txn {
  const data = new TextEncoder().encode(text);
  const body = { type: txnTypes.create, path, data, acl: [], ephemeral: false, parentCVersion: 1 };
  return txn(zxid, cxid, body);
}

const opened = txn(1, 0, { type: txnTypes.createSession, timeOut: 1000 });
const good = [opened, create(2, 1, '/a'), create(3, 2, '/b'), create(4, 3, '/c')];

function judge(txns: readonly Txn[], one = client()) {
  return judgeLog({ txns, clients: [one], ownSessions: new Set(), unansweredConnects: 0 });
}

function problemsOf(txns: readonly Txn[], one = client()): string {
  return judge(txns, one).findings.problems.join('; ');
}

suite('the judge of a crash', (test) => {
  test('has nothing against a log that holds what was sent', () => {
    const { findings } = judge(good);
    assert.equal(
      { ...findings },
      {
        acknowledged: 2,
        lost: 0,
        unknownKept: 1,
        unknownGone: 0,
        transactions: 4,
        expired: 0,
        problems: [],
      },
    );
  });

  test('has nothing against the loss of what was never answered', () => {
    const { findings } = judge(good.slice(0, 3));
    assert.equal([findings.lost, findings.unknownGone, findings.problems], [0, 1, []]);
  });

  test('counts an acknowledged write that is gone, and misses the zxid that was told', () => {
    const { findings } = judge(good.slice(0, 2));
    assert.is(findings.lost, 1);
    assert.match(findings.problems.join(), 'was told of zxid 3, which is gone');
  });

  test('sees a hole among the zxids', () => {
    assert.match(problemsOf([...good.slice(0, 3), create(5, 3, '/c')]), 'zxid 5 follows 3');
  });

  test('sees what was never sent', () => {
    assert.match(problemsOf([...good, create(5, 4, '/d')]), 'one #4 was never sent');
    assert.match(problemsOf([opened, create(2, 1, '/x')]), 'is not what one #1 asked for');
    assert.match(problemsOf([opened, create(2, 1, '/a', 'x')]), 'is not what one #1 asked for');
    const stranger = txn(5, 1, { type: txnTypes.createSession, timeOut: 1 }, 99n);
    assert.match(problemsOf([...good, stranger]), '1 sessions that nobody opened');
  });

  test('sees a write done twice, or in another order than sent', () => {
    const twice = create(5, 3, '/c');
    assert.match(problemsOf([...good, twice]), 'one #3 is done twice');
    const crossed = [opened, create(2, 2, '/b'), create(3, 1, '/a')];
    assert.match(problemsOf(crossed), 'one #2 is out of order');
  });

  test('sees a later write of a connection kept when an earlier one is not', () => {
    const unanswered = client((history) => {
      history[1]!.reply = undefined;
    });
    unanswered.seenZxid = 2n;
    const log = [opened, create(2, 1, '/a'), create(3, 3, '/c')];
    assert.match(problemsOf(log, unanswered), 'one #3 is kept, but one sent before it is not');
  });

  test('sees an answer that the log gives the lie', () => {
    const refused = txn(2, 1, { type: txnTypes.error, err: -110 });
    const log = [opened, refused, create(3, 2, '/b')];
    assert.match(problemsOf(log), 'one #1 was told OK and logged as NODE_EXISTS');
    const early = client((history) => {
      history[0]!.reply = { zxid: 1n, err: 0, path: '/a' };
    });
    assert.match(problemsOf(good, early), 'answered before its own zxid 2');
  });

  test('sees a session that ended too soon, and its nodes go with it', () => {
    const one = client();
    one.heardSince = 500;
    const end = txn(5, 0, { type: txnTypes.closeSession, paths2Delete: [] });
    const late = { ...end, header: { ...end.header, time: 1500 } };
    assert.match(problemsOf([...good, end], one), 'expired -500 ms after it was heard');
    assert.is(problemsOf([...good, late], one), '');
  });

  test('compares every node that is shown with the log', () => {
    const { model } = judge(good);
    const stat = {
      czxid: 2n,
      mzxid: 2n,
      pzxid: 2n,
      ctime: 0,
      mtime: 0,
      version: 0,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: 0n,
      dataLength: 2,
      numChildren: 0,
    };
    const data = new TextEncoder().encode('/a');
    const shown = new Map([
      ['/a', { data, stat: { ...stat, version: 1 }, acl: [] }],
      ['/b', { data, stat, acl: [] }],
      ['/z', { data, stat, acl: [] }],
    ]);
    assert.equal(judgeTree(shown, model), [
      '/a is shown with other data or another stat than logged',
      '/b is shown with other data or another stat than logged',
      '/c is in the log, and not shown',
      '/z is shown, and not in the log',
    ]);
    const right = new Map([['/a', { data, stat, acl: [] }]]);
    assert.equal(judgeTree(right, model).length, 2);
  });

  test('forgets nothing that was wrong once, though a later start shows it no more', () => {
    const all = judge(good.slice(0, 2)).findings;
    addFindings(all, judge(good).findings, ['/a is shown with other data']);
    addFindings(all, judge(good).findings, []);
    assert.is(all.lost, 1);
    assert.is(all.acknowledged, 2);
    assert.match(all.problems.join(), 'was told of zxid 3, which is gone');
    assert.match(all.problems.join(), '/a is shown with other data');
  });
});
