/** The operations of a multi and a multiRead as programs write them, and what comes of each. */
import type { CreateMode } from '../wire/create-modes.js';
import type { Acl, Stat } from '../wire/records.js';
import type { NodeData } from './api.js';

/** One write of a `Client.multi`: plain data, so that recipes can build and combine them. */
export type MultiOp = CreateOp | DeleteOp | SetOp | CheckOp;

export interface CreateOp {
  readonly op: 'create';
  readonly path: string;
  readonly data?: NodeData | undefined;
  readonly mode?: CreateMode | undefined;
  readonly acl?: readonly Acl[] | undefined;
  readonly ttlMs?: number | undefined;
}
export interface DeleteOp {
  readonly op: 'delete';
  readonly path: string;
  readonly version?: number | undefined;
}
export interface SetOp {
  readonly op: 'set';
  readonly path: string;
  readonly data: NodeData;
  readonly version?: number | undefined;
}
/** Lets the others happen only if the node exists and has this version. */
export interface CheckOp {
  readonly op: 'check';
  readonly path: string;
  readonly version?: number | undefined;
}

/** Result of one operation of a multi. */
export interface MultiCreated {
  readonly path: string;
  /** Servers before 3.9 do not tell it inside a multi. */
  readonly stat: Stat | undefined;
}
export type MultiResultOf<O> = O extends { readonly op: 'create' }
  ? MultiCreated
  : O extends { readonly op: 'set' }
    ? Stat
    : undefined;
export type MultiResults<T extends readonly MultiOp[]> = {
  readonly [I in keyof T]: MultiResultOf<T[I]>;
};

/** One read of a `Client.multiRead`. */
export type MultiReadOp =
  | { readonly op: 'get'; readonly path: string }
  | { readonly op: 'children'; readonly path: string };

/** Each read of a multiRead succeeds or fails by itself. */
export type MultiReadResultOf<O> =
  | (O extends { readonly op: 'children' }
      ? { readonly ok: true; readonly children: readonly string[] }
      : { readonly ok: true; readonly data: Uint8Array; readonly stat: Stat })
  | { readonly ok: false; readonly error: Error };
export type MultiReadResults<T extends readonly MultiReadOp[]> = {
  readonly [I in keyof T]: MultiReadResultOf<T[I]>;
};
