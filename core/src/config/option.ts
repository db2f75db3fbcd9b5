import type { Kind } from './option-kinds.js';

/**
 * One option that Vivarium supports: a row of the option tables. The table's property name is the
 * name inside the program; `key` is the one in `zoo.cfg`, where `zookeeper.` may stand before it.
 */
export interface Option<T> {
  readonly key: string;
  readonly kind: Kind<NonNullable<T>>;
  /** `undefined` means not set; some values are then derived, see `completeConfig`. */
  readonly default: T;
  /** One to three sentences for the reference: what it does, and what differs from ZooKeeper. */
  readonly doc: string;
}

/** What the rows of a table are worth: each property with its option's type. */
export type ValuesOf<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<infer T> ? T : never;
};

/** A row whose value is always there. */
export function option<T>(
  row: Omit<Option<T>, 'kind'> & { readonly kind: Kind<NonNullable<T>> },
): Option<T> {
  return row;
}

/** A row that may have no value. */
export function optional<T>(row: {
  readonly key: string;
  readonly kind: Kind<NonNullable<T>>;
  readonly doc: string;
}): Option<T | undefined> {
  return { key: row.key, kind: row.kind, default: undefined, doc: row.doc };
}
