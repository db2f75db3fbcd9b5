import { textOf, utf8 } from '../base/bytes.js';
import { parentOf } from '../base/path.js';
import { NO_NODE_ID } from './node-table.js';
import { formatQuotaText, parseQuotaText, type QuotaText } from './quota-text.js';
import { systemPaths, type Tree } from './tree.js';

const QUOTA_PREFIX = `${systemPaths.quota}/`;
const SYSTEM_PREFIX = `${systemPaths.zookeeper}/`;
const LIMITS = '/zookeeper_limits';
const STATS = '/zookeeper_stats';
/** No quota needs more text; each write below its path reads it. */
const MOST_TEXT_BYTES = 1_024;

/** A limit that a change would break. */
export interface QuotaProblem {
  /** Path that carries the quota. */
  readonly prefix: string;
  readonly what: 'count' | 'bytes';
  /** Soft limits are only to be logged. */
  readonly hard: boolean;
  readonly limit: number;
  /** What it would be after the change. */
  readonly wanted: number;
}

/**
 * The quotas in force and their counters. A quota on /a is the node
 * /zookeeper/quota/a/zookeeper_limits; its counters, in zookeeper_stats beside it, are kept by each
 * server for itself, outside of transactions, versions and the digest. Clients write these texts:
 * nothing in them can make a method throw.
 */
export class Quotas {
  readonly #tree: Tree;
  readonly #prefixes = new Set<string>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /** Number of paths with a quota. */
  get size(): number {
    return this.#prefixes.size;
  }

  /** Longest prefix of the path with a quota; the root and /zookeeper cannot have one. */
  prefixOf(path: string): string | undefined {
    if (this.#prefixes.size === 0 || isSystemPath(path)) return undefined;
    for (let at = path; at !== '/' && at !== ''; at = parentOf(at)) {
      if (this.#prefixes.has(at)) return at;
    }
    return undefined;
  }

  /** Limits of a quota; unreadable ones count as no limit. */
  limitsOf(prefix: string): QuotaText {
    return this.#read(systemPaths.quota + prefix + LIMITS);
  }

  /** Counters of a quota, as they stand in its node. */
  countersOf(prefix: string): Map<string, number> {
    return this.#read(systemPaths.quota + prefix + STATS);
  }

  /** A node was created with so many bytes. */
  created(path: string, bytes: number): void {
    if (path.startsWith(QUOTA_PREFIX)) {
      if (path.endsWith(LIMITS)) this.#setUp(prefixIn(path, LIMITS));
      else if (path.endsWith(STATS)) this.#recount(prefixIn(path, STATS));
    }
    if (this.#prefixes.size > 0) this.#count(path, 1, bytes);
  }

  /** A node was deleted that had so many bytes. */
  deleted(path: string, bytes: number): void {
    if (path.startsWith(QUOTA_PREFIX) && path.endsWith(LIMITS)) {
      this.#prefixes.delete(prefixIn(path, LIMITS));
    }
    if (this.#prefixes.size > 0) this.#count(path, -1, -bytes);
  }

  /** A node's data grew by so many bytes. */
  changed(path: string, growth: number): void {
    if (this.#prefixes.size > 0) this.#count(path, 0, growth);
  }

  /** Finds the quotas of a tree that was loaded, and counts afresh. */
  rebuild(): void {
    this.#prefixes.clear();
    const quota = this.#tree.find(systemPaths.quota);
    if (quota === NO_NODE_ID) return;
    const limits: string[] = [];
    this.#tree.forEachBelow(quota, (id) => {
      if (`/${this.#tree.nameOf(id)}` === LIMITS) limits.push(this.#tree.pathOf(id));
    });
    for (const path of limits) {
      const prefix = prefixIn(path, LIMITS);
      this.#setUp(prefix);
      this.#recount(prefix);
    }
  }

  #setUp(prefix: string): void {
    if (prefix !== '' && !isSystemPath(prefix)) this.#prefixes.add(prefix);
  }

  #count(path: string, countDelta: number, bytesDelta: number): void {
    const prefix = this.prefixOf(path);
    if (prefix === undefined) return;
    const stats = this.#tree.find(systemPaths.quota + prefix + STATS);
    if (stats === NO_NODE_ID) return;
    const counters = this.countersOf(prefix);
    const count = counters.get('count');
    const bytes = counters.get('bytes');
    if (count === undefined || bytes === undefined) {
      this.#recount(prefix);
      return;
    }
    counters.set('count', count + countDelta);
    counters.set('bytes', bytes + bytesDelta);
    this.#tree.setDataLocally(stats, utf8(formatQuotaText(counters)));
  }

  /** Counts the nodes and bytes from the prefix down, itself included, and writes them. */
  #recount(prefix: string): void {
    const stats = this.#tree.find(systemPaths.quota + prefix + STATS);
    if (stats === NO_NODE_ID) return;
    let count = 0;
    let bytes = 0;
    const top = this.#tree.find(prefix);
    if (top !== NO_NODE_ID && prefix !== '') {
      this.#tree.forEachBelow(top, (id) => {
        count++;
        bytes += this.#tree.dataLength(id);
      });
    }
    const counters = new Map([
      ['count', count],
      ['bytes', bytes],
    ]);
    this.#tree.setDataLocally(stats, utf8(formatQuotaText(counters)));
  }

  #read(path: string): Map<string, number> {
    const id = this.#tree.find(path);
    const isText = id !== NO_NODE_ID && this.#tree.dataLength(id) <= MOST_TEXT_BYTES;
    const data = isText ? this.#tree.data(id) : null;
    return parseQuotaText(data === null ? '' : textOf(data));
  }
}

/**
 * The limit that a change at `path` would break: a hard one if there is any, else a soft one. A
 * creation has `countDelta` 1; a new value has its growth as `bytesDelta`.
 */
export function quotaProblem(
  quotas: Quotas,
  path: string,
  countDelta: number,
  bytesDelta: number,
): QuotaProblem | undefined {
  const prefix = quotas.prefixOf(path);
  if (prefix === undefined) return undefined;
  const limits = quotas.limitsOf(prefix);
  const counters = quotas.countersOf(prefix);
  const byCount = broken(prefix, 'count', limits, 'countHardLimit', counters, countDelta);
  if (byCount?.hard) return byCount;
  const byBytes = broken(prefix, 'bytes', limits, 'byteHardLimit', counters, bytesDelta);
  return byBytes?.hard ? byBytes : (byCount ?? byBytes);
}

/** A hard limit, where there is one, stands in for the soft one. */
function broken(
  prefix: string,
  what: 'count' | 'bytes',
  limits: QuotaText,
  hardKey: string,
  counters: QuotaText,
  delta: number,
): QuotaProblem | undefined {
  const now = counters.get(what);
  if (delta === 0 || now === undefined) return undefined;
  const hardLimit = limits.get(hardKey) ?? -1;
  const hard = hardLimit > -1;
  const limit = hard ? hardLimit : (limits.get(what) ?? -1);
  const wanted = now + delta;
  if (limit === -1 || wanted <= limit) return undefined;
  return { prefix, what, hard, limit, wanted };
}

function prefixIn(path: string, node: string): string {
  return path.slice(systemPaths.quota.length, path.length - node.length);
}

function isSystemPath(path: string): boolean {
  return path === systemPaths.zookeeper || path.startsWith(SYSTEM_PREFIX);
}
