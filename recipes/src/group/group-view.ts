import type { Client, Codec } from '@vivarium/core';
import { Subscription } from 'rxjs';
import { childOf } from '../shared/paths.js';
import { MemberEntry } from './member-entry.js';
import type { Member } from './members.js';

/** The members of a group by id, in order. */
export type MemberMap<T> = ReadonlyMap<string, Member<T>>;

/** Who is told of a view's changes, and of its end. */
export interface Onlooker<T> {
  next(members: MemberMap<T>): void;
  error(error: unknown): void;
  complete(): void;
}

/** How a view looks at a group. */
export interface Look<T> {
  readonly codec: Codec<T>;
  readonly graceMs: number;
  /** Called once, when nobody is told any more. */
  readonly ended: () => void;
}

/**
 * Looks at a group, and puts together what all of its onlookers see: from the first that comes,
 * until the last has left.
 */
export class GroupView<T> {
  readonly #zk: Client;
  readonly #group: string;
  readonly #look: Look<T>;
  readonly #onlookers = new Set<Onlooker<T>>();
  readonly #entries = new Map<string, MemberEntry<T>>();
  #listing: Subscription = new Subscription();
  /** The list is not there yet, or being gone through. */
  #isListing = true;
  #told: MemberMap<T> | undefined;

  constructor(zk: Client, group: string, look: Look<T>) {
    this.#zk = zk;
    this.#group = group;
    this.#look = look;
  }

  /** Begins to look, for its first onlooker. */
  begin(onlooker: Onlooker<T>): void {
    this.#onlookers.add(onlooker);
    const listing = this.#zk.children$(this.#group).subscribe({
      next: (snapshot) => this.#listed(snapshot.kind === 'present' ? snapshot.children : []),
      error: (error) => this.#end((each) => each.error(error)),
      complete: () => this.#end((each) => each.complete()),
    });
    this.#listing = listing;
    // Whoever wanted only what was known already has left by now.
    if (this.#onlookers.size === 0) listing.unsubscribe();
  }

  /** One more onlooker, who is told at once what the others have been told last. */
  join(onlooker: Onlooker<T>): void {
    this.#onlookers.add(onlooker);
    if (this.#told !== undefined) onlooker.next(this.#told);
  }

  leave(onlooker: Onlooker<T>): void {
    if (this.#onlookers.delete(onlooker) && this.#onlookers.size === 0) this.#end();
  }

  /** Whether its onlookers have seen the very same. */
  shows(members: MemberMap<T>): boolean {
    return this.#told !== undefined && isSame(this.#told, [...members.values()]);
  }

  #listed(names: readonly string[]): void {
    const ids = new Set(names);
    const { codec, graceMs } = this.#look;
    this.#isListing = true;
    for (const [id, entry] of [...this.#entries]) {
      entry.listed(ids.has(id));
      if (entry.isOver) this.#entries.delete(id);
    }
    for (const id of ids) {
      if (this.#entries.has(id)) continue;
      const node$ = this.#zk.node$(childOf(this.#group, id), { codec });
      const changed = (entry: MemberEntry<T>) => this.#changed(entry);
      this.#entries.set(id, new MemberEntry(id, this.#zk.clock, graceMs, changed, node$));
    }
    this.#isListing = false;
    this.#tell();
  }

  #changed(entry: MemberEntry<T>): void {
    if (entry.isOver) this.#entries.delete(entry.id);
    this.#tell();
  }

  /** Tells everybody who is there, once all of them are known, if that is news. */
  #tell(): void {
    if (this.#isListing) return;
    const present: Member<T>[] = [];
    for (const { isKnown, member } of this.#entries.values()) {
      if (!isKnown) return;
      if (member !== undefined) present.push(member);
    }
    present.sort((a, b) => (a.id < b.id ? -1 : 1));
    if (this.#told !== undefined && isSame(this.#told, present)) return;
    const members = new Map(present.map((member) => [member.id, member]));
    this.#told = members;
    for (const onlooker of [...this.#onlookers]) {
      // One of them may have caused the next change, of which all have been told then.
      if (this.#told !== members) return;
      if (this.#onlookers.has(onlooker)) onlooker.next(members);
    }
  }

  #end(tell?: (onlooker: Onlooker<T>) => void): void {
    const onlookers = [...this.#onlookers];
    this.#onlookers.clear();
    this.#listing.unsubscribe();
    for (const entry of this.#entries.values()) entry.end();
    this.#look.ended();
    if (tell !== undefined) for (const onlooker of onlookers) tell(onlooker);
  }
}

/** Whether two looks at a member saw the same, whether or not it is away. */
export function isSameMember<T>(a: Member<T>, b: Member<T> | undefined): boolean {
  // Each reading of a node has a stat of its own.
  return a.id === b?.id && a.stat === b.stat && a.error === b.error;
}

function isSame<T>(before: MemberMap<T>, now: readonly Member<T>[]): boolean {
  if (before.size !== now.length) return false;
  return [...before.values()].every((member, index) => isSameMember(member, now[index]));
}
