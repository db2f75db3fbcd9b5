/** Clients that fall silent for a part of their session's timeout, in an ensemble. */
import { type Client, type ClientHost, connect, isZkError } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import { acquireLock, type Hold, lead, type Term } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { FaultyHost } from '../compliance/faulty-host.js';
import { errorOf } from '../compliance/observe.js';
import { suite, type TestContext } from '../support/suite.js';

const TICK_MS = 2_000;
const TIMEOUT_MS = 30_000;

/** An ensemble in virtual time. */
async function scene(t: TestContext, seed: number, servers = 3, sessionTimeoutMs = TIMEOUT_MS) {
  const config = { tickTime: TICK_MS };
  const local = await startLocal({ servers, time: 'virtual', seed, config });
  t.cleanup(() => local.stop());
  const client = async (host?: ClientHost) => {
    const options = { sessionTimeoutMs };
    const zk = await (host === undefined
      ? local.connect(options)
      : local.until(connect(local.connectString, { ...options, host })));
    t.cleanup(() => local.until(zk.close()));
    return zk;
  };
  return { local, client };
}

suite('a lock and an absence of its holder', (test) => {
  const absences = [
    { servers: 1, timeoutMs: 6_000, how: 'silent' },
    { servers: 3, timeoutMs: 6_000, how: 'refusing' },
    { servers: 1, timeoutMs: 30_000, how: 'silent' },
    { servers: 3, timeoutMs: 30_000, how: 'silent' },
    { servers: 5, timeoutMs: 30_000, how: 'silent' },
    { servers: 3, timeoutMs: 30_000, how: 'refusing' },
  ] as const;
  for (const [index, { servers, timeoutMs, how }] of absences.entries()) {
    const where = `${servers} ${how} servers, ${timeoutMs} ms`;
    test(`is suspect for half the timeout, then held again as before (14: ${where})`, async (t) => {
      const { local, client } = await scene(t, index, servers, timeoutMs);
      const faults = new FaultyHost(local.host);
      const [a, b] = [await client(faults), await client()];
      const hold = await local.until(acquireLock(a, '/lock'));
      const said: string[] = [];
      hold.status$.subscribe((status) => said.push(status));
      let next: Hold | undefined;
      const waiting = acquireLock(b, '/lock').then((granted) => {
        next = granted;
      });
      const session = a.session!.id;
      await local.until(a.sync());
      faults[how] = true;
      faults.cut();
      for (let step = 0; step < 20; step++) {
        await local.advance(timeoutMs / 40);
        assert.is(hold.status, 'suspect');
        assert.ok(hold.isCertain());
      }
      faults[how] = false;
      await local.until(a.sync());
      assert.is(hold.status, 'held');
      await local.advance(2 * timeoutMs);
      assert.equal(said, ['held', 'suspect', 'held']);
      assert.not(hold.signal.aborted);
      assert.is(next, undefined);
      assert.is(hold.token.session, session);
      const stat = await local.until(b.exists(hold.path));
      assert.equal([stat?.czxid, stat?.ephemeralOwner], [hold.token.zxid, session]);
      await local.until(hold.release());
      await local.until(waiting);
      assert.is(next!.token.compare(hold.token), 1);
    });
  }
});

suite('an election whose leader falls silent', (test) => {
  for (const seed of [1, 2, 3, 4, 5]) {
    test(`has the next one when its session times out, not before (41, ${seed})`, async (t) => {
      const { local, client } = await scene(t, seed);
      const [a, b] = [await client(), await client()];
      await local.until(a.create('/written', 'nobody'));
      const terms: { readonly term: Term; readonly at: number; readonly stop: AbortSignal }[] = [];
      const leave = new AbortController();
      const stand = (zk: Client, id: string) => {
        const work = (term: Term, stop: AbortSignal) => {
          terms.push({ term, at: local.now, stop });
          // Still busy when the term is over, and for as long as anybody leads.
          return new Promise<void>((resolve) =>
            leave.signal.addEventListener('abort', () => resolve()),
          );
        };
        return lead(zk, '/election', work, { id, signal: leave.signal });
      };
      const first = stand(a, 'a').catch(() => {});
      await local.until(a.sync());
      while (terms.length < 1) await local.advance(10);
      const second = stand(b, 'b');
      await local.advance(1_000);
      const { term, stop } = terms[0]!;
      const guarded = term.guard([{ op: 'set', path: '/written', data: 'the former leader' }]);
      let abortedAt: number | undefined;
      term.signal.addEventListener('abort', () => {
        abortedAt = local.now;
      });
      await local.until(a.sync());
      local.partition(a);
      const silentSince = local.now;
      while (terms.length < 2 && local.now < silentSince + 2 * TIMEOUT_MS) await local.advance(10);
      const next = terms[1]!;
      assert.ok(next.term.token.compare(term.token) === 1);
      const tookMs = next.at - silentSince;
      // The server rounds a session's end up to a tick of its own.
      assert.ok(tookMs > TIMEOUT_MS - TICK_MS, `${tookMs} ms`);
      assert.ok(tookMs < TIMEOUT_MS + 2 * TICK_MS, `${tookMs} ms`);
      assert.ok(abortedAt !== undefined && abortedAt < next.at);
      assert.ok(stop.aborted);
      local.heal();
      const refused = await local.until(errorOf(a.multi(guarded)));
      assert.ok(isZkError(refused, 'NO_NODE') || isZkError(refused, 'SESSION_EXPIRED'));
      assert.is((await local.until(b.exists('/written')))!.version, 0);
      leave.abort('enough');
      await local.until(Promise.all([first, second]));
    });
  }
});
