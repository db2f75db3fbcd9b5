import { idGenerator as idGeneratorAt } from '../index.js';
import type { Example } from './stage/example.js';

const BLOCK = 100;

/** One who gives out ids is killed, and comes again. */
export const idGenerator: Example = {
  title: 'ids that nobody else gets: one who has some is killed',
  promise: 'No id was given twice; those that the dead had not given are never given.',
  cast: ['Ada', 'Ben'],
  roles: {
    async program(me) {
      const ids = idGeneratorAt(me.zk, '/ids/orders', { block: BLOCK });
      while (!me.leave.aborted) {
        const taken = await Promise.all(Array.from({ length: 30 }, () => ids.next()));
        for (const id of taken) me.note('id', id);
        me.say(`takes ${taken[0]} to ${taken.at(-1)}`);
        await me.pause(200);
      }
    },
  },

  async play(stage) {
    const [ada, ben] = await Promise.all([
      stage.enter('Ada', 'program'),
      stage.enter('Ben', 'program'),
    ]);
    await Promise.all([ada.says('takes'), ben.says('takes')]);
    await stage.tell('kill -9 Ada. What is left of her block goes with her.');
    await ada.kill();
    const leader = await stage.servers.leader();
    await stage.tell(`kill -9 server ${leader}, which leads. Ada comes again.`);
    await stage.servers.kill(leader);
    const again = await stage.enter('Ada', 'program');
    await again.says('takes');
    await Promise.all([again.says('takes'), ben.says('takes')]);
    const ids = stage.notes<bigint>('id').map(({ value }) => value);
    stage.demand(new Set(ids).size === ids.length, 'an id was given twice');
  },
};
