import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Instance, instances$, picker, registerService } from '../index.js';
import type { Example, Performer } from './stage/example.js';

/** Calls go on while one of two instances dies. */
export const serviceDiscovery: Example = {
  title: 'find an instance and call it: one is killed',
  promise: 'After two calls in vain the dead was left alone, though he was still listed.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async instance(me) {
      const http = createServer((_, response) => response.end(me.name));
      http.once('request', () => me.say('is called'));
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
      const { port } = http.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}`;
      const here = await registerService(me.zk, { name: 'payments', id: me.name, url });
      me.say(`answers at ${port}`);
      await me.left();
      await here.leave();
      http.close();
      http.closeAllConnections();
    },
    async caller(me) {
      instances$(me.zk, 'payments').subscribe((all) => {
        me.say(`listed: ${all.map(({ id }) => id).join(', ') || 'nobody'}`);
      });
      const payments = picker(me.zk, 'payments');
      while (!me.leave.aborted) {
        const instance = await payments.next({ signal: me.leave }).catch(() => undefined);
        if (instance === undefined) break;
        const failure = await call(me, instance);
        payments.report(instance, failure);
        me.note('answered', failure === undefined);
        await me.pause(100);
      }
      payments.close();
    },
  },

  async play(stage) {
    const ada = await stage.enter('Ada', 'caller');
    const ben = await stage.enter('Ben', 'instance');
    const cleo = await stage.enter('Cleo', 'instance');
    await ada.says('listed: Ben, Cleo');
    await Promise.all([ben.says('is called'), cleo.says('is called')]);

    await stage.tell('kill -9 Ben. He is listed until his session has timed out.');
    await ben.kill();
    await ada.says('Ben is silent');
    await ada.says('listed: Cleo');
    const calls = stage.notes<boolean>('answered').map(({ value }) => value);
    const inVain = calls.filter((isAnswered) => !isAnswered).length;
    stage.demand(inVain <= 2, `${inVain} calls were in vain, not two at most`);
    stage.demand(calls.lastIndexOf(true) > calls.lastIndexOf(false), 'nobody answers any more');

    await stage.tell('Ben comes again, at another address.');
    await stage.enter('Ben', 'instance');
    await ada.says('listed: Ben, Cleo');
  },
};

/** @returns what went wrong, if anything */
async function call(me: Performer, { id, url }: Instance): Promise<unknown> {
  try {
    await fetch(url!);
    return undefined;
  } catch (error) {
    me.say(`${id} is silent`);
    return error;
  }
}
