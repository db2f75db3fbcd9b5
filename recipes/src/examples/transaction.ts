import { json } from '@vivarium/core';
import { isRecipeError, stm } from '../index.js';
import type { Example } from './stage/example.js';

const HERE = '/accounts/here';
const THERE = '/accounts/there';
const TOTAL = 100;
const amount = json<number>();

/** Money goes to and fro between two nodes, and one who moves it is killed. */
export const transaction: Example = {
  title: 'several nodes as if alone: one is killed at it',
  promise: 'Whoever looked saw the whole sum, at every moment.',
  cast: ['Ada', 'Ben', 'Cleo'],
  roles: {
    async mover(me) {
      const [from, to] = me.words as [string, string];
      await me.cue('begin');
      for (let moved = 1; !me.leave.aborted; moved++) {
        try {
          await stm(me.zk, async (tx) => {
            const left = (await tx.get(from, amount)) ?? 0;
            const right = (await tx.get(to, amount)) ?? 0;
            tx.set(from, left - 1, amount);
            tx.set(to, right + 1, amount);
          });
        } catch (error) {
          if (!isRecipeError(error, 'UNKNOWN_OUTCOME')) throw error;
        }
        if (moved % 10 === 0) me.say(`has moved ${moved}`);
      }
    },
    async auditor(me) {
      await stm(me.zk, (tx) => {
        tx.set(HERE, TOTAL, amount);
        tx.set(THERE, 0, amount);
      });
      for (let looks = 1; !me.leave.aborted; looks++) {
        const both = await stm(me.zk, (tx) =>
          Promise.all([tx.get(HERE, amount), tx.get(THERE, amount)]),
        );
        const sum = both[0]! + both[1]!;
        me.note('sum', sum);
        if (looks % 50 === 0) me.say(`has seen ${sum}`);
        await me.pause(10);
      }
    },
  },

  async play(stage) {
    const cleo = await stage.enter('Cleo', 'auditor');
    await cleo.says('has seen');
    const [ada, ben] = await Promise.all([
      stage.enter('Ada', 'mover', HERE, THERE),
      stage.enter('Ben', 'mover', THERE, HERE),
    ]);
    for (const each of [ada, ben]) each.cue('begin');
    await Promise.all([ada.says('has moved 20'), ben.says('has moved 20'), cleo.says('has seen')]);

    await stage.tell('kill -9 Ada, in the middle of a transaction.');
    await ada.kill();
    await Promise.all([cleo.says('has seen'), ben.says('has moved')]);

    const leader = await stage.servers.leader();
    await stage.tell(`kill -9 server ${leader}, which leads.`);
    await stage.servers.kill(leader);
    await Promise.all([cleo.says('has seen'), ben.says('has moved')]);
    const wrong = stage.notes<number>('sum').filter(({ value }) => value !== TOTAL);
    stage.demand(wrong.length === 0, `Cleo saw ${wrong[0]?.value} in all`);
  },
};
