import { barrier as barrierAt } from '../index.js';
import type { Example } from './stage/example.js';

/** Two wait for a signal; a server goes, and one of them is cut off when it comes. */
export const barrier: Example = {
  title: 'wait for a signal: a server is killed, a waiter cut off',
  promise: 'Nobody passed before the signal, and everybody did after it.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async migrator(me) {
      const gate = barrierAt(me.zk, '/barriers/migration');
      await gate.raise();
      me.say('has raised it');
      await me.cue('lift');
      await gate.lift();
      me.say('has lifted it');
      await me.left();
    },
    async worker(me) {
      me.say('waits');
      await barrierAt(me.zk, '/barriers/migration').wait();
      me.note('passed', me.name);
      me.say('passes');
      await me.left();
    },
  },

  async play(stage) {
    const ada = await stage.enter('Ada', 'migrator');
    await ada.says('has raised it');
    const ben = await stage.enter('Ben', 'worker');
    const cleo = await stage.enter('Cleo', 'worker');
    await Promise.all([ben.says('waits'), cleo.says('waits')]);

    const server = ben.server();
    await stage.tell(`kill -9 server ${server}, the one that Ben is connected to.`);
    await stage.servers.kill(server);
    await stage.tell('Cleo is cut off, and Ada lifts the barrier.');
    cleo.cutOff();
    stage.demand(stage.notes('passed').length === 0, 'somebody passed before the signal');
    ada.cue('lift');
    await ben.says('passes');

    await stage.tell('Cleo is connected again.');
    stage.demand(stage.notes('passed').length === 1, 'somebody passed who could not know');
    cleo.mend();
    await cleo.says('passes');
  },
};
