import { rwLock } from '../index.js';
import type { Example } from './stage/example.js';

/** A writer counts as much as all readers together. */
const ALL = 10;

/** A writer waits for two readers, one of whom dies while it reads. */
export const readWriteLock: Example = {
  title: 'readers together, a writer alone: a reader is killed',
  promise: 'Nobody read while somebody wrote, and the reader that died held up nobody for ever.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async reader(me) {
      me.say('asks to read');
      const hold = await rwLock(me.zk, '/locks/index').read();
      me.holds(hold);
      me.say('reads');
      await me.cue('finish');
      await hold.release();
      me.say('has read');
    },
    async writer(me) {
      me.say('asks to write');
      const hold = await rwLock(me.zk, '/locks/index').write();
      me.holds(hold, { weight: ALL });
      me.say('writes, alone');
      await me.cue('finish');
      await hold.release();
      me.say('has written');
    },
  },

  async play(stage) {
    const [ada, ben] = await Promise.all([
      stage.enter('Ada', 'reader'),
      stage.enter('Ben', 'reader'),
    ]);
    await Promise.all([ada.says('reads'), ben.says('reads')]);
    const cleo = await stage.enter('Cleo', 'writer');
    await cleo.says('asks to write');

    await stage.tell('Ada finishes. kill -9 Ben: he reads as long as his session lasts.');
    ada.cue('finish');
    await ben.kill();
    await cleo.says('writes');

    await stage.tell('Ada comes again, and waits for the writer.');
    await ada.leave();
    const again = await stage.enter('Ada', 'reader');
    await again.says('asks to read');
    cleo.cue('finish');
    await again.says('reads');
    stage.demandNeverMoreThan(ALL);
  },
};
