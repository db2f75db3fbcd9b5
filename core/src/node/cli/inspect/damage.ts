import type { Zxid } from '../../../base/ids.js';
import { hexLong } from '../../../base/long.js';

/** What can be wrong with a file. */
export type DamageKind =
  /** The file has no bytes. */
  | 'empty'
  /** It ends within its header, or its header is all zeros. */
  | 'no-header'
  /** It begins with something else than a file of its kind does. */
  | 'not-this-kind'
  | 'unknown-version'
  /** What was compressed cannot be decompressed. */
  | 'compression'
  /** A record that was not written to its end. */
  | 'torn'
  /** A length that cannot be, or is not that of the bytes that are there. */
  | 'length'
  /** Bytes that do not match their checksum. */
  | 'checksum'
  /** The mark behind a record or section is missing, though its checksum matches. */
  | 'end-mark'
  /** Zeros where something was written before and after. */
  | 'zeros'
  /** Bytes that were never what belongs there. */
  | 'garbage'
  /** Sound bytes that no server can make sense of. */
  | 'meaningless'
  /** Transactions are missing between two sound records, or stand in the wrong order. */
  | 'gap'
  /** What was durable by the notes beside the file is not in it. */
  | 'lost'
  /** The file's name says something else than the file. */
  | 'name'
  /** The file ends too early. */
  | 'short'
  /** The tree is not the one that its digest was made of. */
  | 'digest';

/** One thing that is wrong with a file. */
export interface Damage {
  readonly kind: DamageKind;
  /** As the file was named. */
  readonly file: string;
  /** How the file is compressed, where the places count in what is in it. */
  readonly inside?: 'gzip' | 'snappy';
  /** Where it begins. */
  readonly offset: number;
  /** Where what is sound goes on, or the written part of the file ends. */
  readonly until: number;
  /** What is wrong, as the end of a sentence that begins with the place. */
  readonly what: string;
  /** Of a log: the number of the record, counted from 1, the damaged ones left out. */
  readonly record?: number;
  /** Of a log: the last sound transaction before it. */
  readonly zxidBefore?: Zxid | undefined;
  /** Of a log: the first sound transaction after it; absent when there is none. */
  readonly zxidAfter?: Zxid | undefined;
  /** What to do, in whole sentences. */
  readonly remedy: string;
}

/** Kinds that are about a file as a whole, or whose words name the place. */
const WHOLE: ReadonlySet<DamageKind> = new Set(['empty', 'not-this-kind', 'compression']);

/** A damage in one paragraph. */
export function damageText(damage: Damage): string {
  const { kind, file, inside, offset, record, zxidBefore, zxidAfter, what, remedy } = damage;
  if (WHOLE.has(kind)) return `${file}: ${what}. ${remedy}`;
  const parts: string[] = [];
  if (record !== undefined) parts.push(`record ${record}`);
  if (zxidBefore !== undefined) parts.push(`after ${hexLong(zxidBefore)}`);
  if (zxidAfter !== undefined) parts.push(`before ${hexLong(zxidAfter)}`);
  const where = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  const place = inside === undefined ? offset : `${offset} of what is in it (${inside})`;
  return `${file}: damaged at byte ${place}${where}: ${what}. ${remedy}`;
}

/** A damage for JSON. */
export function damageJson(damage: Damage): Record<string, unknown> {
  const { zxidBefore, zxidAfter, ...rest } = damage;
  const ids: Record<string, string> = {};
  if (zxidBefore !== undefined) ids.zxidBefore = hexLong(zxidBefore);
  if (zxidAfter !== undefined) ids.zxidAfter = hexLong(zxidAfter);
  return { damage: { ...rest, ...ids } };
}
