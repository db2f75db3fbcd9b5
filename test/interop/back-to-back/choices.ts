/** The pools that requests are made from: good values, and every kind of bad one. */
import { utf8 } from '@vivarium/core/internal/base/bytes';
import type { Acl } from '@vivarium/core/internal/wire/records';
import type { Random } from './random.js';

/** Everything below one of these belongs to a run. */
const ROOTS = ['/a', '/b', '/q'];
const NAMES = ['x', 'y', '__proto__', '10', 'ü'];

const BAD_PATHS = [
  '',
  'a',
  'a/b',
  '//',
  '/a/',
  '/a//x',
  '/a/./x',
  '/a/../x',
  '/.',
  '/a/..',
  '/a/x\u0000',
  '/a/\u0001',
  '/a/\u007f',
  '/a/\u009f',
  '/a/\ue000',
  '/a/\uf8ff',
  '/a/\ufff0',
  '/a/\ufffd',
  '/a/\u{1f600}',
];
const SYSTEM_PATHS = ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config', '/zookeeper/no'];

/** Legal though they look odd. */
const ODD_PATHS = ['/constructor', '/a/...', '/a/ ', '/a/%2e%2e', '/a/\u00a0', '/a/\ud7ff', '/A'];

/** A path that the tree could hold. */
export function goodPath(random: Random): string {
  const root = random.pick(ROOTS);
  const depth = random.weighted([
    [4, 0],
    [6, 1],
    [2, 2],
  ] as const);
  let path = root;
  for (let i = 0; i < depth; i++) path += `/${random.pick(NAMES)}`;
  return path;
}

/** A path right below one of `known`, where a node can be made. */
export function childPath(random: Random, known: readonly string[]): string {
  const parent = random.pick(known.length === 0 ? ROOTS : known);
  return `${parent === '/' ? '' : parent}/${random.pick(NAMES)}`;
}

/** Any path: mostly one of `known`, else a possible one, at times one that is odd or wrong. */
export function anyPath(random: Random, known: readonly string[]): string {
  const kind = random.weighted([
    [12, 'known'],
    [8, 'good'],
    [1, 'bad'],
    [1, 'system'],
    [1, 'odd'],
  ] as const);
  if (kind === 'known' && known.length > 0) return random.pick(known);
  if (kind === 'bad') return random.pick(BAD_PATHS);
  if (kind === 'system') return random.pick(SYSTEM_PATHS);
  if (kind === 'odd') return random.pick(ODD_PATHS);
  return goodPath(random);
}

/** Credentials that runs use; the last is the super user of the test configuration. */
export const credentials = ['ann:secret', 'bob:word', 'super:admin'] as const;
/** `zookeeper.DigestAuthenticationProvider.superDigest` that makes `super:admin` the super user. */
export const SUPER_DIGEST = 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs=';
/** SHA-1 ids of the first two credentials, as ACLs name them. */
const ANN = 'ann:7RJfAeIvrl4zdj6sS2fXrQHDvHM=';

/** What a run begins with. */
export const firstPaths: readonly string[] = ROOTS;

const entry = (perms: number, scheme: string, id: string): Acl => ({ perms, id: { scheme, id } });
export const OPEN = [entry(31, 'world', 'anyone')];

const ACLS: readonly (readonly [number, readonly Acl[] | null])[] = [
  [70, OPEN],
  [2, [entry(1, 'world', 'anyone')]],
  [1, [entry(30, 'world', 'anyone')]],
  [1, [entry(27, 'world', 'anyone')]],
  [1, [entry(23, 'world', 'anyone')]],
  [1, [entry(29, 'world', 'anyone')]],
  [2, [entry(31, 'digest', ANN)]],
  [1, [entry(31, 'digest', 'nobody:x'), entry(1, 'world', 'anyone')]],
  [2, [entry(31, 'auth', '')]],
  [1, [entry(31, 'auth', 'ignored'), entry(1, 'world', 'anyone')]],
  [1, [entry(31, 'ip', '127.0.0.1')]],
  [1, [entry(31, 'ip', '127.0.0.0/8'), entry(1, 'ip', '10.0.0.0/8')]],
  [1, [entry(31, 'ip', '10.1.2.3')]],
  [1, [...OPEN, ...OPEN]],
  [1, [entry(0, 'world', 'anyone')]],
  [1, [entry(255, 'world', 'anyone')]],
  [1, [entry(-1, 'world', 'anyone')]],
];

const BAD_ACLS: readonly (readonly Acl[] | null)[] = [
  [],
  null,
  [entry(31, 'world', 'someone')],
  [entry(31, 'nothing', 'x')],
  [entry(31, '', '')],
  [entry(31, 'digest', 'nocolon')],
  [entry(31, 'digest', 'a:b:c')],
  [entry(31, 'ip', '1.2.3')],
  [entry(31, 'ip', '1.2.3.4/33')],
  [entry(31, 'ip', 'host')],
  [entry(31, 'super', '')],
  [...OPEN, entry(31, 'nothing', 'x')],
];

/** Any ACL; with `readable` every good one lets everybody read. */
export function anyAcl(random: Random, readable: boolean): readonly Acl[] | null {
  if (random.chance(0.05)) return random.pick(BAD_ACLS);
  const acl = random.weighted(ACLS);
  return readable && acl !== null ? [...acl, entry(1, 'world', 'anyone')] : acl;
}

export function anyData(random: Random): Uint8Array | null {
  return random.weighted<() => Uint8Array | null>([
    [6, () => utf8(`v${random.below(1000)}`)],
    [2, () => new Uint8Array(0)],
    [1, () => null],
    [1, () => random.bytes(random.below(300))],
  ])();
}

/** A data or ACL version to ask for: mostly any, or one that may be right. */
export function anyVersion(random: Random): number {
  return random.weighted([
    [6, -1],
    [3, 0],
    [2, 1],
    [1, 2],
    [1, 7],
    [1, -2],
    [1, 0x7fff_ffff],
    [1, -0x8000_0000],
  ] as const);
}

/** Text of a quota's limits that every release can read. */
export function quotaText(random: Random): string {
  return random.pick([
    'count=3,bytes=-1',
    'count=-1,bytes=20',
    'count=2,bytes=10=;byteHardLimit=30;countHardLimit=4',
    'count=-1,bytes=-1=;byteHardLimit=12;countHardLimit=-1',
    'count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2',
    'count=1000,bytes=1000',
  ]);
}
