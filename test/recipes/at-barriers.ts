/** What tests of barriers do to those who stand there. */
import type { Client, MultiOp } from '@vivarium/core';
import type { Person, Stage } from './world.js';

/** Resolves when so many members stand at the barrier. */
export async function untilMembers(zk: Client, path: string, count: number): Promise<void> {
  for (;;) {
    await zk.sync();
    const stat = await zk.exists(path);
    const names = stat === undefined ? [] : (await zk.children(path)).children;
    if (names.filter((name) => /^_c_.*-m--?\d+$/.test(name)).length === count) return;
  }
}

/** As many people as are asked for. */
export async function peopleOf({ person }: Stage, count: number): Promise<Person[]> {
  return Promise.all(Array.from({ length: count }, () => person()));
}

/** Ends for good: the session at the server, and the client's way to it. */
export async function kill({ faults }: Person): Promise<void> {
  faults.partition();
  await faults.endSession();
}

/** The client, which calls `then` before it makes a member, or sends a transaction of `ops`. */
export function atNext(
  { zk }: Person,
  operation: 'create' | 'multi',
  then: (ops: readonly MultiOp[]) => void,
): Client {
  const create: Client['create'] = (path, data, options) => {
    if (operation === 'create' && options?.mode === 'ephemeralSequential') then([]);
    return zk.create(path, data, options);
  };
  const multi: Client['multi'] = (ops, options) => {
    if (operation === 'multi') then(ops);
    return zk.multi(ops, options);
  };
  return new Proxy(zk, {
    get(target, key) {
      if (key === 'create') return create;
      return key === 'multi' ? multi : Reflect.get(target, key, target);
    },
  });
}
