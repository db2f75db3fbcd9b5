import { joinGroup, memberChanges$ } from '../index.js';
import type { Example } from './stage/example.js';

/** One looks on while members come, die, and are away for a while. */
export const groupMembership: Example = {
  title: 'who is alive: one member is killed, one stopped',
  promise: 'Each absence was seen, and who only had been away came back by itself.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async onlooker(me) {
      memberChanges$(me.zk, '/workers').subscribe(({ joined, left, updated, members }) => {
        // Before what is said of it: whoever waits for that looks at this.
        me.note('members', [...members.keys()]);
        for (const { id } of left) me.say(`${id} has gone`);
        for (const { id } of joined) me.say(`${id} is there`);
        for (const { id } of updated) me.say(`${id} was away`);
      });
      await me.left();
    },
    async member(me) {
      const membership = await joinGroup(me.zk, '/workers', { id: me.name });
      membership.status$.subscribe((status) => me.say(status));
      await me.left();
      await membership.leave();
    },
  },

  async play(stage) {
    const ada = await stage.enter('Ada', 'onlooker');
    const ben = await stage.enter('Ben', 'member');
    await ada.says('Ben is there');
    const cleo = await stage.enter('Cleo', 'member');
    await ada.says('Cleo is there');

    await stage.tell('kill -9 Ben. He is in the group until his session has timed out.');
    await ben.kill();
    await ada.says('Ben has gone');

    await stage.tell("Cleo's process is stopped, for longer than her session lasts.");
    cleo.freeze();
    await ada.says('Cleo has gone');

    await stage.tell('Cleo goes on.');
    cleo.thaw();
    await ada.says('Cleo is there');
    const members = stage.notes<readonly string[]>('members').at(-1)!.value;
    stage.demand(members.join() === 'Cleo', `Ada sees ${members.join(' and ')}, not Cleo`);
  },
};
