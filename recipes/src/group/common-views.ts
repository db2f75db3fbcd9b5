import type { Client } from '@vivarium/core';
import type { GroupView } from './group-view.js';

/** The views that new subscribers may go along with: by group, then by codec. */
type Views = Map<string, Map<unknown, GroupView<unknown>>>;

const known = new WeakMap<Client, Views>();

/** What a view is shared by: all that look at one group, in one client, through one codec. */
export interface ViewKey {
  readonly zk: Client;
  readonly group: string;
  /** Undefined for the default. */
  readonly codec: unknown;
}

export function commonView<T>({ zk, group, codec }: ViewKey): GroupView<T> | undefined {
  const view = known.get(zk)?.get(group)?.get(codec);
  // Data of one codec is of one type.
  return view as GroupView<unknown> as GroupView<T> | undefined;
}

export function shareView<T>({ zk, group, codec }: ViewKey, view: GroupView<T>): void {
  const views: Views = known.get(zk) ?? new Map();
  known.set(zk, views);
  const ofGroup = views.get(group) ?? new Map<unknown, GroupView<unknown>>();
  views.set(group, ofGroup);
  ofGroup.set(codec, view as GroupView<unknown>);
}

/** Nobody goes along with it any more, if anybody could. */
export function forgetView<T>(key: ViewKey, view: GroupView<T>): void {
  if (commonView<T>(key) !== view) return;
  const views = known.get(key.zk);
  const ofGroup = views?.get(key.group);
  ofGroup?.delete(key.codec);
  if (ofGroup?.size === 0) views?.delete(key.group);
}
