import { acquireLease, type Lease, tryAcquireLease } from '../index.js';
import type { Example, Performer } from './stage/example.js';

const PATH = '/leases/import';
const TTL_MS = 8_000;

/** An importer dies and comes back under its own name; then it dies for good. */
export const lease: Example = {
  title: 'something for a time: its holder is killed, comes back',
  promise: 'The lease outlived its holder, who found it again; others had it after its time.',
  cast: ['Ada', 'Ben'],
  roles: {
    async importer(me) {
      const lease = await acquireLease(me.zk, PATH, { ttlMs: TTL_MS, id: 'importer-1' });
      me.holds(lease);
      me.say(`has it, token ${lease.token}`);
      await telling(me, lease);
    },
    async other(me) {
      const now = await tryAcquireLease(me.zk, PATH, { ttlMs: TTL_MS });
      me.say(now === null ? 'it is not free' : 'it was free');
      const lease = await acquireLease(me.zk, PATH, { ttlMs: TTL_MS });
      me.holds(lease);
      me.say(`has it at last, token ${lease.token}`);
      await telling(me, lease);
    },
  },

  async play(stage) {
    const ada = await stage.enter('Ada', 'importer');
    const first = await ada.says('has it');
    const ben = await stage.enter('Ben', 'other');
    await ben.says('it is not free');

    await stage.tell('kill -9 Ada. Her session will end, her lease does not.');
    await ada.kill();
    await stage.tell('Ada is started again, under the same id.');
    const again = await stage.enter('Ada', 'importer');
    const second = await again.says('has it');
    stage.demand(tokenIn(second) > tokenIn(first), 'the token has not grown');

    await stage.tell('kill -9 Ada, for good. Ben has it when its time is over.');
    await again.kill();
    const third = await ben.says('has it at last');
    stage.demand(tokenIn(third) > tokenIn(second), 'the token has not grown');
    stage.demandNeverMoreThan(1);
  },
};

/** Holds it until the play is over. */
async function telling(me: Performer, lease: Lease): Promise<void> {
  await me.left();
  await lease.release();
}

function tokenIn(said: string): bigint {
  return BigInt(said.replace(/.*token /, ''));
}
