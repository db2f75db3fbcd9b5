import { type Partition, partitions$ } from '../index.js';
import type { Example, Performer } from './stage/example.js';

const names = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Six partitions over those who are there, while they come and die. */
export const partitions: Example = {
  title: 'work shared out among workers: one is killed',
  promise: 'No partition was with two at one moment, and all six were with somebody in the end.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async worker(me) {
      let before = '';
      const options = { partitions: names, id: me.name, signal: me.leave };
      await new Promise<void>((resolve, reject) => {
        partitions$(me.zk, '/jobs', options).subscribe({
          next({ held, added }) {
            for (const partition of added) work(me, partition).catch(reject);
            const now = [...held.keys()].sort().join(' ');
            if (now !== before && !me.leave.aborted) me.say(`has ${held.size}: ${now}`);
            before = now;
          },
          error: reject,
          complete: resolve,
        });
      });
    },
  },

  async play(stage) {
    const ada = await stage.enter('Ada', 'worker');
    await ada.says('has 6');

    await stage.tell('Ben comes. Ada lets go of three, and only then has he got them.');
    const ben = await stage.enter('Ben', 'worker');
    await Promise.all([ben.says('has 3'), ada.says('has 3')]);

    await stage.tell('Cleo comes too.');
    const cleo = await stage.enter('Cleo', 'worker');
    await Promise.all([ada.says('has 2'), ben.says('has 2'), cleo.says('has 2')]);

    await stage.tell('kill -9 Ben. His partitions move when his session has timed out.');
    await ben.kill();
    await Promise.all([ada.says('has 3'), cleo.says('has 3')]);
    stage.demandNeverMoreThan(1);
  },
};

async function work(me: Performer, partition: Partition): Promise<void> {
  me.holds(partition, { what: partition.name });
  while (!partition.revoked.aborted) await me.pause(20);
  await partition.release();
}
