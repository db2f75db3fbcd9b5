/** The shapes that `--json` answers are made of. They grow, but nothing in them changes. */
import { hex } from '../../../admin/facts.js';
import type { Acl, Stat } from '../../../client/api.js';
import { permissionLetters } from './format.js';

/** A Stat: ids as `0x…` texts, which JSON's numbers do not hold; times in ISO 8601. */
export function statShape(stat: Stat): object {
  return {
    czxid: `0x${hex(stat.czxid)}`,
    mzxid: `0x${hex(stat.mzxid)}`,
    pzxid: `0x${hex(stat.pzxid)}`,
    ctime: timeShape(stat.ctime),
    mtime: timeShape(stat.mtime),
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: `0x${hex(stat.ephemeralOwner)}`,
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
  };
}

/** A time in ISO 8601, in UTC; the number itself where it is none that a calendar has. */
export function timeShape(wall: number): string | number {
  return Math.abs(wall) <= 8.64e15 ? new Date(wall).toISOString() : wall;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A node's data: text where it is UTF-8, else base64; `null` for none at all. */
export function dataShape(bytes: Uint8Array | null): {
  readonly data: string | null;
  readonly encoding?: 'base64';
} {
  if (bytes === null) return { data: null };
  try {
    return { data: utf8.decode(bytes) };
  } catch {
    return { data: Buffer.from(bytes).toString('base64'), encoding: 'base64' };
  }
}

/** An ACL, with permissions in zkCli's letters. */
export function aclShape(acl: readonly Acl[]): readonly object[] {
  return acl.map(({ id, perms }) => ({
    scheme: id.scheme,
    id: id.id,
    perms: permissionLetters(perms),
  }));
}
