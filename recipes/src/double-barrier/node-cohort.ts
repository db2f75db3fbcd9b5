import type { Acl, Client } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import type { Subscription } from 'rxjs';
import { RecipeError } from '../errors.js';
import type { NodeHold } from '../hold/node-hold.js';
import { deskOf } from '../shared/desk.js';
import { isPassing, wasCutOff } from '../shared/doubt.js';
import { namesIn } from '../shared/names-in.js';
import { nextChange } from '../shared/next-change.js';
import { childOf } from '../shared/paths.js';
import { patienceOf, type WaitOptions } from '../shared/patience.js';
import { pause } from '../shared/pause.js';
import { currentSession, sessionEnd } from '../shared/sessions.js';
import { type BarrierView, dissolution, lostOf, markOf, readBarrier } from './barrier-node.js';
import { brokenByUs } from './broken-by-us.js';
import type { Cohort } from './double-barrier.js';

/** What an entry brings along. */
interface Facts {
  readonly path: string;
  readonly onLoss: 'wait' | 'break';
  readonly acl: readonly Acl[] | undefined;
  readonly session: bigint;
  /** Name of our node. */
  readonly member: string;
  /** Watches over it. */
  readonly hold: NodeHold;
  /** What named us. */
  readonly view: BarrierView;
}

/**
 * Our part in a cohort. It ends by leaving or by breaking, whichever is first. What happened to
 * whom is never concluded from what we did but from what is in the tree: the node of a member, or
 * the mark of one who left, or neither of one who died.
 */
export class NodeCohort implements Cohort {
  readonly #zk: Client;
  readonly #facts: Facts;
  readonly #breaking = new AbortController();
  #losses: Subscription | undefined;
  /** Our node has been taken back, or may have been. */
  #isLeft = false;
  #isOver = false;
  #departure: Promise<void> | undefined;

  constructor(zk: Client, facts: Facts) {
    this.#zk = zk;
    this.#facts = facts;
    const { hold, onLoss } = facts;
    const lost = () => {
      if (!this.#isLeft) this.#break([this.member]);
    };
    if (hold.signal.aborted) lost();
    else hold.signal.addEventListener('abort', lost);
    if (onLoss === 'break' && !this.signal.aborted) this.#watchOthers();
  }

  get members(): readonly string[] {
    return this.#facts.view.cohort;
  }
  get member(): string {
    return this.#facts.member;
  }
  get generation(): number {
    return this.#facts.view.generation;
  }
  get signal(): AbortSignal {
    return this.#breaking.signal;
  }

  readonly leave = async (options: WaitOptions = {}): Promise<void> => {
    const patience = patienceOf(this.#zk, this.#facts.path, options);
    const either = new AbortController();
    const broken = () => either.abort(this.signal.reason);
    const impatient = () => either.abort(patience.signal.reason);
    try {
      this.signal.throwIfAborted();
      if (this.#isOver) return;
      this.signal.addEventListener('abort', broken);
      // Who has given up before does not look on any more.
      if (this.#losses?.closed === true) this.#watchOthers();
      if (patience.signal.aborted) impatient();
      else patience.signal.addEventListener('abort', impatient);
      await this.#leaveWith(either.signal);
      this.#isOver = true;
    } catch (error) {
      this.depart().catch(() => {});
      throw error;
    } finally {
      this.signal.removeEventListener('abort', broken);
      patience.signal.removeEventListener('abort', impatient);
      patience.end();
      if (this.#isOver) this.#stop();
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.signal.aborted) await this.depart();
    else await this.leave();
  }

  /** Takes our node back without waiting for the others. Resolves when a server has said so. */
  depart(): Promise<void> {
    this.#isLeft = true;
    this.#losses?.unsubscribe();
    this.#departure ??= this.#depart();
    return this.#departure;
  }

  async #depart(): Promise<void> {
    const { path, member, session, acl, hold } = this.#facts;
    const { cleanUps } = deskOf(this.#zk);
    try {
      await cleanUps.replace(session, childOf(path, member), markOf(path, member), acl);
    } finally {
      // Whether or not there may be a mark: the node must go.
      await hold.release();
    }
  }

  #stop(): void {
    this.#losses?.unsubscribe();
    this.#facts.hold.release().catch(() => {});
  }

  #break(lost: readonly string[], cause?: unknown): void {
    if (this.signal.aborted || this.#isOver) return;
    const { path, member } = this.#facts;
    let reason = `members of cohort ${this.generation} are lost: ${lost.join(', ')}`;
    if (lost.length === 0) reason = 'the other members cannot be watched';
    const ours = lost.includes(member) ? brokenByUs(path, member) : undefined;
    this.#breaking.abort(ours ?? new RecipeError('BROKEN_BARRIER', path, { reason, cause }));
    this.depart().catch(() => {});
  }

  /** Breaks the cohort when somebody of it has died. */
  #watchOthers(): void {
    const { path, view } = this.#facts;
    const losses = this.#zk.children$(path, { whileStale: 'wait' }).subscribe({
      next: (list) => {
        // From before we were counted.
        if (list.kind === 'absent' || list.asOf < view.mzxid) return;
        const lost = lostOf(view.cohort, list.children);
        if (lost.length === 0) return;
        // Marks go when the cohort has gone: it must still have been there after the list.
        readBarrier(this.#zk, path, { signal: this.signal }).then(
          (now) => {
            if (!losses.closed && this.#inForce(now) !== undefined) this.#break(lost);
          },
          (error: unknown) => {
            if (!losses.closed) this.#break([], error);
          },
        );
      },
      error: (error) => this.#break([], error),
    });
    this.#losses = losses;
    // Its first words may have come while it was being subscribed.
    if (this.signal.aborted) losses.unsubscribe();
  }

  /** The barrier's node as long as our cohort is the present one. */
  #inForce(now: BarrierView | undefined): BarrierView | undefined {
    const isOurs = now?.generation === this.generation && now.cohort.includes(this.member);
    return isOurs ? now : undefined;
  }

  async #leaveWith(signal: AbortSignal): Promise<void> {
    const { path, onLoss, view } = this.#facts;
    // Nobody looks before it leaves but the first, who stays, and who wants to know of losses.
    let isHasty = !this.#isLeft && onLoss === 'wait' && view.cohort[0] !== this.member;
    for (let isInDoubt = false, isTold = false; ; ) {
      const session = await currentSession(this.#zk, signal);
      try {
        if (isInDoubt) await this.#zk.sync(path, { signal });
        isInDoubt = false;
        // Whom we have waited for outside is gone: most often the last, and the cohort with it.
        if (isTold && this.#hasGone(await readBarrier(this.#zk, path, { signal }))) return;
        isTold = false;
        let nearest: string | undefined;
        if (isHasty) {
          isHasty = false;
          nearest = view.cohort[0]!;
          await this.#goAhead(signal);
        } else {
          // The list comes first: marks go when the cohort has gone.
          const names = await namesIn(this.#zk, path, { signal });
          const now = await readBarrier(this.#zk, path, { signal });
          if (this.#hasGone(now)) return;
          nearest = await this.#step(now!, names, signal);
        }
        if (nearest !== undefined) {
          await nextChange(this.#zk, session, childOf(path, nearest), signal);
          isTold = this.#isLeft;
        }
      } catch (error) {
        if (isZkError(error, 'SESSION_EXPIRED')) {
          await sessionEnd(this.#zk, session, signal);
        } else if (isZkError(error, 'BAD_VERSION', 'NO_NODE') || wasCutOff(error)) {
          isInDoubt = true;
        } else if (isPassing(error)) {
          isInDoubt = true;
          await pause(this.#zk, signal);
          signal.throwIfAborted();
        } else throw error;
      }
    }
  }

  /** Whether our cohort is over. @throws BROKEN_BARRIER when it ended in a way of our concern */
  #hasGone(now: BarrierView | undefined): boolean {
    if (this.#inForce(now) !== undefined) return false;
    this.#assertWell(now?.generation === this.generation ? now.lost : []);
    if (!this.#isLeft) this.#fail([this.member]);
    return true;
  }

  /** Leaves while others are inside, with a mark that we have not died. */
  async #goAhead(signal: AbortSignal): Promise<void> {
    const { path, member, acl } = this.#facts;
    this.#isLeft = true;
    const own = { op: 'delete', path: childOf(path, member) } as const;
    const mark = { op: 'create', path: markOf(path, member), acl } as const;
    await this.#zk.multi([own, mark], { signal });
  }

  /**
   * Does what is to be done, or names the member to wait for. The first of those who are inside
   * stays until it is alone, so that the others have one node to watch, which goes last.
   */
  async #step(
    view: BarrierView,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { path, member } = this.#facts;
    const lost = lostOf(view.cohort, names);
    this.#assertWell(lost);
    const known = new Set(names);
    const inside = view.cohort.filter((each) => known.has(each));
    const own = { op: 'delete', path: childOf(path, member) } as const;
    if (!inside.includes(member)) {
      if (inside.length > 0) return inside[0];
      const mark = { op: 'delete', path: markOf(path, member) } as const;
      await this.#zk.multi(dissolution(path, view, names, lost, mark), { signal });
      return undefined;
    }
    if (inside.length > 1 && inside[0] === member) return inside.at(-1);
    if (inside.length > 1) {
      await this.#goAhead(signal);
      return inside[0];
    }
    this.#isLeft = true;
    await this.#zk.multi(dissolution(path, view, names, lost, own), { signal });
    return undefined;
  }

  /** @throws BROKEN_BARRIER when those who died are of any concern to us */
  #assertWell(lost: readonly string[]): void {
    if (lost.length === 0) return;
    if (lost.includes(this.member) || this.#facts.onLoss === 'break') this.#fail(lost);
  }

  #fail(lost: readonly string[]): never {
    this.#break(lost);
    throw this.signal.reason;
  }
}
