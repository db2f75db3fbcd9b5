import { json } from '@vivarium/core';
import { configHistory, rollbackConfig, updateConfigWithHistory } from '../index.js';
import type { Example } from './stage/example.js';

const PATH = '/config/rates';
const codec = json<string>();
const CHANGES = 5;

/** Two change a setting at once, one is killed at it, and a third goes back. */
export const configurationHistory: Example = {
  title: 'what a setting was, and back: an editor is killed',
  promise: 'Every change that was confirmed is in the history once, and the old value is back.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async editor(me) {
      await me.cue('begin');
      for (let change = 1; change <= CHANGES; change++) {
        const value = `${me.name} ${change}`;
        await updateConfigWithHistory(me.zk, PATH, codec, () => value, { keep: 100 });
        me.note('confirmed', value);
        me.say(`has written ${change}`);
      }
      me.say('has finished');
      await me.left();
    },
    async auditor(me) {
      const history = await configHistory(me.zk, PATH, codec);
      for (const { value } of history) me.note('kept', value);
      me.say(`sees ${history.length} versions`);
      const first = history.at(-1)!;
      const now = await rollbackConfig(me.zk, PATH, codec, first.version, { keep: 100 });
      me.note('rolled back', now === first.value);
      me.say(`goes back to "${now}"`);
      const after = await configHistory(me.zk, PATH, codec);
      me.say(`sees ${after.length} versions`);
      await me.left();
    },
  },

  async play(stage) {
    const [ada, ben] = await Promise.all([
      stage.enter('Ada', 'editor'),
      stage.enter('Ben', 'editor'),
    ]);
    for (const each of [ada, ben]) each.cue('begin');
    await ben.says('has written 2');
    await stage.tell('kill -9 Ben, while both change the setting.');
    await ben.kill();
    await ada.says('has finished');

    await stage.tell('Cleo looks at what there was, and goes back to the first.');
    const cleo = await stage.enter('Cleo', 'auditor');
    await cleo.says('goes back');
    await cleo.says('sees');
    const kept = stage.notes<string>('kept').map(({ value }) => value);
    for (const { value } of stage.notes<string>('confirmed')) {
      const times = kept.filter((each) => each === value).length;
      stage.demand(times === 1, `"${value}" is in the history ${times} times`);
    }
    stage.demand(stage.notes('rolled back')[0]?.value === true, 'the first value is not back');
  },
};
