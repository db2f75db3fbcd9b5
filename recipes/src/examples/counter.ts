import { counter as counterAt, isRecipeError } from '../index.js';
import type { Example } from './stage/example.js';

const PATH = '/counters/orders';
const TIMES = 100;

/** Two add at the same time while a server is killed and a connection breaks. */
export const counter: Example = {
  title: 'a number that all add to: a server is killed',
  promise: 'Everything was added exactly once.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async adder(me) {
      const orders = counterAt(me.zk, PATH);
      await me.cue('begin');
      for (let time = 1; time <= TIMES; time++) {
        try {
          await orders.add(1);
          me.note('added', true);
        } catch (error) {
          if (!isRecipeError(error, 'UNKNOWN_OUTCOME')) throw error;
          me.note('unknown', true); // The session has ended with the answer outstanding.
        }
        if (time % 25 === 0) me.say(`has added ${time} times`);
        await me.pause(5);
      }
      me.say('is done');
      await me.left();
    },
    async reader(me) {
      const sum = Number(await counterAt(me.zk, PATH).get());
      me.note('sum', sum);
      me.say(`reads ${sum}`);
      await me.left();
    },
  },

  async play(stage) {
    const [ada, ben] = await Promise.all([
      stage.enter('Ada', 'adder'),
      stage.enter('Ben', 'adder'),
    ]);
    for (const each of [ada, ben]) each.cue('begin');
    await ada.says('25 times');
    const leader = await stage.servers.leader();
    await stage.tell(`kill -9 server ${leader}, which leads, and break Ada's connection.`);
    await stage.servers.kill(leader);
    ada.breakConnection();
    await Promise.all([ada.says('is done'), ben.says('is done')]);

    const cleo = await stage.enter('Cleo', 'reader');
    await cleo.says('reads');
    const sum = stage.notes<number>('sum')[0]!.value;
    const least = stage.notes('added').length;
    const most = least + stage.notes('unknown').length;
    stage.demand(least <= sum && sum <= most, `the sum is ${sum}, not ${least}`);
  },
};
