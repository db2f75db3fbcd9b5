/** What is done again and again, and leaves nothing behind. */
import { text } from '@vivarium/core';
import {
  acquireLock,
  acquirePermits,
  barrier,
  campaign$,
  config$,
  counter,
  doubleBarrier,
  joinGroup,
  keepNode,
  leader$,
  members$,
  permits$,
  rwLock,
  tryLock,
} from '@vivarium/recipes';
import { filter, firstValueFrom, of, switchMap } from 'rxjs';
import type { World } from './world.js';

export interface LeakCase {
  readonly name: string;
  /** How often it is done in a whole run and in a short one. */
  readonly operations: number;
  readonly shortOperations: number;
  /** Does it once. */
  readonly work: (world: World, number: number) => Promise<unknown>;
}

const SUBSCRIPTIONS = { operations: 100_000, shortOperations: 1_000 };
const FEWER_SUBSCRIPTIONS = { operations: 10_000, shortOperations: 400 };
const ACQUISITIONS = { operations: 10_000, shortOperations: 300 };

/** So many are done at a time, each at a place of its own. */
export const AT_ONCE = 50;

const patience = ({ signal }: World) => ({ signal, timeoutMs: 60_000 });
const place = (folder: string, number: number) => `/${folder}/${number % AT_ONCE}`;

export const cases: readonly LeakCase[] = [
  {
    name: 'node$',
    ...SUBSCRIPTIONS,
    work: (world, n) => firstValueFrom(world.prompt.node$(world.node(n))),
  },
  {
    name: 'children$',
    ...SUBSCRIPTIONS,
    work: (world, n) => firstValueFrom(world.prompt.children$(world.group(n))),
  },
  {
    name: 'node$, its watch kept for a while',
    ...SUBSCRIPTIONS,
    work: (world, n) => firstValueFrom(world.zk.node$(world.node(n))),
  },
  {
    name: 'data$ by switchMap, the first left at once',
    ...SUBSCRIPTIONS,
    work: (world, n) =>
      firstValueFrom(of(n, n + 1).pipe(switchMap((each) => world.prompt.data$(world.node(each))))),
  },
  {
    name: 'members$',
    ...SUBSCRIPTIONS,
    work: (world, n) => firstValueFrom(members$(world.prompt, world.group(n))),
  },
  {
    name: 'members$ by switchMap',
    ...SUBSCRIPTIONS,
    work: (world, n) =>
      firstValueFrom(
        of(n, n + 1).pipe(switchMap((each) => members$(world.prompt, world.group(each)))),
      ),
  },
  {
    name: 'config$',
    ...FEWER_SUBSCRIPTIONS,
    work: ({ prompt }) => firstValueFrom(config$(prompt, '/config', text, { fallback: '' })),
  },
  {
    name: 'leader$',
    ...FEWER_SUBSCRIPTIONS,
    work: ({ prompt }, n) => firstValueFrom(leader$(prompt, place('nobody', n))),
  },
  {
    name: 'permits$',
    ...FEWER_SUBSCRIPTIONS,
    work: ({ prompt }) => firstValueFrom(permits$(prompt, '/permits')),
  },
  {
    name: 'barrier, waited for',
    ...FEWER_SUBSCRIPTIONS,
    work: (world, n) => barrier(world.prompt, place('gate', n)).wait(patience(world)),
  },
  {
    name: 'lock',
    ...ACQUISITIONS,
    work: async (world, n) => {
      const hold = await acquireLock(world.zk, place('lock', n), patience(world));
      await hold.release();
    },
  },
  {
    name: 'lock, waited for and given up',
    ...ACQUISITIONS,
    work: async (world, n) => {
      const path = place('wanted', n);
      const hold = await acquireLock(world.zk, path, patience(world));
      const waiting = acquireLock(world.prompt, path, { ...patience(world), timeoutMs: 5 });
      await waiting.then(
        (got) => got.release(),
        () => {},
      );
      await tryLock(world.prompt, path, patience(world));
      await hold.release();
    },
  },
  {
    name: 'read-write lock',
    ...ACQUISITIONS,
    work: async (world, n) => {
      const lock = rwLock(world.zk, place('rw', n));
      const reader = await lock.read(patience(world));
      await reader.release();
      const writer = await lock.write(patience(world));
      await writer.release();
    },
  },
  {
    name: 'permits',
    ...ACQUISITIONS,
    work: async (world) => {
      const hold = await acquirePermits(world.zk, '/permits', patience(world));
      await hold.release();
    },
  },
  {
    name: 'election',
    ...ACQUISITIONS,
    work: ({ zk }, n) =>
      firstValueFrom(
        campaign$(zk, place('election', n), { id: 'x' }).pipe(
          filter(({ role }) => role === 'leader'),
        ),
      ),
  },
  {
    name: 'group, joined and left',
    ...ACQUISITIONS,
    work: async (world, n) => {
      const id = String(n % AT_ONCE);
      const membership = await joinGroup(world.zk, '/joined', { id, ...patience(world) });
      await membership.leave();
    },
  },
  {
    name: 'kept node',
    ...ACQUISITIONS,
    work: async ({ zk }, n) => {
      const kept = await keepNode(zk, place('kept', n), 'x');
      await kept.release();
    },
  },
  {
    name: 'double barrier of one',
    ...ACQUISITIONS,
    work: async (world, n) => {
      const double = doubleBarrier(world.zk, place('double', n), { size: 1 });
      const cohort = await double.enter(patience(world));
      await cohort.leave(patience(world));
    },
  },
  {
    name: 'counter',
    ...ACQUISITIONS,
    work: (world, n) => counter(world.zk, place('count', n)).add(1, patience(world)),
  },
];
