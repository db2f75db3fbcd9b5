import { keepNode } from '../index.js';
import type { Example } from './stage/example.js';

const PATH = '/status/ada';

/** A node is deleted by somebody, and then its keeper is cut off for too long. */
export const keptNode: Example = {
  title: 'an entry while we are there: deleted, and cut off',
  promise: 'The node came back each time, and went with its keeper in the end.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async keeper(me) {
      const entry = await keepNode(me.zk, PATH, 'serving');
      entry.status$.subscribe((status) => me.say(status));
      await me.left();
      await entry.release();
    },
    async onlooker(me) {
      let seen = 0n;
      me.zk.node$(PATH).subscribe((node) => {
        const czxid = node.kind === 'absent' ? 0n : node.stat.czxid;
        if (czxid === seen) return;
        me.say(node.kind === 'absent' ? 'it is gone' : 'it is there, new');
        me.note('node', node.kind !== 'absent');
        seen = czxid;
      });
      await me.left();
    },
    async vandal(me) {
      await me.insist(() => me.zk.delete(PATH));
      me.say('has deleted it');
      await me.left();
    },
  },

  async play(stage) {
    const ben = await stage.enter('Ben', 'onlooker');
    const ada = await stage.enter('Ada', 'keeper');
    await ben.says('it is there');

    await stage.tell('Cleo deletes the node.');
    await stage.enter('Cleo', 'vandal');
    await ben.says('it is there');

    await stage.tell('Ada is cut off from all servers, for longer than her session lasts.');
    ada.cutOff();
    await ben.says('it is gone');

    await stage.tell('She is connected again, and has a new session.');
    ada.mend();
    await Promise.all([ada.says('missing'), ben.says('it is there')]);
    await ada.says('kept');

    await stage.tell('Ada leaves.');
    await ada.leave();
    await ben.says('it is gone');
    const seen = stage.notes<boolean>('node').filter(({ value }) => value).length;
    stage.demand(seen >= 3, `it was there ${seen} times, not three`);
  },
};
