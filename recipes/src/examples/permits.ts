import { acquirePermits } from '../index.js';
import type { Example } from './stage/example.js';

const LIMIT = 2;

/** One of two permits is out with somebody who dies. */
export const permits: Example = {
  title: 'two at a time: one with a permit is killed',
  promise: 'Never more than two had a permit, and the permit of the dead came back.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async worker(me) {
      me.say('asks for a permit');
      const permit = await acquirePermits(me.zk, '/limits/vendor', { limit: LIMIT });
      me.holds(permit);
      me.say('has a permit');
      await me.cue('give back');
      await permit.release();
      me.say('gave it back');
    },
  },

  async play(stage) {
    const [ada, ben] = await Promise.all([
      stage.enter('Ada', 'worker'),
      stage.enter('Ben', 'worker'),
    ]);
    await Promise.all([ada.says('has a permit'), ben.says('has a permit')]);
    const cleo = await stage.enter('Cleo', 'worker');
    await cleo.says('asks');

    await stage.tell('kill -9 Ada. Her permit comes back when her session has timed out.');
    await ada.kill();
    await cleo.says('has a permit');

    await stage.tell('Ada comes again, and Ben gives his permit back.');
    const again = await stage.enter('Ada', 'worker');
    await again.says('asks');
    ben.cue('give back');
    await again.says('has a permit');
    stage.demandNeverMoreThan(LIMIT);
  },
};
