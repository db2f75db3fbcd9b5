import { hex } from '../../../admin/facts.js';
import { javaDate } from '../../../admin/java-date.js';
import type { Acl, Stat } from '../../../client/api.js';
import { permissions } from '../../../wire/permissions.js';
import { UsageError } from './arguments.js';

/** A Stat in zkCli's lines; times are in UTC. */
export function statText(stat: Stat): string {
  return [
    `cZxid = 0x${hex(stat.czxid)}`,
    `ctime = ${javaDate(stat.ctime)}`,
    `mZxid = 0x${hex(stat.mzxid)}`,
    `mtime = ${javaDate(stat.mtime)}`,
    `pZxid = 0x${hex(stat.pzxid)}`,
    `cversion = ${stat.cversion}`,
    `dataVersion = ${stat.version}`,
    `aclVersion = ${stat.aversion}`,
    `ephemeralOwner = 0x${hex(stat.ephemeralOwner)}`,
    `dataLength = ${stat.dataLength}`,
    `numChildren = ${stat.numChildren}`,
  ].join('\n');
}

const LETTERS: readonly (readonly [letter: string, bit: number])[] = [
  ['c', permissions.create],
  ['d', permissions.delete],
  ['r', permissions.read],
  ['w', permissions.write],
  ['a', permissions.admin],
];

/** An ACL as zkCli prints it: two lines for each entry. */
export function aclText(acl: readonly Acl[]): string {
  return acl
    .map(({ id, perms }) => `'${id.scheme},'${id.id}\n: ${permissionLetters(perms)}`)
    .join('\n');
}

/** `cdrwa`, or fewer of them. */
export function permissionLetters(perms: number): string {
  return LETTERS.filter(([, bit]) => (perms & bit) !== 0)
    .map(([letter]) => letter)
    .join('');
}

/**
 * Reads `scheme:id:perms` entries between commas; an id may hold colons.
 *
 * @throws UsageError
 */
export function readAcl(text: string): Acl[] {
  return text.split(',').map(readAclEntry);
}

/** Reads one `scheme:id:perms`. @throws UsageError */
export function readAclEntry(entry: string): Acl {
  const first = entry.indexOf(':');
  const last = entry.lastIndexOf(':');
  if (first < 0 || first === last) {
    throw new UsageError(`${entry} does not have the form scheme:id:perm`);
  }
  let perms = 0;
  for (const letter of entry.slice(last + 1)) {
    const bit = LETTERS.find(([known]) => known === letter)?.[1];
    if (bit === undefined) throw new UsageError(`${letter} in ${entry} is none of c, d, r, w, a`);
    perms |= bit;
  }
  return { perms, id: { scheme: entry.slice(0, first), id: entry.slice(first + 1, last) } };
}

/** The reverse of {@link readAclEntry}. */
export function aclEntry({ id, perms }: Acl): string {
  return `${id.scheme}:${id.id}:${permissionLetters(perms)}`;
}

/** Names in brackets, as Java prints a list. */
export function listText(names: readonly string[]): string {
  return `[${names.join(', ')}]`;
}

/** Sixteen bytes a line in hexadecimal and ASCII, in a frame; nothing for no bytes. */
export function hexDump(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  const digits = (value: number, width: number) => value.toString(16).padStart(width, '0');
  const columns = Array.from({ length: 16 }, (_, at) => ` ${at.toString(16).padStart(2)}`).join('');
  const rule = `+${'-'.repeat(8)}+${'-'.repeat(49)}+${'-'.repeat(16)}+`;
  const lines = [`         +${'-'.repeat(49)}+`, `         |${columns} |`, rule];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hexes = row.map((byte) => ` ${digits(byte, 2)}`).join('');
    const ascii = row
      .map((byte) => (byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : '.'))
      .join('');
    lines.push(`|${digits(at, 8)}|${hexes.padEnd(48)} |${ascii.padEnd(16)}|`);
  }
  return [...lines, rule].join('\n');
}
