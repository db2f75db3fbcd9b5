import { eventTypes, watcherTypes } from '../wire/events.js';
import { WatchesRequest } from '../wire/records.js';
import { encode } from '../wire/types.js';
import { requestOf } from './call.js';
import type { Driver, Waiter } from './driver.js';
import type { EntryKind, Sink, Subscription } from './hub-entry.js';
import { HubEntry, isOlder, isSameState } from './hub-entry.js';
import type { PathReadResult } from './path-read.js';
import { readPath } from './path-read.js';

/** How long to wait before a read is asked again that said nothing about its path. */
const RETRY_MS = 200;
/** Longest spread of re-reads after a reconnect, and what each watched path adds to it. */
const MAX_SPREAD_MS = 1_000;
const SPREAD_PER_ENTRY_MS = 1;

export interface HubSettings {
  readonly graceMs: number;
  readonly maxConcurrentReads: number;
  readonly auditMs: number | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Whether one-shot listeners of the program rely on a server watch too. */
  readonly isUsedElsewhere: (path: string, kind: EntryKind) => boolean;
}

/** What {@link Hub.stats} counts. */
export interface HubStats {
  readonly entries: number;
  readonly subscribers: number;
  readonly armed: number;
  readonly dirty: number;
  readonly reading: number;
}

/**
 * Keeps every watched path up to date for all who subscribed to it, over one-shot watches.
 *
 * Reading a path and watching it is one request, so nothing can change between the two. An event
 * makes the entry dirty; dirty means that a read is owed, and stays until one has succeeded, across
 * lost connections and sessions. There is never more than one read of a path on its way: an event
 * during a read causes exactly one more. Only entries that are armed and clean are believed.
 */
export class Hub {
  readonly #driver: Driver;
  readonly #settings: HubSettings;
  readonly #entries: Readonly<Record<EntryKind, Map<string, HubEntry>>> = {
    data: new Map(),
    children: new Map(),
  };
  /** Dirty entries in the order in which they became so. */
  readonly #owed = new Set<HubEntry>();
  #reading = 0;
  #isConnected = false;
  #isReadOnly = false;
  /** Events reach us, and those missed in between have been told. */
  #isLive = false;
  #isClosed = false;
  #quietUntil = Number.NEGATIVE_INFINITY;
  #stopQuiet: (() => void) | undefined;
  #stopAudit: (() => void) | undefined;

  constructor(driver: Driver, settings: HubSettings) {
    this.#driver = driver;
    this.#settings = settings;
    this.#planAudit();
  }

  /** Subscribes; the returned function unsubscribes. A state known to be current comes at once. */
  attach(path: string, kind: EntryKind, sink: Sink): () => void {
    if (this.#isClosed) {
      sink.complete();
      return () => {};
    }
    const entry = this.#entries[kind].get(path) ?? new HubEntry(path, kind);
    this.#entries[kind].set(path, entry);
    entry.stopGrace?.();
    entry.stopGrace = undefined;
    entry.released = false;
    const subscription: Subscription = {
      sink,
      told: undefined,
      toldFresh: false,
      since: entry.reads,
    };
    entry.subscriptions.add(subscription);
    if (!entry.isClean) this.#owe(entry);
    this.#tell(entry, subscription, false);
    return () => this.#leave(entry, subscription);
  }

  /* What the session tells. */

  /** @param isReadOnly the server is cut off from its ensemble: changes may pass it by unseen */
  connected(isReadOnly: boolean): void {
    this.#isConnected = true;
    this.#isReadOnly = isReadOnly;
  }

  disconnected(): void {
    this.#isConnected = false;
    if (!this.#isLive) return;
    this.#isLive = false;
    this.#tellAll();
  }

  /** Watches of earlier connections are set again, and what changed meanwhile has been told. */
  rearmed(complete: boolean): void {
    const armed = [...this.#all()].filter((entry) => entry.armed !== undefined);
    if (!complete) {
      for (const entry of armed) this.#disarm(entry);
    }
    // Every client of a server that went away comes back at the same moment.
    const spreadMs = Math.min(MAX_SPREAD_MS, (armed.length - 1) * SPREAD_PER_ENTRY_MS);
    if (spreadMs > 0) {
      this.#quietUntil = this.#driver.clock.now() + this.#settings.random() * spreadMs;
    }
    this.#isLive = true;
    this.#tellAll();
    this.#pump();
  }

  fired(event: number, path: string): void {
    const data = this.#entries.data.get(path);
    const children = this.#entries.children.get(path);
    if (data !== undefined && event !== eventTypes.nodeChildrenChanged) this.#disarm(data);
    // A list of children that is absent waits for the creation of its node.
    if (children !== undefined && event !== eventTypes.nodeDataChanged) this.#disarm(children);
  }

  /** The program is about to remove watches by hand: entries that rely on them set theirs again. */
  disturbed(path: string, kinds: readonly EntryKind[]): void {
    for (const entry of [this.#entries.data.get(path), this.#entries.children.get(path)]) {
      if (entry === undefined) continue;
      if (entry.isReading) entry.again = true;
      if (entry.armed !== undefined && kinds.includes(entry.armed)) this.#disarm(entry);
    }
  }

  /** The last one-shot listener of a path and kind was taken back, or never came to be. */
  unused(path: string, kind: EntryKind): void {
    if (!this.#isClosed) this.#unwatch(path, kind);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopQuiet?.();
    this.#stopAudit?.();
    const entries = [...this.#all()];
    this.#entries.data.clear();
    this.#entries.children.clear();
    this.#owed.clear();
    for (const entry of entries) {
      entry.stopGrace?.();
      entry.stopRetry?.();
      for (const { sink } of [...entry.subscriptions]) sink.complete();
    }
  }

  stats(): HubStats {
    const all = [...this.#all()];
    return {
      entries: all.length,
      subscribers: all.reduce((sum, { subscriptions }) => sum + subscriptions.size, 0),
      armed: all.filter(({ armed }) => armed !== undefined).length,
      dirty: all.filter(({ dirty }) => dirty).length,
      reading: this.#reading,
    };
  }

  /* Reading. */

  *#all(): Generator<HubEntry> {
    yield* this.#entries.data.values();
    yield* this.#entries.children.values();
  }

  /** Its watch is used up or gone: what we know may no longer hold. */
  #disarm(entry: HubEntry): void {
    entry.armed = undefined;
    if (entry.isReading) entry.again = true;
    this.#owe(entry);
  }

  #owe(entry: HubEntry): void {
    entry.dirty = true;
    // Without subscribers the debt is kept, and paid when somebody comes.
    if (entry.isReading || entry.subscriptions.size === 0) return;
    this.#owed.add(entry);
    this.#pump();
  }

  #pump(): void {
    if (this.#isClosed || this.#owed.size === 0) return;
    const quietMs = this.#quietUntil - this.#driver.clock.now();
    if (quietMs > 0) {
      this.#stopQuiet ??= this.#driver.clock.setTimer(quietMs, () => {
        this.#stopQuiet = undefined;
        this.#quietUntil = Number.NEGATIVE_INFINITY;
        this.#pump();
      });
      return;
    }
    for (const entry of this.#owed) {
      if (this.#reading >= this.#settings.maxConcurrentReads) return;
      this.#owed.delete(entry);
      if (entry.subscriptions.size > 0) this.#read(entry);
    }
  }

  #read(entry: HubEntry): void {
    this.#reading++;
    entry.isReading = true;
    entry.again = false;
    entry.reads++;
    const expectAbsent = entry.last?.kind === 'absent';
    readPath(this.#driver, entry.path, entry.kind, expectAbsent, (result) => {
      this.#reading--;
      entry.isReading = false;
      if (!this.#isClosed) this.#conclude(entry, result);
      this.#pump();
    });
  }

  #conclude(entry: HubEntry, result: PathReadResult): void {
    switch (result.type) {
      case 'seen':
        entry.armed = result.armed;
        entry.dirty = entry.again;
        if (!isOlder(entry.last, result.seen)) entry.last = result.seen;
        if (result.leftDataWatch) this.#unwatch(entry.path, 'data');
        break;
      case 'moving':
        entry.dirty = true;
        // That it was there was asked with a watch, which a list of children does not need.
        if (entry.kind === 'children') this.#unwatch(entry.path, 'data');
        break;
      case 'passing':
        entry.dirty = true;
        entry.stopRetry?.();
        entry.stopRetry = this.#driver.clock.setTimer(RETRY_MS, () => {
          if (this.#entries[entry.kind].get(entry.path) === entry) this.#owe(entry);
        });
        break;
      case 'failed':
        this.#giveUp(entry, result.error);
        return;
    }
    if (entry.released) {
      this.#drop(entry);
      return;
    }
    if (result.type === 'seen') {
      for (const subscription of [...entry.subscriptions]) {
        this.#tell(entry, subscription, subscription.since < entry.reads);
      }
    }
    if (entry.dirty && result.type !== 'passing') this.#owe(entry);
  }

  /* Telling. */

  #tellAll(): void {
    for (const entry of [...this.#all()]) {
      for (const subscription of [...entry.subscriptions]) this.#tell(entry, subscription, false);
    }
  }

  /**
   * Tells a subscriber the last state, if that is news to it and may be believed. `isAnswer` says
   * that the state was asked for after the subscriber had come: then it holds every write that had
   * been acknowledged by then, even if another change is already known to have followed.
   */
  #tell(entry: HubEntry, subscription: Subscription, isAnswer: boolean): void {
    const { sink, told, toldFresh } = subscription;
    const { last } = entry;
    if (last === undefined || !entry.subscriptions.has(subscription)) return;
    const isConfirmed = this.#isLive && (isAnswer || entry.isClean);
    const fresh = isConfirmed && !this.#isReadOnly;
    if (told === undefined) {
      const isStaleReplay = !this.#isConnected && entry.isClean && sink.takesStale;
      if (!isConfirmed && !isStaleReplay && !isAnswer) return;
    } else if (isSameState(entry.kind, told, last)) {
      if (fresh === toldFresh || !sink.wantsFreshness) return;
    }
    subscription.told = last;
    subscription.toldFresh = fresh;
    sink.next(last, fresh);
  }

  /** A permanent condition: this entry's subscribers end with the error; a new one starts over. */
  #giveUp(entry: HubEntry, error: unknown): void {
    const subscriptions = [...entry.subscriptions];
    entry.subscriptions.clear();
    this.#drop(entry);
    for (const { sink } of subscriptions) sink.error(error);
  }

  /* Leaving. */

  #leave(entry: HubEntry, subscription: Subscription): void {
    if (!entry.subscriptions.delete(subscription) || entry.subscriptions.size > 0) return;
    if (this.#isClosed) return;
    this.#owed.delete(entry);
    if (this.#settings.graceMs === 0) {
      this.#release(entry);
      return;
    }
    entry.stopGrace = this.#driver.clock.setTimer(this.#settings.graceMs, () => {
      entry.stopGrace = undefined;
      this.#release(entry);
    });
  }

  #release(entry: HubEntry): void {
    if (entry.subscriptions.size > 0 || this.#isClosed) return;
    if (entry.isReading) entry.released = true;
    else this.#drop(entry);
  }

  #drop(entry: HubEntry): void {
    entry.stopGrace?.();
    this.#owed.delete(entry);
    const entries = this.#entries[entry.kind];
    if (entries.get(entry.path) === entry) entries.delete(entry.path);
    if (entry.armed !== undefined) this.#unwatch(entry.path, entry.armed);
  }

  /** Takes a watch off the server, unless somebody else relies on it. */
  #unwatch(path: string, kind: EntryKind): void {
    if (this.#settings.isUsedElsewhere(path, kind)) return;
    for (const other of [this.#entries.data.get(path), this.#entries.children.get(path)]) {
      if (other === undefined) continue;
      if (other.armed === kind) return;
      // Its read may be setting the very watch that we take away: it will be done once more.
      if (other.isReading) other.again = true;
    }
    const kinds = kind === 'data' ? (['data', 'exist'] as const) : (['child'] as const);
    if (!this.#isConnected) {
      for (const one of kinds) this.#driver.submit({ type: 'forget-watch', path, kind: one });
      return;
    }
    const payload = encode(WatchesRequest, { path, type: watcherTypes[kind] });
    const request = requestOf(
      { operation: 'removeWatches', payload, unwatch: { path, kinds } },
      nobody(),
    );
    this.#driver.submit({ type: 'request', request: { ...request, onLoss: 'fail' } });
  }

  #planAudit(): void {
    const { auditMs } = this.#settings;
    if (auditMs === undefined) return;
    this.#stopAudit = this.#driver.clock.setTimer(auditMs, () => {
      if (this.#isLive) {
        for (const entry of this.#all()) {
          if (entry.isReading || !entry.isClean || entry.subscriptions.size === 0) continue;
          this.#owed.add(entry);
        }
        this.#pump();
      }
      this.#planAudit();
    });
  }
}

/** For a request whose answer changes nothing. */
const nobody = (): Waiter => ({ replied() {}, refused() {}, failed() {} });
