import { text } from '@vivarium/core';
import type { Example } from './stage/example.js';

const ROOT = '/catalog';

/** A mirror is cut off while the subtree changes. */
export const tree: Example = {
  title: 'a subtree in memory: its mirror is cut off for a while',
  promise: 'The mirror said that it was stale, and had every change when it was back.',
  cast: ['Ada', 'Ben'],
  roles: {
    async mirror(me) {
      me.zk.tree$(ROOT, { codec: text }).subscribe(({ state, nodes }) => {
        if (state === 'loading') return;
        const shown = [...nodes.values()]
          .filter(({ path }) => path !== ROOT)
          .map((node) => {
            const name = node.path.slice(ROOT.length + 1);
            return node.kind === 'present' ? `${name}=${node.data}` : name;
          });
        me.say(`${state}: ${shown.join(' ') || 'nothing'}`);
      });
      await me.left();
    },
    async editor(me) {
      const set = (name: string, price: string) =>
        me.insist(async () => {
          await me.zk.ensure(`${ROOT}/${name}`);
          await me.zk.set(`${ROOT}/${name}`, price, { codec: text });
        });
      await me.cue('change');
      await set('books', '12');
      await set('maps', '7');
      me.say('has put books and maps in');
      await me.cue('change');
      await set('books', '15');
      await me.insist(() => me.zk.delete(`${ROOT}/maps`));
      me.say('has changed books, and taken maps out');
      await me.left();
    },
  },

  async play(stage) {
    const ada = await stage.enter('Ada', 'mirror');
    await ada.says('live: nothing');
    const ben = await stage.enter('Ben', 'editor');
    ben.cue('change');
    await ada.says('live: books=12 maps=7');

    await stage.tell('Ada is cut off, and Ben goes on.');
    ada.cutOff();
    await ada.says('stale: books=12 maps=7');
    ben.cue('change');
    await ben.says('has changed books');

    await stage.tell('Ada is connected again.');
    ada.mend();
    await ada.says('live: books=15');
  },
};
