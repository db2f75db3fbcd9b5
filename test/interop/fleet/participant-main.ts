/**
 * Vivarium's part in a fleet. Not part of `npm test`; the proof `mixed-fleet` starts it, beside
 * programs over Curator (Participant.java) and kazoo (participant.py) that obey the same words:
 *
 * - `KIND SITE MARKS LONGEST SEED` holds again and again what `SITE` stands for, for up to
 *   `LONGEST`
 *   milliseconds, and marks the beginning and the end of each hold by a node in `MARKS`, until
 *   `stop`; then it says `done HOLDS`.
 * - `count-… SITE MARKS AMOUNT SEED` adds, until `stop`; then it says `done SUM`, of all that it
 *   was told that it has added.
 * - `join SITE ID PAYLOAD SHAPE`, `view`, `leave`.
 */
import { createInterface } from 'node:readline';
import { bytes, type Client, type Codec, connect, isZkError } from '@vivarium/core';
import { acquireLock, counter, lead, recipes, rwLock, sharedValue } from '@vivarium/recipes';
import type { Subscription } from 'rxjs';
import { Random } from '../back-to-back/random.js';

const [address, name, sessionMs] = process.argv.slice(2);
const LONGEST_PAUSE_MS = 2_000;
const LONGEST_REST_MS = 20;

const zk = await connect(address!, { sessionTimeoutMs: Number(sessionMs) });
const { joinGroup, members$ } = recipes(zk);
let isStopping = false;
let number = 0;
let leave = async () => {};
let view = '';

const say = (text: string) => process.stdout.write(`${text}\n`);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function mark(marks: string, says: string): Promise<void> {
  for (;;) {
    try {
      await zk.create(`${marks}/${name}-${number}-${says}`);
      return;
    } catch (error) {
      if (isZkError(error, 'NODE_EXISTS')) return; // it was written before, the answer was lost
      if (!isZkError(error, 'CONNECTION_LOSS')) throw error;
    }
  }
}

type Turn = (site: string, random: Random, work: () => Promise<void>) => Promise<void>;

const locked: Turn = async (site, _random, work) => {
  const lock = await acquireLock(zk, site, { data: name });
  await work();
  await lock.release();
};

const elected: Turn = (site, _random, work) => lead(zk, site, work, { id: name! });

const readOrWritten: Turn = async (site, random, work) => {
  const lock = rwLock(zk, site);
  if (random.chance(0.6)) {
    const reading = await lock.read();
    await work();
    await reading.release();
    return;
  }
  const writing = await lock.write();
  await work();
  if (random.chance(0.75)) {
    await writing.release();
    return;
  }
  const reading = await writing.downgrade();
  await work();
  await reading.release();
};

const turns: Readonly<Record<string, Turn>> = {
  lock: locked,
  selector: locked,
  latch: elected,
  'read-write-downgrade': readOrWritten,
};

async function hold(turn: Turn, [site, marks, longest, seed]: readonly string[]): Promise<number> {
  const random = new Random(Number(seed));
  const began = number;
  const work = async () => {
    await mark(marks!, 'begin');
    await sleep(random.below(Number(longest) + 1));
    await mark(marks!, 'end');
    number++;
  };
  let lastMs = 1;
  while (!isStopping) {
    // For as long as a turn of all of them takes, so that the order is another each time.
    if (random.chance(0.7)) await sleep(random.below(lastMs));
    const since = performance.now();
    await turn(site!, random, work);
    lastMs = Math.min(LONGEST_PAUSE_MS, performance.now() - since);
  }
  return number - began;
}

/** Four bytes, greatest first: what SharedCount, DistributedAtomicInteger and kazoo write. */
const int32: Codec<number> = {
  name: 'int32',
  encode: (value) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, value);
    return bytes;
  },
  decode: (bytes) => {
    if (bytes.length === 0) return 0;
    return new DataView(bytes.buffer, bytes.byteOffset).getInt32(0);
  },
};

/** What kazoo's Counter writes when it is told nothing. */
const decimal: Codec<number> = {
  name: 'decimal',
  encode: (value) => new TextEncoder().encode(String(value)),
  decode: (bytes) => Number(new TextDecoder().decode(bytes)),
};

type Add = (amount: number) => Promise<unknown>;

const adders: Readonly<Record<string, (zk: Client, site: string) => Add>> = {
  'count-int64': (client, site) => {
    const number = counter(client, site);
    return (amount) => number.add(amount);
  },
  'count-int32': (client, site) => {
    const value = sharedValue(client, site, int32, { initial: 0 });
    return (amount) => value.update((now) => now + amount);
  },
  'count-text': (client, site) => {
    const value = sharedValue(client, site, decimal, { initial: 0 });
    return (amount) => value.update((now) => now + amount);
  },
};

async function count(add: Add, [, marks, size]: readonly string[]): Promise<number> {
  await mark(marks!, 'begin');
  number++;
  let sum = 0;
  while (!isStopping) {
    await sleep(Math.random() * LONGEST_REST_MS);
    await add(Number(size));
    sum += Number(size);
  }
  return sum;
}

async function join([site, id, payload]: readonly string[]): Promise<void> {
  const text = new TextEncoder().encode(payload);
  const membership = await joinGroup(site!, { id: id!, data: text, codec: bytes });
  const looking: Subscription = members$(site!, { codec: bytes }).subscribe((members) => {
    const entries = [...members.values()].map(({ id, data }) => {
      return ` ${id}=${Buffer.from(data ?? []).toString('base64')}`;
    });
    view = entries.join('');
  });
  leave = async () => {
    looking.unsubscribe();
    await membership.leave();
  };
}

async function obey(line: string): Promise<void> {
  const [word, ...rest] = line.split(' ');
  const turn = turns[word!];
  const adder = adders[word!];
  if (word === 'stop') isStopping = true;
  else if (word === 'join') await join(rest).then(() => say('joined'));
  else if (word === 'view') say(`view${view}`);
  else if (word === 'leave') await leave().then(() => say('left'));
  else {
    isStopping = false;
    if (turn !== undefined) say(`done ${await hold(turn, rest)}`);
    else if (adder !== undefined) say(`done ${await count(adder(zk, rest[0]!), rest)}`);
    else throw new Error(`what is ${word}?`);
  }
}

say('ready');
for await (const line of createInterface({ input: process.stdin })) {
  obey(line).catch((error: unknown) => say(`failed ${String(error)}`));
}
process.exit(0); // its session ends by itself
