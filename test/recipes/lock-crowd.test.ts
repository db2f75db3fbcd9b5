/** A lock that very many want: what it costs the server, by the server's own count. */
import { type Client, connect } from '@vivarium/core';
import { acquireLock } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { monitoredServer } from '../support/monitored-server.js';
import { suite } from '../support/suite.js';

const CROWD = 200;
const HELD_MS = 5;
/** It takes four; the rest is for pings, should the machine be slow. */
const MOST_READS_EACH = 30;

suite('a lock that very many want', (test) => {
  test(
    'goes to two hundred in order, wakes one each time, and reads little (scenario 23)',
    async (t) => {
      const server = await monitoredServer(t);
      const client = async () => {
        const zk = await connect(server.connectString, { sessionTimeoutMs: 40_000 });
        t.cleanup(() => zk.close());
        return zk;
      };
      const gatekeeper = await client();
      const clients = await Promise.all(Array.from({ length: CROWD }, client));
      const gate = await acquireLock(gatekeeper, '/lock');
      const order: number[] = [];
      const tokens: bigint[] = [];
      /** Who has heard an event since the last departure, and with each departure who had. */
      const woken: number[] = [];
      const departures: number[][] = [];
      let inside = 0;
      let asked = 0;
      const contend = async (zk: Client, number: number) => {
        let isLeaving = false;
        // Whoever leaves hears of its own node too.
        const heard = zk.events$.subscribe(() => {
          if (!isLeaving) woken.push(number);
        });
        t.cleanup(() => heard.unsubscribe());
        const hold = await acquireLock(zk, '/lock');
        assert.is(++inside, 1);
        departures.push(woken.splice(0));
        order.push(number);
        tokens.push(hold.token.zxid);
        await new Promise<void>((resolve) => zk.clock.setTimer(HELD_MS, resolve));
        inside--;
        isLeaving = true;
        await hold.release();
      };
      const start = await server.figures();
      const all: Promise<void>[] = [];
      for (const [number, zk] of clients.entries()) {
        all.push(contend(zk, number));
        // Whoever is next begins when this one stands in the queue.
        do asked++;
        while ((await gatekeeper.exists('/lock'))!.numChildren < number + 2);
      }
      for (const zk of clients) await zk.sync();
      asked += CROWD;
      const before = await server.figures();
      const watches = before.get('watch_count')!;
      await gate.release();
      await Promise.all(all);
      const after = await server.figures();

      const inOrder = Array.from({ length: CROWD }, (_, number) => number);
      assert.equal(order, inOrder);
      assert.ok(tokens.every((token, at) => at === 0 || token > tokens[at - 1]!));
      // By the clients: each departure was heard of by the next in line alone.
      assert.equal(
        departures,
        inOrder.map((number) => [number]),
      );
      // By the server: each watches its own node, and the one before it; no other watch was spent.
      assert.is(watches, 2 * CROWD + 1);
      const spent = (kind: string) => {
        const name = `sum_node_${kind}_watch_count`;
        return after.get(name)! - before.get(name)!;
      };
      assert.equal(['deleted', 'changed', 'children', 'created'].map(spent), [
        2 * CROWD + 1,
        0,
        0,
        0,
      ]);
      assert.is(after.get('watch_count'), 0);
      const reads = after.get('cnt_readlatency')! - start.get('cnt_readlatency')! - asked;
      assert.ok(reads >= CROWD && reads <= MOST_READS_EACH * CROWD, `${reads} reads`);
    },
    { timeoutMs: 150_000 },
  );
});
