/** What is asked and told of the past of the tree, as plain data that threads can hand on. */
import type { WallMillis, Zxid } from '../base/ids.js';

/** A moment: right after a transaction, or what the last transaction of that time left. */
export type Moment = { readonly zxid: Zxid } | { readonly time: WallMillis };

/** What a page of transactions may be of. */
export interface TransactionFilter {
  /** The first one to be told, going back; the newest unless given. */
  readonly from?: Moment;
  readonly path?: string;
  /** Whether everything below the path counts, too. */
  readonly withBelow: boolean;
  readonly session?: bigint;
  /** Types of parts, as {@link PastPart} has them; all unless given. */
  readonly types?: readonly string[];
}

export type PastQuestion =
  | { readonly type: 'span' }
  | ({
      readonly type: 'transactions';
      readonly limit: number;
      /** Whether data and ACLs are told. */
      readonly inFull: boolean;
    } & TransactionFilter)
  | {
      readonly type: 'node';
      readonly at: Moment;
      readonly path: string;
      /** Children to pass over, and how many to tell at most. */
      readonly skip: number;
      readonly limit: number;
    }
  | { readonly type: 'change'; readonly zxid: Zxid; readonly path: string }
  | {
      readonly type: 'differences';
      readonly from: Moment;
      readonly to: Moment;
      readonly path: string;
      /** The `next` of the answer before. */
      readonly after?: number;
      readonly limit: number;
    };

/** Bytes as text where they are UTF-8, else as base64. */
export interface PastData {
  readonly length: number;
  /** Absent where only the length is told. */
  readonly content?: string | null;
  readonly encoding?: 'text' | 'base64';
}

/** One entry of an ACL; permissions as letters of `cdrwa`. */
export interface PastAcl {
  readonly perms: string;
  readonly scheme: string;
  readonly id: string;
}

/** What a transaction did to one node. */
export interface PastPart {
  /** As ZooKeeper's tools call it: `create2`, `setData`, … */
  readonly type: string;
  /** Absent in a part that failed: the log does not say of what it was. */
  readonly path?: string;
  readonly version?: number;
  readonly data?: PastData;
  readonly acl?: readonly PastAcl[];
  readonly ephemeral?: boolean;
  readonly ttl?: number;
  readonly error?: number;
}

export interface PastTransaction {
  readonly zxid: Zxid;
  readonly time: WallMillis;
  readonly session: bigint;
  readonly cxid: number;
  readonly type: string;
  readonly error?: number;
  /** Of a session that begins. */
  readonly timeout?: number;
  readonly parts: readonly PastPart[];
  /** All parts that there are, told or not. */
  readonly partCount: number;
}

/** A place where the logs do not tell all; see `LogGap`. */
export interface PastGap {
  readonly after: Zxid | undefined;
  readonly before: Zxid | undefined;
}

/** A node as it was. */
export interface PastNode {
  readonly path: string;
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  readonly ctime: WallMillis;
  readonly mtime: WallMillis;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  /** As the log has it, with the marks of containers and times to live. */
  readonly owner: bigint;
  readonly childCount: number;
  readonly data: PastData;
  readonly acl: readonly PastAcl[] | undefined;
}

/** A child in a list. */
export interface PastChild {
  readonly name: string;
  readonly czxid: Zxid;
  readonly childCount: number;
  readonly owner: bigint;
}

export type DifferenceKind = 'created' | 'deleted' | 'recreated' | 'changed';

/** A node that two moments do not agree about. */
export interface PastDifference {
  readonly kind: DifferenceKind;
  readonly path: string;
  /** What is not the same: of `data`, `acl`, `owner`. */
  readonly what: readonly string[];
  readonly before?: PastSide;
  readonly after?: PastSide;
}

export interface PastSide {
  readonly czxid: Zxid;
  readonly version: number;
  readonly aversion: number;
  readonly length: number;
}

/** A thread's answer. */
export type PastAnswer =
  | {
      readonly type: 'span';
      readonly first?: { readonly zxid: Zxid; readonly time: WallMillis };
      readonly last?: { readonly zxid: Zxid; readonly time: WallMillis };
      /** From here on the tree of each moment can be made. */
      readonly exactFrom?: Zxid;
      readonly logBytes: number;
      readonly snapshots: readonly Zxid[];
    }
  | {
      readonly type: 'transactions';
      readonly rows: readonly PastTransaction[];
      readonly gaps: readonly PastGap[];
      /** Where to go on; absent when all was gone through. */
      readonly next?: Zxid;
      /** How far was read for it. */
      readonly readBytes: number;
    }
  | {
      readonly type: 'node';
      readonly zxid: Zxid;
      /** Of that transaction; absent where the log does not hold it. */
      readonly time?: WallMillis;
      readonly node?: PastNode;
      readonly children: readonly PastChild[];
      /** To pass over for the next page. */
      readonly next?: number;
    }
  | {
      readonly type: 'change';
      /** The moment before; absent where it cannot be made, with why. */
      readonly beforeZxid?: Zxid;
      readonly before?: PastNode;
      readonly after?: PastNode;
    }
  | {
      readonly type: 'differences';
      readonly fromZxid: Zxid;
      readonly fromTime?: WallMillis;
      readonly toZxid: Zxid;
      readonly toTime?: WallMillis;
      readonly rows: readonly PastDifference[];
      readonly visited: number;
      readonly next?: number;
    }
  /** It takes longer: to be asked again. */
  | { readonly type: 'preparing' }
  | { readonly type: 'refused'; readonly status: number; readonly error: string };
