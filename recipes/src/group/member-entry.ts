import type { ClientClock, NodeSnapshot } from '@vivarium/core';
import type { Observable, Subscription } from 'rxjs';
import type { Member } from './members.js';

/** What an observer knows of one member: kept while it is listed, and for its time of grace. */
export class MemberEntry<T> {
  readonly id: string;
  /** The member to show, if there is one. */
  member: Member<T> | undefined;
  /** Whether its node has been read. */
  isKnown = false;
  readonly #clock: ClientClock;
  readonly #graceMs: number;
  readonly #changed: (entry: MemberEntry<T>) => void;
  readonly #node$: Observable<NodeSnapshot<T>>;
  #subscription: Subscription;
  /** Its node may not be read, which has ended the subscription. */
  #isHidden = false;
  #isListed = true;
  #stopGrace: (() => void) | undefined;

  constructor(
    id: string,
    clock: ClientClock,
    graceMs: number,
    changed: (entry: MemberEntry<T>) => void,
    node$: Observable<NodeSnapshot<T>>,
  ) {
    this.id = id;
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#changed = changed;
    this.#node$ = node$;
    this.#subscription = this.#look();
  }

  /** Whether there is nothing left to know of it. */
  get isOver(): boolean {
    return !this.#isListed && this.member === undefined;
  }

  /** Whether the group's list has it now. */
  listed(isListed: boolean): void {
    if (this.#isListed && !isListed) this.#vanished();
    this.#isListed = isListed;
    if (this.isOver) {
      this.end();
    } else if (isListed && this.#isHidden) {
      // The list has changed: another node may have taken its place.
      this.#isHidden = false;
      this.#subscription = this.#look();
    }
  }

  end(): void {
    this.#stopGrace?.();
    this.#stopGrace = undefined;
    this.#subscription.unsubscribe();
  }

  #look(): Subscription {
    return this.#node$.subscribe({
      next: (snapshot) => this.#seen(snapshot),
      // Its data may not be read, though it is there.
      error: (error: unknown) => {
        this.#isHidden = true;
        const isAsBefore = this.member?.stat === undefined && this.member?.isAway === false;
        if (!isAsBefore) this.#appeared({ data: undefined, error, stat: undefined });
      },
    });
  }

  #seen(snapshot: NodeSnapshot<T>): void {
    if (snapshot.kind === 'present') {
      this.#appeared({ data: snapshot.data, error: undefined, stat: snapshot.stat });
    } else if (snapshot.kind === 'invalid') {
      this.#appeared({ data: undefined, error: snapshot.error, stat: snapshot.stat });
    } else {
      this.isKnown = true;
      this.#vanished();
      this.#changed(this);
    }
  }

  #appeared(what: Pick<Member<T>, 'data' | 'error' | 'stat'>): void {
    this.isKnown = true;
    this.#stopGrace?.();
    this.#stopGrace = undefined;
    this.member = { id: this.id, ...what, isAway: false };
    this.#changed(this);
  }

  #vanished(): void {
    if (this.member === undefined || this.member.isAway) return;
    if (this.#graceMs <= 0) {
      this.member = undefined;
      return;
    }
    // Not told by itself: who comes back in time was never gone for those who asked for grace.
    const away = { ...this.member, isAway: true };
    this.member = away;
    this.#stopGrace = this.#clock.setTimer(this.#graceMs, () => {
      this.#stopGrace = undefined;
      this.member = undefined;
      if (this.isOver) this.end();
      this.#changed(this);
    });
  }
}
