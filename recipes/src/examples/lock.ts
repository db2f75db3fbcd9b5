import { acquireLock } from '../index.js';
import type { Example } from './stage/example.js';

/** Who holds the lock is killed, and who holds it next is stopped for too long. */
export const lock: Example = {
  title: 'one at a time: a holder is killed, another stopped',
  promise: 'At no moment were two of them certain to hold it, and the late write was refused.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async worker(me) {
      await me.zk.ensure('/report');
      me.say('asks for it');
      const hold = await acquireLock(me.zk, '/locks/report');
      me.holds(hold);
      me.say('has it');
      const write = hold.guard([{ op: 'set', path: '/report', data: me.name }]);
      while (hold.isCertain() && !me.leave.aborted) await me.pause(50);
      if (hold.isCertain()) return hold.release();

      me.say('is not sure any more');
      try {
        await me.zk.multi(write);
        me.note('late write', me.name);
      } catch {
        me.say('is refused a write');
      }
      await me.left();
    },
  },

  async play(stage) {
    const ada = await stage.enter('Ada', 'worker');
    await ada.says('has it');
    const ben = await stage.enter('Ben', 'worker');
    await ben.says('asks for it');

    await stage.tell('kill -9 Ada. The lock is hers until her session has timed out.');
    await ada.kill();
    await ben.says('has it');

    const cleo = await stage.enter('Cleo', 'worker');
    await cleo.says('asks for it');
    await stage.tell("Ben's process is stopped, for longer than his session lasts.");
    ben.freeze();
    await cleo.says('has it');

    await stage.tell('Ben goes on. He has heard nothing, but the clock tells him.');
    ben.thaw();
    await ben.says('is refused a write');
    stage.demand(stage.notes('late write').length === 0, 'a former holder has written');
    stage.demandNeverMoreThan(1);
  },
};
