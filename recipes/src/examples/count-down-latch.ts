import { countDownLatch as latchAt } from '../index.js';
import type { Example } from './stage/example.js';

const COUNT = 2;

/** One dies after its part is done, and does it again as if it had not known. */
export const countDownLatch: Example = {
  title: 'wait until all have done their part: one is killed',
  promise: 'Who had counted before it died counted once, and it opened after the second part.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async waiter(me) {
      const warm = latchAt(me.zk, '/latches/warm', COUNT);
      warm.remaining$.subscribe((count) => {
        me.note('remaining', count);
        me.say(`${count} to go`);
      });
      await warm.wait();
      me.say('it is open');
      await me.left();
    },
    async cache(me) {
      await latchAt(me.zk, '/latches/warm', COUNT, { id: me.name }).countDown();
      me.say('has counted down');
      await me.left();
    },
  },

  async play(stage) {
    const ada = await stage.enter('Ada', 'waiter');
    await ada.says('2 to go');
    const ben = await stage.enter('Ben', 'cache');
    await ada.says('1 to go');

    await stage.tell('kill -9 Ben. He has counted. He comes again, and counts down again.');
    await ben.kill();
    const again = await stage.enter('Ben', 'cache');
    await again.says('has counted down');
    const left = stage.notes<number>('remaining').at(-1)!.value;
    stage.demand(left === 1, `${left} are to go after Ben has counted twice, not 1`);

    await stage.tell('Cleo counts down too.');
    await stage.enter('Cleo', 'cache');
    await ada.says('it is open');

    await stage.tell('Who comes later finds it open.');
    await ada.leave();
    const late = await stage.enter('Ada', 'waiter');
    await late.says('it is open');
  },
};
