import { campaign$, type Hold, leader$ } from '../index.js';
import type { Example } from './stage/example.js';

/** The leader is stopped, the leader of the servers killed, and then the next leader. */
export const leaderElection: Example = {
  title: 'one leader: one is stopped, one killed, and a server',
  promise:
    'At no moment were two of them certain to lead, and the loss of a server changed nothing.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async candidate(me) {
      let term: Hold | undefined;
      const candidacy = campaign$(me.zk, '/election', { id: me.name }).subscribe((now) => {
        if (now.role === 'follower') {
          me.say(term === undefined ? 'stands' : 'leads no more, stands');
          term = undefined;
        } else if (term !== now.term) {
          term = now.term;
          me.holds(term);
          me.say('leads');
        }
      });
      await me.cue('verify');
      await term?.verify();
      if (!me.leave.aborted) me.say('still leads');
      await me.left();
      candidacy.unsubscribe();
    },
    async onlooker(me) {
      leader$(me.zk, '/election').subscribe((leader) => {
        me.say(leader === undefined ? 'nobody leads' : `sees ${leader.data} lead`);
      });
      await me.left();
    },
  },

  async play(stage) {
    const cleo = await stage.enter('Cleo', 'onlooker');
    const ada = await stage.enter('Ada', 'candidate');
    await ada.says('leads');
    const ben = await stage.enter('Ben', 'candidate');
    await ben.says('stands');

    await stage.tell("Ada's process is stopped, for longer than her session lasts.");
    ada.freeze();
    await ben.says('leads');
    await cleo.says('sees Ben lead');
    await stage.tell('Ada goes on.');
    ada.thaw();
    await ada.says('stands');

    const server = await stage.servers.leader();
    await stage.tell(`kill -9 server ${server}, which leads the other two servers.`);
    await stage.servers.kill(server);
    ben.cue('verify');
    await ben.says('still leads');

    await stage.tell('kill -9 Ben.');
    await ben.kill();
    await ada.says('leads');
    await cleo.says('sees Ada lead');
    stage.demandNeverMoreThan(1);
  },
};
