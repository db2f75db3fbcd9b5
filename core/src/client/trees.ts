import type { ErrorName } from '../base/errors.js';
import { errorNameOf } from '../base/errors.js';
import { parentOf } from '../base/path.js';
import { withChroot, withoutChroot } from '../session/chroot.js';
import { type WatchKind, watchKinds } from '../session/watch-registry.js';
import { addWatchModes, eventTypes, watcherTypes } from '../wire/events.js';
import { AddWatchRequest, WatchesRequest } from '../wire/records.js';
import { encode } from '../wire/types.js';
import { requestOf } from './call.js';
import type { Driver, Waiter } from './driver.js';
import { errorOfCode, ZkError } from './errors.js';
import { isPassing } from './path-read.js';
import { TreeMirror } from './tree-mirror.js';
import type { TreeOptions } from './tree-snapshots.js';
import type { TreeSink } from './tree-telling.js';
import type { TreesSettings } from './trees-settings.js';

const RETRY_MS = 200;

/** What {@link Trees.stats} counts. */
export interface TreesStats {
  readonly trees: number;
  readonly treeNodes: number;
}

/** A mirror with those who share it. */
interface Shared {
  readonly mirror: TreeMirror<unknown>;
  stopGrace?: (() => void) | undefined;
}

/** The one recursive watch of a path, and the mirrors that rely on it. */
interface Watch {
  readonly path: string;
  /** By the options that a mirror was asked for with. */
  readonly mirrors: Map<object, Shared>;
  isSet: boolean;
  /** Number of the newest request that sets it. */
  asked: number;
  /** Somebody else has set or removed watches of the path. */
  isTouched: boolean;
}

/**
 * The mirrors of subtrees of one client, and the recursive watches below them: one for each path,
 * whoever needs it, gone with the last who does. The program may set and remove the same watches by
 * hand; what it has set stays, and what it removes is set again as long as a mirror needs it.
 */
export class Trees {
  readonly #driver: Driver;
  readonly #settings: TreesSettings;
  /** By server path. */
  readonly #watches = new Map<string, Watch>();
  /** Server paths whose recursive watch the program has set by hand, or is about to. */
  readonly #byHand = new Map<string, Set<object>>();
  readonly #noOptions = {};
  #isConnected = false;
  #isReadOnly = false;
  /** Watches of earlier connections are set again. */
  #isLive = false;
  /** Whether the server keeps several kinds of watches for a path; undefined until it was asked. */
  #isRoomy: boolean | undefined;
  #isClosed = false;
  #stopAudit: (() => void) | undefined;

  constructor(driver: Driver, settings: TreesSettings) {
    this.#driver = driver;
    this.#settings = settings;
    driver.touchedWatches = (path) => this.#besides(path);
    this.#planAudit();
  }

  /** Subscribes to a subtree; the returned function unsubscribes. */
  attach<T>(path: string, options: TreeOptions<T> | undefined, sink: TreeSink<T>): () => void {
    if (this.#isClosed) {
      sink.complete();
      return () => {};
    }
    const server = withChroot(this.#settings.chroot, path);
    const watch = this.#watches.get(server) ?? this.#begin(server);
    const key = options ?? this.#noOptions;
    const shared = watch.mirrors.get(key) ?? this.#share(watch, path, key);
    shared.stopGrace?.();
    shared.stopGrace = undefined;
    // Whoever gives the same options takes the same values.
    const leave = shared.mirror.attach(sink as TreeSink<unknown>);
    return () => {
      leave();
      if (shared.mirror.subscribers === 0) this.#leave(watch, key, shared);
    };
  }

  /* What the session tells. */

  /** @param isReadOnly the server is cut off from its ensemble: changes may pass it by unseen */
  connected(isReadOnly: boolean): void {
    this.#isConnected = true;
    this.#isReadOnly = isReadOnly;
    this.#isRoomy = undefined;
  }

  disconnected(): void {
    this.#isConnected = false;
    this.#isLive = false;
    for (const watch of this.#watches.values()) this.#lost(watch);
  }

  /** Watches of earlier connections are set again, unless the server refused some. */
  rearmed(): void {
    this.#isLive = true;
    for (const watch of [...this.#watches.values()]) {
      if (this.#has('recursive', watch.path)) this.#wasSet(watch);
      else this.#set(watch);
    }
  }

  fired(event: number, serverPath: string): void {
    if (this.#watches.size === 0) return;
    const path = withoutChroot(this.#settings.chroot, serverPath);
    for (const { mirrors } of [...this.#watches.values()]) {
      for (const { mirror } of [...mirrors.values()]) mirror.fired(event, path);
    }
    const isStructure = event === eventTypes.nodeCreated || event === eventTypes.nodeDeleted;
    if (this.#isRoomy !== false || !isStructure || serverPath === '/') return;
    const parent = parentOf(serverPath);
    if (this.#watches.has(parent)) this.#settings.childrenChanged(parent);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopAudit?.();
    const all = [...this.#watches.values()].flatMap(({ mirrors }) => [...mirrors.values()]);
    this.#watches.clear();
    for (const { mirror, stopGrace } of all) {
      stopGrace?.();
      mirror.complete();
    }
  }

  stats(): TreesStats {
    const all = [...this.#watches.values()].flatMap(({ mirrors }) => [...mirrors.values()]);
    return {
      trees: all.length,
      treeNodes: all.reduce((sum, { mirror }) => sum + mirror.size, 0),
    };
  }

  /* What the program does by hand. */

  /**
   * The program is about to set the recursive watch of a server path. The returned function says
   * how that went: a watch that was not set is nobody's reason to keep one.
   */
  settingByHand(serverPath: string): (isSet: boolean) => void {
    const reasons = this.#byHand.get(serverPath) ?? new Set();
    this.#byHand.set(serverPath, reasons);
    const reason = {};
    reasons.add(reason);
    return (isSet) => {
      if (isSet) return;
      reasons.delete(reason);
      if (reasons.size > 0 || this.#byHand.get(serverPath) !== reasons) return;
      this.#byHand.delete(serverPath);
      this.unused(serverPath);
    };
  }

  /** The program is about to remove the recursive watch of a server path. */
  removedByHand(serverPath: string): void {
    this.#byHand.delete(serverPath);
    const watch = this.#watches.get(serverPath);
    if (watch === undefined) return;
    this.#lost(watch);
    if (this.#isLive) this.#set(watch);
  }

  /** A watch was left, or somebody has no more use for it. */
  unused(serverPath: string): void {
    if (this.#isClosed || this.#watches.has(serverPath) || this.#byHand.has(serverPath)) return;
    if (!this.#has('recursive', serverPath)) return;
    if (this.#isConnected) this.#remove(serverPath, 'persistentRecursive');
    else this.#driver.submit({ type: 'forget-watch', path: serverPath, kind: 'recursive' });
  }

  #remove(path: string, type: 'persistentRecursive' | 'any'): void {
    const kinds = type === 'any' ? watchKinds : (['recursive'] as const);
    const token: Waiter = {
      ...NOBODY,
      refused: (code) => {
        const name = errorNameOf(code);
        if (type === 'any' || name === 'NO_WATCHER' || isPassing(name)) return;
        // Before 3.9 a server removes all watches of a path or none.
        const isNeeded = this.#watches.has(path) || this.#byHand.has(path);
        if (this.#isClosed || isNeeded || this.#settings.isListenedAt(path)) return;
        if (this.#has('persistent', path)) return;
        this.#remove(path, 'any');
        this.#settings.disturb(path);
      },
    };
    const payload = encode(WatchesRequest, { path, type: watcherTypes[type] });
    const call = { operation: 'removeWatches', payload, unwatch: { path, kinds } } as const;
    this.#submit(call, token);
  }

  /** Sends a request that means nothing on another connection. */
  #submit(call: Parameters<typeof requestOf>[0], token: Waiter): void {
    const request = requestOf(call, token);
    const once = { ...request, onLoss: 'fail', outlivesSession: false } as const;
    this.#driver.submit({ type: 'request', request: once });
  }

  /* Sharing. */

  #begin(server: string): Watch {
    const watch: Watch = {
      path: server,
      mirrors: new Map(),
      isSet: false,
      asked: 0,
      isTouched: false,
    };
    this.#watches.set(server, watch);
    if (this.#isLive) this.#set(watch);
    return watch;
  }

  #share(watch: Watch, path: string, key: object): Shared {
    const { chroot, maxConcurrentReads, random } = this.#settings;
    const mirror = new TreeMirror<unknown>(path, key as TreeOptions<unknown>, {
      driver: this.#driver,
      chroot,
      maxConcurrentReads,
      random,
      ended: () => this.#drop(watch, key, shared),
      missedChildren: () => {
        if (this.#isRoomy === false) this.#settings.childrenChanged(watch.path);
      },
    });
    const shared: Shared = { mirror };
    watch.mirrors.set(key, shared);
    if (watch.isSet) mirror.watched(this.#isReadOnly);
    return shared;
  }

  #leave(watch: Watch, key: object, shared: Shared): void {
    if (this.#isClosed || watch.mirrors.get(key) !== shared) return;
    if (this.#settings.graceMs === 0) {
      this.#drop(watch, key, shared);
      return;
    }
    shared.stopGrace = this.#driver.clock.setTimer(this.#settings.graceMs, () => {
      shared.stopGrace = undefined;
      this.#drop(watch, key, shared);
    });
  }

  #drop(watch: Watch, key: object, shared: Shared): void {
    if (watch.mirrors.get(key) !== shared) return;
    shared.stopGrace?.();
    watch.mirrors.delete(key);
    shared.mirror.stop();
    if (watch.mirrors.size > 0) return;
    this.#watches.delete(watch.path);
    this.unused(watch.path);
  }

  /* The watch. */

  #set(watch: Watch): void {
    const number = ++watch.asked;
    const isStill = () => number === watch.asked && this.#watches.get(watch.path) === watch;
    const path = withoutChroot(this.#settings.chroot, watch.path);
    const facts = { operation: 'addWatch', path };
    const passed = () => {
      if (!isStill() || !this.#isLive) return;
      this.#driver.clock.setTimer(RETRY_MS, () => {
        if (isStill() && this.#isLive && !watch.isSet) this.#set(watch);
      });
    };
    const token: Waiter = {
      replied: () => {
        if (isStill()) this.#wasSet(watch);
        else this.unused(watch.path);
      },
      refused: (code) => {
        const name = errorNameOf(code);
        if (isPassing(name)) passed();
        else if (!isStill()) return;
        else if (name !== 'UNIMPLEMENTED') this.#fail(watch, errorOfCode(code, facts));
        else this.#fail(watch, new ZkError(name, { ...facts, reason: TOO_OLD }));
      },
      failed: (name: ErrorName, _outcome, reason) => {
        if (isPassing(name)) passed();
        else if (isStill()) this.#fail(watch, new ZkError(name, { ...facts, reason }));
      },
    };
    const body = { path: watch.path, mode: addWatchModes.persistentRecursive };
    const call = {
      operation: 'addWatch',
      payload: encode(AddWatchRequest, body),
      watch: { path: watch.path, kind: 'recursive' },
    } as const;
    this.#submit(call, token);
  }

  /**
   * Another watch of a path is being set or removed. Before 3.9 a server keeps one kind for a path
   * and client, the newest: the recursive one has to be set again, and then stands for the others.
   */
  #besides(path: string): void {
    const watch = this.#watches.get(path);
    if (watch === undefined) return;
    watch.isTouched = true;
    if (this.#isRoomy === true || !this.#isLive) return;
    const number = watch.asked;
    const type = watcherTypes.persistentRecursive;
    const call = {
      operation: 'checkWatches',
      payload: encode(WatchesRequest, { path, type }),
    } as const;
    this.#submit(call, {
      ...NOBODY,
      replied: () => {
        this.#isRoomy = true;
      },
      refused: (code) => {
        const name = errorNameOf(code);
        if (isPassing(name)) {
          this.#driver.clock.setTimer(RETRY_MS, () => this.#besides(path));
          return;
        }
        // Servers that do not know the kind do not understand the question.
        if (name !== 'NO_WATCHER') this.#foundNarrow();
        if (number !== watch.asked || this.#watches.get(path) !== watch) return;
        this.#lost(watch);
        this.#set(watch);
      },
    });
  }

  /** The server keeps one kind of watch for a path: whoever else had one may have lost it. */
  #foundNarrow(): void {
    if (this.#isRoomy === false) return;
    this.#isRoomy = false;
    for (const { path, isTouched } of [...this.#watches.values()]) {
      if (isTouched) this.#settings.childrenChanged(path);
    }
  }

  #wasSet(watch: Watch): void {
    watch.isSet = true;
    for (const { mirror } of [...watch.mirrors.values()]) mirror.watched(this.#isReadOnly);
    if (this.#isRoomy !== undefined) return;
    const { path } = watch;
    const isShared = ONE_SHOT.some((kind) => this.#has(kind, path));
    if (isShared || watch.isTouched) this.#besides(path);
  }

  #has(kind: WatchKind, path: string): boolean {
    return this.#driver.session.watches.has(kind, path);
  }

  #lost(watch: Watch): void {
    watch.isSet = false;
    watch.asked++;
    for (const { mirror } of [...watch.mirrors.values()]) mirror.unwatched();
  }

  #fail(watch: Watch, error: ZkError): void {
    for (const { mirror } of [...watch.mirrors.values()]) mirror.fail(error);
  }

  #planAudit(): void {
    const { auditMs } = this.#settings;
    if (auditMs === undefined) return;
    this.#stopAudit = this.#driver.clock.setTimer(auditMs, () => {
      for (const { mirrors } of this.#watches.values()) {
        for (const { mirror } of mirrors.values()) mirror.audit();
      }
      this.#planAudit();
    });
  }
}

const TOO_OLD =
  'a mirror of a subtree needs persistent recursive watches, which this server does not know; ZooKeeper has them from 3.6 on';

const ONE_SHOT = ['data', 'exist', 'child'] as const;

/** For requests whose answer changes nothing. */
const NOBODY: Waiter = { replied() {}, refused() {}, failed() {} };
