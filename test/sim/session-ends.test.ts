import { codes } from '@vivarium/core/internal/base/errors';
import { type Txn, txnTypes } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { Model } from './judges/model.js';
import { judgeLateEnd } from './judges/session-ends.js';
import { propertyOf } from './property-of.js';
import type { SentRequest } from './world/history.js';

const SESSION = 7n;

interface Case {
  /** Whether the session has ended when the transaction comes. */
  readonly hasEnded: boolean;
  readonly err: number;
  readonly hasMoved?: boolean;
}

/** What the judge finds when the end of a session is asked for again and refused in the log. */
function foundIn({ hasEnded, err, hasMoved }: Case): string {
  const model = new Model();
  model.createSession(SESSION, 1_000);
  if (hasEnded) model.closeSession(SESSION, { zxid: 2n, time: 2, session: SESSION }, []);
  const header = { clientId: SESSION, cxid: 1, zxid: 3n, time: 0n, type: txnTypes.error };
  const txn = { header, body: { type: txnTypes.error, err } } as unknown as Txn;
  const ending = { connection: { hasMoved } } as unknown as SentRequest;
  return propertyOf(() => judgeLateEnd(model, [ending], { txn }));
}

suite('the judge of sessions that are ended twice', (test) => {
  const { SESSION_EXPIRED, SESSION_MOVED } = codes;

  test('finds nothing in a refusal for a session that has ended', () => {
    assert.is(foundIn({ hasEnded: true, err: SESSION_EXPIRED }), 'nothing');
  });

  test('finds a refusal for a session that lives', () => {
    assert.is(foundIn({ hasEnded: false, err: SESSION_EXPIRED }), 'S5');
  });

  test('finds a refusal for a move that nobody has made', () => {
    assert.is(foundIn({ hasEnded: false, err: SESSION_MOVED }), 'S6');
    assert.is(foundIn({ hasEnded: false, err: SESSION_MOVED, hasMoved: true }), 'nothing');
  });
});
