import { text } from '@vivarium/core';
import { configSet$, updateConfigSet } from '../index.js';
import type { Example } from './stage/example.js';

interface Login {
  readonly host: string;
  readonly password: string;
}

const FOLDER = '/config/db';
const formats = { host: text, password: text };
const fallback: Login = { host: 'db 0', password: 'secret 0' };

/** Host and password change together, all the time, until the writer is killed at it. */
export const configurationSet: Example = {
  title: 'settings that change together: the writer is killed',
  promise: "Nobody ever saw a host with another one's password.",
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async writer(me) {
      const first = Number(me.words[0]);
      for (let change = first; !me.leave.aborted; change++) {
        const login = { host: `db ${change}`, password: `secret ${change}` };
        await updateConfigSet<Login>(me.zk, FOLDER, formats, () => login);
        if (change % 10 === 0) me.say(`has written ${change}`);
      }
    },
    async reader(me) {
      let seen = 0;
      configSet$<Login>(me.zk, FOLDER, formats, { fallback }).subscribe(({ value }) => {
        const host = value.host.slice('db '.length);
        me.note('login', host === value.password.slice('secret '.length));
        if (++seen % 10 === 0) me.say(`has seen ${seen}`);
      });
      await me.left();
    },
  },

  async play(stage) {
    const ben = await stage.enter('Ben', 'reader');
    const cleo = await stage.enter('Cleo', 'reader');
    const ada = await stage.enter('Ada', 'writer', '1');
    await Promise.all([ben.says('has seen'), cleo.says('has seen')]);

    await stage.tell("kill -9 Ada, in the middle of it, and break Ben's connection.");
    await ada.kill();
    ben.breakConnection();
    await stage.tell('Ada comes again.');
    const again = await stage.enter('Ada', 'writer', '1000');
    await Promise.all([ben.says('has seen'), cleo.says('has seen')]);
    await again.leave();
    const mixed = stage.notes<boolean>('login').filter(({ value }) => !value).length;
    stage.demand(mixed === 0, `${mixed} times`);
  },
};
