import { permissions } from '../../../wire/permissions.js';
import type { Acl } from '../../../wire/records.js';
import type { DataForm } from './inspect-arguments.js';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Data as it stands in JSON: its length, and its content where that is asked for. */
export interface ShownData {
  readonly dataLength: number;
  /** Absent when only the length was asked for; null for null data. */
  readonly data?: string | null;
  /** Base64 in place of `text` for bytes that are no UTF-8. */
  readonly encoding?: DataForm;
}

/** Data for a reader of JSON. */
export function shownData(data: Uint8Array | null, form: DataForm | undefined): ShownData {
  const dataLength = data?.length ?? 0;
  if (form === undefined) return { dataLength };
  if (data === null) return { dataLength, data: null };
  const [encoding, text] = encoded(data, form);
  return { dataLength, data: text, encoding };
}

/** Data for a person: `12 bytes`, or the content, of which the form is told. */
export function dataText(data: Uint8Array | null, form: DataForm | undefined): string {
  if (data === null) return 'null';
  if (form === undefined) return `${data.length}B`;
  const [encoding, text] = encoded(data, form);
  return encoding === 'text' ? JSON.stringify(text) : `${encoding}:${text}`;
}

function encoded(data: Uint8Array, form: DataForm): readonly [DataForm, string] {
  if (form === 'text') {
    try {
      return ['text', strict.decode(data)];
    } catch {
      form = 'base64';
    }
  }
  return [form, Buffer.from(data.buffer, data.byteOffset, data.length).toString(form)];
}

/** A path in a line of words: in quotes when a word would not do. */
export function pathText(path: string): string {
  return /^[^\s"\p{C}]+$/u.test(path) ? path : JSON.stringify(path);
}

const LETTERS = [
  ['c', permissions.create],
  ['d', permissions.delete],
  ['r', permissions.read],
  ['w', permissions.write],
  ['a', permissions.admin],
] as const;

/** An ACL as `scheme:id:perms` entries, the form in which shells take it. */
export function aclWords(acl: readonly Acl[] | null): string {
  if (acl === null) return 'null';
  const entries = acl.map(({ perms, id }) => {
    const letters = LETTERS.filter(([, bit]) => (perms & bit) !== 0);
    return `${id.scheme}:${id.id}:${letters.map(([letter]) => letter).join('')}`;
  });
  return pathText(entries.join(','));
}

/** A time in ISO form, or the bare number where that has none. */
export function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms}ms` : date.toISOString();
}
