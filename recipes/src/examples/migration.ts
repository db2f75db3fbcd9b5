import { json } from '@vivarium/core';
import { type MigrationStep, migrate } from '../index.js';
import type { Example, Performer } from './stage/example.js';

const NODE = '/app/steps made';
const count = json<number>();

/** The process that makes the second of three steps is killed at it. */
export const migration: Example = {
  title: 'changes made once in a fleet: one is killed at it',
  promise: 'Each of the three steps was made once.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async program(me) {
      const steps = ['one', 'two', 'three'].map((name) => step(name, me));
      const { made } = await migrate(me.zk, '/app/migrations', steps);
      me.say(`starts; has made ${made.length}`);
      const value = await me.zk.getData(NODE, { codec: count });
      me.note('made', value);
      await me.left();
    },
  },

  async play(stage) {
    const ada = await stage.enter('Ada', 'program');
    await ada.says('is at step two');
    const ben = await stage.enter('Ben', 'program');

    await stage.tell('kill -9 Ada, at the second step. Ben waits for her session to time out.');
    await ada.kill();
    await ben.says('is at step two');
    ben.cue('go on');
    await ben.says('has made 2');

    await stage.tell('Cleo comes when all is done.');
    const cleo = await stage.enter('Cleo', 'program');
    await cleo.says('has made 0');
    await cleo.leave();
    const made = stage.notes<number>('made').at(-1)!.value;
    stage.demand(made === 3, `${made} steps were made, not 3`);
  },
};

/** Counts itself, so that it is seen when it is made twice. */
function step(name: string, me: Performer): MigrationStep {
  return {
    name,
    async run(tx) {
      const before = (await tx.get(NODE, count)) ?? 0;
      tx.set(NODE, before + 1, count);
      me.say(`is at step ${name}`);
      if (name === 'two') await me.cue('go on');
    },
  };
}
