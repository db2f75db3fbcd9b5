/** Changes values that all change: adds to a counter, and appends to a configuration. */
import type { StandardSchema } from '@vivarium/core';
import type { ChangesJudge } from '../../judges/recipes/changes.js';
import { placeOf } from '../../judges/recipes/places.js';
import { COUNTER_BASE } from '../../judges/recipes/recipe-judges.js';
import { excused, type Player, patience, takeTurns } from './player.js';

const encoder = new TextEncoder();

/** One change of a value: what the value is after it. */
type Change = (number: number, timeoutMs: number | undefined) => Promise<Uint8Array>;

/** Each addition has a digit of its own in the sum. */
export async function playCounter(player: Player): Promise<void> {
  const { zk, recipes, judges } = player;
  const shared = recipes.counter(zk, placeOf('counter'));
  const add: Change = async (number, timeoutMs) => {
    const sum = await shared.add(COUNTER_BASE ** BigInt(number), { timeoutMs });
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, sum);
    return bytes;
  };
  await playChanges(player, judges.counter, add);
}

/** Each change appends its number. */
export async function playConfig(player: Player): Promise<void> {
  const { zk, recipes, judges } = player;
  const append: Change = async (number, timeoutMs) => {
    const change = (numbers: readonly number[] = []) => [...numbers, number];
    const path = placeOf('config');
    const numbers = await recipes.updateConfig(zk, path, numbersSchema, change, { timeoutMs });
    return encoder.encode(JSON.stringify(numbers));
  };
  await playChanges(player, judges.config, append);
}

async function playChanges(player: Player, judge: ChangesJudge, change: Change): Promise<void> {
  const { random } = player;
  await takeTurns(player, async () => {
    // Several at once go one after the other, or together.
    const count = random.chance(0.8) ? 1 : random.between(2, 3);
    await Promise.all(Array.from({ length: count }, () => changeOnce(player, judge, change)));
    return true;
  });
}

async function changeOnce(player: Player, judge: ChangesJudge, change: Change): Promise<void> {
  const { name, zk, recipes } = player;
  const record = judge.asks(name);
  if (record === undefined) return;
  const epoch = zk.session?.epoch ?? 0;
  const making = change(record.number, patience(player, false)).then(
    (value) => judge.made(record, value),
    (error: unknown) => {
      // One that was given up may have been sent, and then it is made.
      if (recipes.isRecipeError(error, 'CONFLICT')) judge.refused(record);
      if (recipes.isRecipeError(error, 'UNKNOWN_OUTCOME')) {
        judge.unknown(record, (zk.session?.epoch ?? epoch + 1) > epoch);
      }
      throw error;
    },
  );
  await excused(player, making);
}

const numbersSchema: StandardSchema<readonly number[]> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      const isRight = Array.isArray(value) && value.every((each) => Number.isSafeInteger(each));
      return isRight ? { value } : { issues: [{ message: 'no list of numbers' }] };
    },
  },
};
