import { json } from '@vivarium/core';
import { isRecipeError, sharedValue as sharedValueAt } from '../index.js';
import type { Example } from './stage/example.js';

const ENTRIES = 20;

/** Two write into one list, and one of them is cut off meanwhile. */
export const sharedValue: Example = {
  title: 'a value that many change: a writer is cut off',
  promise: 'Every confirmed change is in it once, of whoever wrote in between.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async writer(me) {
      const list = sharedValueAt(me.zk, '/plan', json<string[]>(), { initial: [] });
      await me.cue('begin');
      for (let at = 1; at <= ENTRIES; at++) {
        const entry = `${me.name} ${at}`;
        try {
          await list.update((entries) => [...entries, entry]);
          me.note('confirmed', entry);
        } catch (error) {
          if (!isRecipeError(error, 'UNKNOWN_OUTCOME')) throw error;
          me.say(`does not know of ${at}`);
        }
        if (at % 5 === 0) me.say(`has written ${at}`);
        await me.pause(20);
      }
      me.say('is done');
      await me.left();
    },
    async reader(me) {
      const list = sharedValueAt(me.zk, '/plan', json<string[]>(), { initial: [] });
      const { value } = await list.get();
      me.note('list', value);
      me.say(`reads ${value.length} entries`);
      await me.left();
    },
  },

  async play(stage) {
    const [ada, ben] = await Promise.all([
      stage.enter('Ada', 'writer'),
      stage.enter('Ben', 'writer'),
    ]);
    for (const each of [ada, ben]) each.cue('begin');
    await ada.says('has written 5');
    ada.cutOff();
    await stage.tell('Ada is cut off from all servers, until Ben is done.');
    await ben.says('is done');
    await ben.leave();

    await stage.tell('Ada is connected again, and goes on by herself.');
    ada.mend();
    await ada.says('is done');
    const cleo = await stage.enter('Cleo', 'reader');
    await cleo.says('reads');
    const list = stage.notes<readonly string[]>('list')[0]!.value;
    stage.demand(new Set(list).size === list.length, 'something was written twice');
    const lost = stage.notes<string>('confirmed').filter(({ value }) => !list.includes(value));
    stage.demand(lost.length === 0, `lost: ${lost.map(({ value }) => value).join(', ')}`);
  },
};
