/** What transactions do, in words. */
import { bytesText, countText, plural, spanText } from '../format.js';
import type { Part, Transaction } from './past.js';

/** Kinds of transactions that can be chosen, and the types that they are made of. */
export const kinds = {
  created: ['create', 'create2', 'createContainer', 'createTTL'],
  changed: ['setData', 'reconfig'],
  ACL: ['setACL'],
  deleted: ['delete', 'deleteContainer'],
  sessions: ['createSession', 'closeSession'],
  failed: ['error'],
} as const;
export type Kind = keyof typeof kinds;
export const allKinds = Object.keys(kinds) as readonly Kind[];

/** The kind that a type is of; undefined for those of none. */
function kindOfType(type: string): Kind | undefined {
  return allKinds.find((kind) => (kinds[kind] as readonly string[]).includes(type));
}

/** What a dot in front of it shows. */
export function toneOf(row: Transaction, path: string): string {
  const { type, error } = row;
  if (error !== null) return 'failed';
  const first = type === 'multi' ? partOf(row, path)?.type : type;
  const kind = first === undefined ? undefined : kindOfType(first);
  if (kind === 'ACL') return 'changed';
  return kind ?? 'other';
}

/** The part that concerns a path, or else one below it, or else the first. */
export function partOf({ parts }: Transaction, path: string): Part | undefined {
  const below = path === '/' ? '/' : `${path}/`;
  const own = parts.find((part) => part.path === path);
  return own ?? parts.find((part) => part.path?.startsWith(below)) ?? parts[0];
}

/** What was done to one node: `changed`, and what more there is to say of it. */
export function partWords(part: Part): { readonly verb: string; readonly more: string } {
  const size = part.data === undefined ? '' : bytesText(part.data.length);
  const version = part.version === undefined ? '' : `version ${part.version}`;
  switch (kindOfType(part.type)) {
    case 'created': {
      const what =
        part.ephemeral === true
          ? 'ephemeral'
          : part.type === 'createContainer'
            ? 'container'
            : part.ttl === undefined
              ? ''
              : `to live for ${spanText(part.ttl)}`;
      return { verb: 'created', more: joined(what, size) };
    }
    case 'changed':
      return { verb: 'data changed', more: joined(version, size) };
    case 'ACL':
      return { verb: 'ACL changed', more: version };
    case 'deleted':
      return { verb: 'deleted', more: part.type === 'delete' ? '' : 'an empty container' };
    default:
      if (part.error !== undefined) {
        return { verb: part.error === 0 ? 'not done' : 'failed', more: `error ${part.error}` };
      }
      return { verb: part.type === 'check' ? 'checked' : part.type, more: version };
  }
}

function joined(...words: readonly string[]): string {
  return words.filter(Boolean).join(', ');
}

/** A transaction in a line: what, to which path, and what more there is to say. */
export interface Told {
  readonly verb: string;
  readonly path: string | undefined;
  readonly more: string;
}

/**
 * A whole transaction in a line.
 *
 * @param path whose history it is: of several parts the one that concerns it, or lies below it
 */
export function toldOf(row: Transaction, path: string): Told {
  const { type, error, part_count: count } = row;
  if (type === 'createSession') {
    const timeout = row.timeout === undefined ? '' : `timeout ${row.timeout / 1000} s`;
    return { verb: 'session began', path: undefined, more: timeout };
  }
  if (type === 'closeSession') {
    const more = count === 0 ? '' : plural(count, 'ephemeral node went', 'ephemeral nodes went');
    return { verb: 'session ended', path: undefined, more };
  }
  if (error !== null) {
    const what = type === 'multi' ? `multi of ${countText(count)} failed` : 'request failed';
    return { verb: what, path: undefined, more: errorText(row) };
  }
  const first = partOf(row, path);
  if (first === undefined) return { verb: type, path: undefined, more: '' };
  const { verb, more } = partWords(first);
  if (type !== 'multi') return { verb, path: first.path, more };
  const others = count > 1 ? `and ${countText(count - 1)} more` : '';
  return { verb: `multi: ${verb}`, path: first.path, more: others };
}

/** Why a request failed, by the name that ZooKeeper gives it. */
export function errorText({ error, error_name: name }: Transaction): string {
  return name === null ? `error ${error}` : `${name} (${error})`;
}
