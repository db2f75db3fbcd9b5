/** What a recipe is shown as: a line that says how it stands, facts, and who takes part. */
import type { Stat } from '@vivarium/core';
import { isOurName } from '@vivarium/core/internal/layouts/made-by';
import { nodeKindOf } from '@vivarium/core/internal/layouts/node-kind';
import type { Recognised } from '@vivarium/core/internal/layouts/recognised';
import { plainTextIn } from '@vivarium/core/internal/layouts/stored-text';
import { childPath, visibleName } from '../paths.js';
import type { Entry, HiddenEntry } from './live-folder.js';

/** How a thing stands, for its colour; the words beside it say the same. */
export type Tone = 'held' | 'waits' | 'quiet' | 'bad';

/** Somebody who takes part, or something that lies there. */
export interface PartRow {
  /** Path of its node. */
  readonly path: string;
  readonly name: string;
  /** From 1; undefined where there is no order. */
  readonly place: number | undefined;
  readonly role: string;
  readonly tone: Tone;
  /** Who it says that it is: its id or its data. */
  readonly who: string;
  /** What else is to be said, a few words each. */
  readonly notes: readonly string[];
  /** The fencing token. */
  readonly token: bigint | undefined;
  readonly session: bigint | undefined;
  /** When its node was made, with the word for that; milliseconds since 1970. */
  readonly since: number | undefined;
  readonly did: 'came' | 'put' | 'taken' | 'made';
  readonly library: string | undefined;
  readonly changedAt: number;
}

export interface PartGroup {
  readonly title: string;
  readonly rows: readonly PartRow[];
  /** How many there are in all; more than there are rows when there are very many. */
  readonly count: number;
  /** What is said when there is none. */
  readonly none: string;
}

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface RecipeView {
  readonly headline: string;
  readonly tone: Tone;
  readonly facts: readonly Fact[];
  readonly groups: readonly PartGroup[];
}

/** A folder as it is now. */
export interface FolderState {
  readonly path: string;
  readonly names: readonly string[];
  readonly entries: ReadonlyMap<string, Entry | HiddenEntry>;
}

/** The node of a recipe as it is now. */
export interface RecipeState extends FolderState {
  readonly recognised: Recognised;
  readonly data: Uint8Array;
  readonly stat: Stat;
  readonly folders: ReadonlyMap<string, FolderState>;
}

const TEXT_MAX = 160;
const BYTES_MAX = 24;

/** Data as a short text; bytes that are no text in hexadecimal. */
export function shownData(data: Uint8Array): string {
  const text = plainTextIn(data);
  if (text !== undefined) {
    return visibleName(text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text);
  }
  const some = [...data.subarray(0, BYTES_MAX)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `0x${some.join('')}${data.length > BYTES_MAX ? '…' : ''}`;
}

/** The data that asks a holder to give back what it holds. */
const REVOKE = '__REVOKE__';

type Told = Partial<Omit<PartRow, 'path' | 'name'>> & Pick<PartRow, 'role' | 'tone'>;

/** A row for a child, with what its node tells; what is given goes before that. */
export function rowOf({ path, entries }: FolderState, name: string, told: Told): PartRow {
  const entry = entries.get(name);
  const known = entry === 'hidden' ? undefined : entry;
  const stat = known?.stat;
  const owner = stat?.ephemeralOwner;
  const isEphemeral = owner !== undefined && nodeKindOf(owner).kind === 'ephemeral';
  const isAsked = known !== undefined && plainTextIn(known.data) === REVOKE;
  const notes = [...(told.notes ?? [])];
  if (entry === 'hidden') notes.push('may not be read');
  if (isAsked) notes.push('asked to give it back');
  return {
    path: childPath(path, name),
    name,
    place: undefined,
    who: known === undefined || isAsked ? '' : shownData(known.data),
    token: undefined,
    session: isEphemeral ? owner : undefined,
    since: stat?.ctime,
    did: 'came',
    library: undefined,
    changedAt: known?.changedAt ?? 0,
    ...told,
    notes,
  };
}

/** When a child's node was made, its czxid: the fencing token of what is held by it. */
export function tokenOf({ entries }: FolderState, name: string): bigint | undefined {
  const entry = entries.get(name);
  return entry === undefined || entry === 'hidden' ? undefined : entry.stat.czxid;
}

/** Which library a name is of, by the session in it where ours and Curator's are alike. */
export function libraryOf(
  { entries }: FolderState,
  name: string,
  otherwise: string | undefined,
): string | undefined {
  const entry = entries.get(name);
  if (entry === undefined || entry === 'hidden') return otherwise;
  const isOurs = isOurName(name, entry.stat.ephemeralOwner);
  if (isOurs === undefined) return otherwise;
  return isOurs ? 'Vivarium' : 'Curator';
}

/** What somebody says of himself, or the end of the name of his node. */
export function calledBy(row: PartRow): string {
  return row.who === '' ? visibleName(row.name) : row.who;
}
