import { text } from '@vivarium/core';
import { isRecipeError, workQueue as workQueueAt } from '../index.js';
import type { Example } from './stage/example.js';

const JOBS = 6;

/** A worker dies with a job in hand. */
export const workQueue: Example = {
  title: 'jobs, each in one pair of hands: a worker is killed',
  promise: 'Every job was confirmed once, and none was with two workers at one moment.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async client(me) {
      const queue = workQueueAt(me.zk, '/queues/mails', text);
      for (let job = 1; job <= JOBS; job++) await queue.put(`mail ${job}`);
      me.say(`has put ${JOBS} jobs`);
      let least = JOBS;
      queue.depth$.subscribe(({ waiting, claimed }) => {
        if (waiting + claimed >= least) return;
        least = waiting + claimed;
        me.say(least === 0 ? 'all are done' : `${least} are left`);
      });
      await me.left();
    },
    async worker(me) {
      const queue = workQueueAt(me.zk, '/queues/mails', text);
      while (!me.leave.aborted) {
        const claim = await queue.take({ signal: me.leave }).catch(() => undefined);
        if (claim === undefined) return;
        me.holds(claim, { what: claim.value });
        me.say(`has ${claim.value}${claim.attempts === 1 ? '' : `, delivery ${claim.attempts}`}`);
        if (me.words[0] === 'slow') await me.cue('finish');
        else await me.pause(200);
        try {
          await claim.ack();
          me.note('done', claim.value);
        } catch (error) {
          if (!isRecipeError(error, 'HOLD_LOST')) throw error; // It is delivered again.
        }
      }
    },
  },

  async play(stage) {
    const ada = await stage.enter('Ada', 'client');
    await ada.says('has put');
    const ben = await stage.enter('Ben', 'worker', 'slow');
    await ben.says('has mail');
    await stage.tell('kill -9 Ben, with a job in hand. It is his until his session has timed out.');
    await ben.kill();
    const cleo = await stage.enter('Cleo', 'worker');
    await cleo.says('delivery 2');
    await ada.says('all are done');
    await cleo.leave();
    const done = stage.notes<string>('done').map(({ value }) => value);
    const isRight = done.length === JOBS && new Set(done).size === JOBS;
    stage.demand(isRight, `confirmed: ${done.join(', ')}`);
    stage.demandNeverMoreThan(1);
  },
};
