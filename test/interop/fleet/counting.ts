/** All add to one number, and the log of the servers says what became of it. */
import type { Fleet } from './fleet.js';
import { addsOnce, type CountsVerdict, judgeCounts, type Told } from './judge-counts.js';
import { groundOf } from './names.js';
import { type Disturbance, type RoundEnd, runRound } from './round.js';

export interface Counting {
  readonly name: string;
  /** How the number is written. */
  readonly format: 'int64' | 'int32' | 'text';
  /** How each seat adds; seats that are left out stay away. */
  readonly orders: Readonly<Record<string, string>>;
  readonly writes: number;
  readonly disturbances?: readonly Disturbance[];
}

export interface CountingResult extends CountsVerdict, Omit<RoundEnd, 'told'> {}

const decoders: Readonly<Record<Counting['format'], (bytes: Uint8Array) => number>> = {
  int64: (bytes) => Number(viewOf(bytes).getBigInt64(0)),
  int32: (bytes) => viewOf(bytes).getInt32(0),
  text: (bytes) => Number(new TextDecoder().decode(bytes)),
};
/** Zero as each of them writes it; SharedCount cannot read a node without bytes. */
const ZEROS: Readonly<Record<Counting['format'], Uint8Array>> = {
  int64: new Uint8Array(8),
  int32: new Uint8Array(4),
  text: new TextEncoder().encode('0'),
};

/** @throws like `runRound` */
export async function runCounting(fleet: Fleet, counting: Counting): Promise<CountingResult> {
  const { name, format, orders, writes, disturbances = [] } = counting;
  const ground = groundOf(name);
  const { folder, site, marks } = ground;
  const seats = Object.keys(orders);
  // Another for each seat, so that the sums tell whose additions are missing.
  const amounts = new Map(seats.map((seat, at) => [seat, at + 1]));
  const amountOf = (participant: string) => amounts.get(participant.split('.')[0]!) ?? 0;
  const judge = async (told: readonly Told[]) => {
    const changes = told.length === 0 ? fleet.changesSoFar(folder) : fleet.changes(folder);
    return judgeCounts(await changes, ground, decoders[format], amountOf, told);
  };
  await fleet.zk.ensure(folder);
  await fleet.zk.create(site, ZEROS[format]);
  const { told, ...end } = await runRound(fleet, {
    ground,
    disturbances,
    enough: writes,
    orders: new Map(
      Object.entries(orders).map(([seat, order]) => {
        return [seat, () => `${order} ${site} ${marks} ${amounts.get(seat)} 0`];
      }),
    ),
    progress: async () => (await fleet.zk.exists(site))?.version ?? 0,
    seen: async () => new Set(Object.keys((await judge([])).handOvers)),
  });
  const verdict = await judge(
    [...told].map(([participant, sum]) => {
      return { participant, sum, isExact: disturbances.length === 0 || addsOnce(participant) };
    }),
  );
  return { ...verdict, ...end };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
