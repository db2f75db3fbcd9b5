import type { Client } from '@vivarium/core';
import { type Subscriber, Subscription } from 'rxjs';
import { joinGroup, type Membership } from '../group/join-group.js';
import { type Member, members$ } from '../group/members.js';
import type { NodeHold } from '../hold/node-hold.js';
import { lockQueue } from '../lock/lock-queues.js';
import { contend } from '../shared/contend.js';
import { isPassing } from '../shared/doubt.js';
import { childOf } from '../shared/paths.js';
import { pause } from '../shared/pause.js';
import { type OwnPartition, partitionOf } from './partition.js';
import type { Partitions, PartitionsOptions } from './partitions.js';
import { shareOf } from './share-of.js';

const NOTHING: ReadonlySet<string> = new Set();

/**
 * One member at work. What should be (its share by the newest list of members) is compared with
 * what is (partitions held and asked for), whenever either has changed.
 */
export class PartitionWorker {
  readonly #zk: Client;
  readonly #path: string;
  readonly #options: PartitionsOptions;
  readonly #subscriber: Subscriber<Partitions>;
  readonly #subscriptions = new Subscription();
  /** Ends the joining. */
  readonly #ending = new AbortController();
  #membership: Membership | undefined;
  #members: ReadonlyMap<string, Member> = new Map();
  /** Our share as soon as the list has our own node. */
  #share = NOTHING;
  readonly #held = new Map<string, OwnPartition>();
  /** Requests for locks that are under way. */
  readonly #asked = new Map<string, AbortController>();
  /** Emissions: the first is being told. */
  readonly #words: (() => void)[] = [];
  #hasBegun = false;
  #isLeaving = false;
  /** Settles when our node in the group is gone. */
  #left: Promise<void> | undefined;
  #isOver = false;

  constructor(
    zk: Client,
    path: string,
    options: PartitionsOptions,
    subscriber: Subscriber<Partitions>,
  ) {
    this.#zk = zk;
    this.#path = path;
    this.#options = options;
    this.#subscriber = subscriber;
  }

  begin(): void {
    const { signal } = this.#options;
    if (signal?.aborted === true) {
      this.#complete();
      return;
    }
    signal?.addEventListener('abort', this.#leave);
    this.#join().catch(this.#fail);
  }

  /** Lets go of everything at once. */
  withdraw(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.signal?.removeEventListener('abort', this.#leave);
    this.#ending.abort();
    this.#subscriptions.unsubscribe();
    for (const request of this.#asked.values()) request.abort();
    for (const { partition } of this.#held.values()) partition.release().catch(() => {});
    this.#membership?.leave().catch(() => {});
  }

  async #join(): Promise<void> {
    const { id, acl, onDuplicate, graceMs } = this.#options;
    const { signal } = this.#ending;
    const group = childOf(this.#path, 'members');
    const membership = await this.#insist(
      () => joinGroup(this.#zk, group, { id, acl, onDuplicate, signal }),
      signal,
    );
    if (this.#isOver || this.#isLeaving) {
      await membership.leave();
      return;
    }
    this.#membership = membership;
    this.#subscriptions.add(
      membership.status$.subscribe({
        next: this.#compare,
        error: this.#fail,
        complete: () => {
          if (!this.#isLeaving) this.#complete();
        },
      }),
    );
    this.#subscriptions.add(
      members$(this.#zk, group, { graceMs }).subscribe({
        next: (members) => {
          this.#members = members;
          this.#share = shareOf(this.#options.partitions, [...members.keys()], id);
          this.#compare();
        },
        error: this.#fail,
      }),
    );
  }

  /** A server in trouble is asked again. */
  async #insist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (signal.aborted || !isPassing(error)) throw error;
        await pause(this.#zk, signal);
      }
    }
  }

  /** What we have to work on now: nothing as long as the list has no node of our session. */
  get #wanted(): ReadonlySet<string> {
    const session = this.#zk.session?.id;
    const owner = this.#members.get(this.#options.id)?.stat?.ephemeralOwner;
    const isMember = session !== undefined && owner === session;
    return isMember && !this.#isLeaving ? this.#share : NOTHING;
  }

  readonly #compare = (): void => {
    if (this.#isOver) return;
    const wanted = this.#wanted;
    if (!this.#hasBegun && wanted !== NOTHING) {
      this.#hasBegun = true;
      this.#tell({});
    }
    for (const [name, request] of this.#asked) if (!wanted.has(name)) request.abort();
    const revoked: OwnPartition[] = [];
    for (const [name, own] of this.#held) {
      if (wanted.has(name) || own.isRevoked) continue;
      own.isRevoked = true;
      revoked.push(own);
    }
    if (revoked.length > 0) this.#tell({ revoked: revoked.map(({ partition }) => partition) });
    for (const own of revoked) own.revoke();
    // Those who were told may have done anything meanwhile.
    if (this.#isOver) return;
    for (const name of this.#wanted) {
      if (!this.#held.has(name) && !this.#asked.has(name)) this.#ask(name);
    }
    this.#perhapsLeft();
  };

  #ask(name: string): void {
    const { id, acl } = this.#options;
    const request = new AbortController();
    const { signal } = request;
    const parent = childOf(childOf(this.#path, 'partitions'), name);
    this.#asked.set(name, request);
    this.#insist(
      () => contend(this.#zk, { queue: lockQueue, parent, data: id, acl, signal }),
      signal,
    ).then(
      (hold) => {
        this.#asked.delete(name);
        // Only a contest that does not wait ends without a hold.
        if (hold !== undefined) this.#granted(name, hold);
      },
      (error: unknown) => {
        this.#asked.delete(name);
        if (signal.aborted) this.#compare();
        else this.#fail(error);
      },
    );
  }

  #granted(name: string, hold: NodeHold): void {
    if (this.#isOver || !this.#wanted.has(name) || !hold.isCertain()) {
      hold.release().catch(() => {});
      this.#compare();
      return;
    }
    const own = partitionOf(name, hold);
    this.#held.set(name, own);
    this.#tell({ added: [own.partition] });
    hold.status$.subscribe({ complete: () => this.#ended(own) });
  }

  #ended({ partition }: OwnPartition): void {
    this.#held.delete(partition.name);
    if (this.#isOver) return;
    this.#tell({ ended: [partition] });
    this.#compare();
  }

  readonly #leave = (): void => {
    this.#isLeaving = true;
    this.#ending.abort();
    this.#left = this.#membership?.leave() ?? Promise.resolve();
    this.#left.then(() => this.#perhapsLeft(), this.#fail);
    this.#compare();
  };

  /** Ends the stream when there is nothing left to give up. */
  #perhapsLeft(): void {
    if (this.#left === undefined || this.#held.size > 0 || this.#asked.size > 0) return;
    this.#left.then(() => this.#complete(), this.#fail);
  }

  #tell(change: Partial<Omit<Partitions, 'held'>>): void {
    const held = new Map([...this.#held].map(([name, { partition }]) => [name, partition]));
    this.#say(() => this.#subscriber.next({ held, added: [], revoked: [], ended: [], ...change }));
  }

  /** What comes about while something is told is told after it, to everybody in one order. */
  #say(word: () => void): void {
    this.#words.push(word);
    if (this.#words.length > 1) return;
    for (let next: typeof word | undefined = word; next !== undefined; next = this.#words[0]) {
      next();
      this.#words.shift();
    }
  }

  readonly #fail = (error: unknown): void => {
    if (this.#isOver) return;
    // What was being asked for when we began to leave, or when the client was closed, is no error.
    const isEnd = this.#isLeaving && this.#membership === undefined;
    if (isEnd || this.#zk.state.type === 'closed') {
      this.#complete();
      return;
    }
    this.withdraw();
    this.#say(() => this.#subscriber.error(error));
  };

  #complete(): void {
    if (this.#isOver) return;
    this.withdraw();
    this.#say(() => this.#subscriber.complete());
  }
}
