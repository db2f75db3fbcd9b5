/** A crowd with members and locks, and an ensemble that has no quorum for three timeouts. */
import { type Client, type ClientHost, connect } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import { acquireLock, type Hold, joinGroup, members$ } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { record } from '../compliance/observe.js';
import { suite } from '../support/suite.js';

const CROWD = 500;
const LOCKS = 50;
const TIMEOUT_MS = 10_000;

/** Most of these times that fall into one window. */
function mostWithin(windowMs: number, times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  let from = 0;
  for (const [to, time] of sorted.entries()) {
    while (time - sorted[from]! > windowMs) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

suite('five hundred clients whose ensemble has no quorum for three timeouts', (test) => {
  test(
    'keep their sessions and members, give up their locks, and come back in no herd (19)',
    async (t) => {
      const local = await startLocal({ servers: 3, time: 'virtual', config: { tickTime: 1_000 } });
      t.cleanup(() => local.stop());
      const attempts: number[] = [];
      const { now, wallNow, setTimer, soon, randomBytes } = local.host;
      const open: ClientHost['open'] = (...to) => {
        attempts.push(local.now);
        return local.host.open(...to);
      };
      const host = { now, wallNow, setTimer, soon, randomBytes, open };
      const options = { host, sessionTimeoutMs: TIMEOUT_MS };
      const crowd: Client[] = [];
      for (let i = 0; i <= CROWD; i++) {
        crowd.push(await local.until(connect(local.connectString, options)));
      }
      t.cleanup(() => local.until(Promise.all(crowd.map((zk) => zk.close()))));
      const [observer, ...clients] = crowd as [Client, ...Client[]];
      await local.until(
        Promise.all(clients.map((zk, id) => joinGroup(zk, '/members', { id: `m${id}` }))),
      );
      const locked = clients.slice(0, LOCKS);
      const holds: Hold[] = await local.until(
        Promise.all(locked.map((zk, id) => acquireLock(zk, `/locks/${id}`))),
      );
      const seen = record(t, members$(observer, '/members'));
      await local.until(Promise.all(crowd.map((zk) => zk.sync())));
      await local.advance(1_000);
      assert.is(seen.last!.size, CROWD);
      const sessions = crowd.map(({ session }) => session!.id);
      const nodes = () => [...seen.last!.values()].map(({ stat }) => stat!.czxid).join();
      const nodesBefore = nodes();
      const told = seen.values.length;

      attempts.length = 0;
      const lostAt = local.now;
      for (const one of local.servers) {
        for (const other of local.servers) if (one !== other) one.partitionFrom(other);
      }
      const certain: number[] = [];
      for (let step = 0; step < 30; step++) {
        await local.advance(TIMEOUT_MS / 10);
        certain.push(holds.filter((hold) => hold.isCertain()).length);
      }
      assert.is(local.leader, undefined);
      assert.is(certain.at(-1), 0);
      assert.ok(holds.every(({ signal, status }) => signal.aborted && status === 'lost'));
      const healedAt = local.now;
      local.heal();
      const back = await local.until(
        Promise.all(crowd.map((zk) => zk.sync().then(() => zk.session!.id))),
      );
      await local.advance(TIMEOUT_MS);

      assert.equal(back, sessions, 'every session goes on');
      assert.ok(crowd.every(({ state }) => state.type === 'connected'));
      assert.equal([seen.last!.size, nodes()], [CROWD, nodesBefore]);
      for (const { size } of seen.values.slice(told)) assert.is(size, CROWD, 'nobody came or went');
      const children = await local.until(observer.children('/locks/0'));
      assert.equal(children.children, [], 'the lost locks are cleaned up');
      const again = await local.until(
        Promise.all(locked.map((zk, id) => acquireLock(zk, `/locks/${id}`))),
      );
      assert.ok(again.every((hold, i) => hold.token.zxid > holds[i]!.token.zxid));

      const away = attempts.filter((at) => at < healedAt);
      const perClient = away.length / crowd.length;
      const seconds = (healedAt - lostAt) / 1_000;
      assert.ok(perClient > 3, `${perClient} attempts each: they did try`);
      assert.ok(perClient < seconds, `${perClient} attempts each in ${seconds} s`);
      // The first wait is up to 100 ms, later ones from one to two seconds, each client by chance.
      const atOnce = mostWithin(10, attempts);
      assert.ok(atOnce < CROWD * 0.3, `${atOnce} attempts within 10 ms`);
      const returning = attempts.filter((at) => at > lostAt + TIMEOUT_MS);
      const later = mostWithin(100, returning);
      assert.ok(later < CROWD * 0.3, `${later} attempts within 100 ms`);
    },
    { timeoutMs: 240_000 },
  );
});
