import { doubleBarrier as doubleBarrierAt, isRecipeError } from '../index.js';
import type { Example } from './stage/example.js';

const SIZE = 3;

/** One of three dies at work; the others are told, and the next round is complete. */
export const doubleBarrier: Example = {
  title: 'start together, end together: one is killed',
  promise: 'Nobody began before all were there, the others were told of the death, and came again.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async worker(me) {
      const bench = doubleBarrierAt(me.zk, '/barriers/bench', {
        size: SIZE,
        onLoss: 'break',
        // Whoever is told of a death first comes again while the others are inside.
        whenFull: 'wait',
      });
      while (!me.leave.aborted) {
        me.say('waits');
        const cohort = await bench.enter();
        me.note('begins', cohort.generation);
        me.say(`begins round ${cohort.generation}`);
        await Promise.race([me.cue('finish'), aborted(cohort.signal)]);
        try {
          await cohort.leave();
          me.say('all are done');
          await me.left();
        } catch (error) {
          if (!isRecipeError(error, 'BROKEN_BARRIER')) throw error;
          me.say('the round is broken');
        }
      }
    },
  },

  async play(stage) {
    const ada = await stage.enter('Ada', 'worker');
    const ben = await stage.enter('Ben', 'worker');
    await Promise.all([ada.says('waits'), ben.says('waits')]);
    stage.demand(stage.notes('begins').length === 0, 'somebody began too early');
    const cleo = await stage.enter('Cleo', 'worker');
    await Promise.all([ada, ben, cleo].map((each) => each.says('begins')));

    await stage.tell('kill -9 Ben, at his work.');
    await ben.kill();
    await Promise.all([ada.says('broken'), cleo.says('broken')]);
    await Promise.all([ada.says('waits'), cleo.says('waits')]);

    await stage.tell('Ben comes again: they are three once more.');
    const again = await stage.enter('Ben', 'worker');
    const all = [ada, again, cleo];
    await Promise.all(all.map((each) => each.says('begins')));
    for (const each of all) each.cue('finish');
    await Promise.all(all.map((each) => each.says('all are done')));
    const begun = stage.notes<number>('begins').length;
    stage.demand(begun === 2 * SIZE, `${begun} have begun in two rounds of three`);
  },
};

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
