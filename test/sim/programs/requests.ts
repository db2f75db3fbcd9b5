/** Requests drawn by chance, over few paths, so that they meet. */
import type { Client, MultiOp } from '@vivarium/core';
import type { Random } from '@vivarium/core/internal/local/random';
import { accessLists } from '../judges/permissions.js';

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
  switch (random.between(0, 15)) {
    case 10:
    case 11:
    case 12:
    case 13:
      return guardedWrite(random, data);
    case 14:
    case 15:
      return briefWrite(random, data);
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

/** A node that not everybody may use, or below one. */
export function guardedPath(random: Random): string {
  return `/sim/a/${random.between(0, 1)}${random.pick(['', '', '/x'])}`;
}

function guardedWrite(random: Random, data: Uint8Array): MultiOp {
  const path = guardedPath(random);
  const version = random.chance(0.8) ? -1 : random.between(0, 2);
  switch (random.between(0, 6)) {
    case 0:
    case 1:
    case 6:
      return { op: 'create', path, data, acl: random.pick(accessLists) };
    case 2: {
      const mode = 'ephemeralSequential' as const;
      return { op: 'create', path: `${path}/n-`, data, mode, acl: random.pick(accessLists) };
    }
    case 3:
      return { op: 'set', path, data, version };
    case 4:
      return { op: 'check', path, version };
    default:
      return { op: 'delete', path, version };
  }
}

/** A node that the server removes by itself, or below one. */
function briefWrite(random: Random, data: Uint8Array): MultiOp {
  const path = `/sim/t/${random.between(0, 1)}`;
  switch (random.between(0, 5)) {
    case 0:
      return { op: 'create', path, data, mode: 'container' };
    case 1:
    case 2:
      return { op: 'create', path, data, mode: 'persistentTtl', ttlMs: random.between(1, 2_000) };
    case 3: {
      const mode = 'persistentSequentialTtl' as const;
      return { op: 'create', path: `${path}/n-`, data, mode, ttlMs: random.between(1, 2_000) };
    }
    case 4:
      return { op: 'create', path: `${path}/e`, data, mode: 'ephemeral' };
    default:
      return { op: 'set', path, data, version: -1 };
  }
}

/** One read of any kind. */
export function randomRead(random: Random, keys: number, zk: Client): Promise<unknown> {
  const path = `/sim/r/${random.between(0, keys - 1)}`;
  const folder = random.pick(['/sim/r', '/sim/e', '/sim/q', '/sim', guardedPath(random)]);
  switch (random.between(0, 9)) {
    case 8:
      return zk.getAcl(guardedPath(random));
    case 9:
      return zk.get(guardedPath(random));
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
      return zk.getEphemerals(random.pick(['/', '/sim/e', '/sim/e/1', '/sim/q/n', '/si']));
    case 6:
      return zk.allChildrenNumber(folder);
    default:
      return zk.multiRead([
        { op: 'get', path: random.pick([path, guardedPath(random)]) },
        { op: 'children', path: folder },
      ]);
  }
}
