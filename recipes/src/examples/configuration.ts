import { json, type StandardSchema } from '@vivarium/core';
import { config$, updateConfig } from '../index.js';
import type { Example } from './stage/example.js';

interface Limits {
  readonly rps: number;
}

const PATH = '/config/limits';
const limits: StandardSchema<Limits> = {
  '~standard': {
    version: 1,
    vendor: 'by hand',
    validate: (value) =>
      Number.isInteger((value as Limits | null)?.rps)
        ? { value: value as Limits }
        : { issues: [{ message: 'rps must be a whole number' }] },
  },
};

/** A setting changes while one program is cut off, and then somebody writes rubbish. */
export const configuration: Example = {
  title: 'a setting changes: one is cut off; then comes rubbish',
  promise: 'Nobody ever used a value that is none, and both have the newest in the end.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async program(me) {
      config$(me.zk, PATH, limits, { fallback: { rps: 10 } }).subscribe(({ value, source }) => {
        me.note('rps', value.rps);
        me.say(`${value.rps} a second, ${source}`);
      });
      await me.left();
    },
    async operator(me) {
      for (const rps of [100, 200]) {
        await me.cue('change');
        await updateConfig(me.zk, PATH, limits, () => ({ rps }));
        me.say(`has set ${rps}`);
      }
      await me.cue('change');
      await me.insist(() => me.zk.set(PATH, { rps: 'many' }, { codec: json() }));
      me.say('has set rubbish');
      await me.cue('change');
      await updateConfig(me.zk, PATH, limits, () => ({ rps: 300 }));
      await me.left();
    },
  },

  async play(stage) {
    const ada = await stage.enter('Ada', 'program');
    const ben = await stage.enter('Ben', 'program');
    await Promise.all([ada.says('10 a second, fallback'), ben.says('10 a second')]);
    const cleo = await stage.enter('Cleo', 'operator');
    cleo.cue('change');
    await Promise.all([ada.says('100 a second, live'), ben.says('100 a second')]);

    await stage.tell('Ben is cut off. Cleo changes the setting.');
    ben.cutOff();
    cleo.cue('change');
    await ada.says('200 a second');
    await stage.tell('Ben is connected again.');
    ben.mend();
    await ben.says('200 a second');

    await stage.tell('Cleo writes what is no setting, and then one again.');
    cleo.cue('change');
    await Promise.all([ada.says('200 a second, lastGood'), ben.says('200 a second, lastGood')]);
    cleo.cue('change');
    await Promise.all([ada.says('300 a second, live'), ben.says('300 a second, live')]);
    const used = stage.notes<unknown>('rps').map(({ value }) => value);
    const wrong = used.filter((rps) => ![10, 100, 200, 300].includes(rps as number));
    stage.demand(wrong.length === 0, `${wrong.join()} was used`);
  },
};
