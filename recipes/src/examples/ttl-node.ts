import { text } from '@vivarium/core';
import { keepTtlNode } from '../index.js';
import type { Example } from './stage/example.js';

const PATH = '/jobs/7';
const TTL_MS = 10_000;

/** A worker dies; its note stays, until nobody has kept it for ten seconds. */
export const ttlNode: Example = {
  title: 'a note that outlasts us: its writer is killed',
  promise: 'The note outlived its writer, the next one went on from it, and then it went away.',
  cast: ['Ada', 'Ben', 'Cleo'],
  settings: { extendedTypesEnabled: 'true', 'znode.container.checkIntervalMs': '1000' },
  roles: {
    async worker(me) {
      const options = { ttlMs: TTL_MS, codec: text };
      const note = await keepTtlNode(me.zk, PATH, undefined, options);
      const done = Number(await me.zk.getData(PATH, { codec: text }));
      me.say(`begins at ${done}`);
      for (let next = done + 1; next <= done + 3; next++) {
        await note.set(String(next));
        me.say(`has done ${next}`);
      }
      await me.left();
      await note.release();
    },
    async onlooker(me) {
      me.zk.exists$(PATH).subscribe((there) => me.say(there ? 'it is there' : 'there is none'));
      await me.left();
    },
  },

  async play(stage) {
    const cleo = await stage.enter('Cleo', 'onlooker');
    const ada = await stage.enter('Ada', 'worker');
    await ada.says('has done 3');
    await cleo.says('it is there');

    await stage.tell('kill -9 Ada. The end of her session means nothing to the note.');
    await ada.kill();
    const ben = await stage.enter('Ben', 'worker');
    const begins = await ben.says('begins at');
    stage.demand(begins === 'begins at 3', `Ben ${begins}`);
    await ben.says('has done 6');

    await stage.tell('Ben leaves. Nobody keeps it any more: it goes after ten seconds.');
    await ben.leave();
    await cleo.says('there is none');
  },
};
