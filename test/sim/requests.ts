/** Requests drawn by chance, over few paths, so that they meet. */
import type { Client, MultiOp } from '@vivarium/core';
import type { Random } from '@vivarium/core/internal/local/random';

const encoder = new TextEncoder();

/** One write, or several for a multi; whatever they write begins with `payload`. */
export function randomWrites(random: Random, keys: number, payload: string): MultiOp[] {
  const count = random.chance(0.8) ? 1 : random.between(2, 4);
  return Array.from({ length: count }, () => randomWrite(random, keys, payload));
}

function randomWrite(random: Random, keys: number, payload: string): MultiOp {
  const path = `/sim/r/${random.between(0, keys - 1)}`;
  const version = random.chance(0.6) ? -1 : random.between(0, 3);
  const data = encoder.encode(payload);
  switch (random.between(0, 9)) {
    case 0:
    case 1:
    case 2:
      return { op: 'create', path, data, mode: random.pick(['persistent', 'ephemeral']) };
    case 3:
    case 4:
      return { op: 'set', path, data, version };
    case 5:
    case 6:
      return { op: 'delete', path, version };
    case 7: {
      const mode = random.pick(['persistentSequential', 'ephemeralSequential'] as const);
      return { op: 'create', path: random.pick(['/sim/q/n-', `${path}/n-`]), data, mode };
    }
    case 8:
      return { op: 'create', path: `/sim/e/${random.between(0, 3)}`, data, mode: 'ephemeral' };
    default:
      return { op: 'check', path, version };
  }
}

/** One read of any kind. */
export function randomRead(random: Random, keys: number, zk: Client): Promise<unknown> {
  const path = `/sim/r/${random.between(0, keys - 1)}`;
  const folder = random.pick(['/sim/r', '/sim/e', '/sim/q', '/sim']);
  switch (random.between(0, 7)) {
    case 0:
    case 1:
      return zk.get(path);
    case 2:
      return zk.exists(path);
    case 3:
      return zk.children(folder);
    case 4:
      return zk.sync();
    case 5:
      return zk.getEphemerals(random.pick(['/', '/sim/e']));
    case 6:
      return zk.allChildrenNumber(folder);
    default:
      return zk.multiRead([
        { op: 'get', path },
        { op: 'children', path: folder },
      ]);
  }
}
