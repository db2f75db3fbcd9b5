/**
 * What one server's data folder says of the past: the transactions in its logs, in unbroken chains,
 * and the snapshots. Where a leader sent a snapshot instead of what was missed, the log has a hole,
 * and a new chain begins behind it.
 *
 * A follower of Apache ZooKeeper 3.8 that gives up being brought up to date and begins anew logs
 * once more what it gets again, mixed with what was still on its way to the same log
 * (ZOOKEEPER-4394, 4712). What its chain holds already is kept apart.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { readTxn, TXN_DIGEST_LENGTH, type Txn } from '@vivarium/core/internal/wire/txns';
import { recordsIn } from '../../sim/inside/log-records.js';
import { filesOf, readUpToZeros } from '../data-files.js';

const LOG_HEADER_LENGTH = 16;

/** A transaction as one log has it. */
export interface LoggedTxn {
  readonly zxid: bigint;
  readonly txn: Txn;
  /** Header and body, without the digest. */
  readonly bytes: Uint8Array;
}

export interface ServerLog {
  readonly server: number;
  /** Oldest first; within a chain no transaction is missing. */
  readonly chains: readonly (readonly LoggedTxn[])[];
  /** In files that Apache wrote: what the chain before it holds already. */
  readonly again?: readonly LoggedTxn[];
  /** The zxids that snapshots are named after, in order. */
  readonly snapshots: readonly bigint[];
}

/** Reads a folder again and again, each file only when it has changed. */
export class ServerLogReader {
  readonly #server: number;
  readonly #dataDir: string;
  readonly #known = new Map<string, { readonly stamp: string; readonly txns: LoggedTxn[] }>();

  constructor(server: number, dataDir: string) {
    this.#server = server;
    this.#dataDir = dataDir;
  }

  read(): ServerLog {
    const snapshots = snapshotsOf(this.#dataDir);
    const chains: LoggedTxn[][] = [];
    const again: LoggedTxn[] = [];
    const inChain = new Set<bigint>();
    let last: bigint | undefined;
    for (const name of this.#names()) {
      const isApaches = !existsSync(this.#pathOf(`vivarium-${name}`));
      for (const txn of this.#txnsOf(name)) {
        if (isApaches && inChain.has(txn.zxid)) {
          again.push(txn);
          continue;
        }
        if (last === undefined || isBroken(last, txn.zxid, snapshots)) {
          chains.push([]);
          inChain.clear();
        }
        chains.at(-1)!.push(txn);
        inChain.add(txn.zxid);
        last = txn.zxid;
      }
    }
    return { server: this.#server, chains, again, snapshots };
  }

  #pathOf(name: string): string {
    return join(this.#dataDir, 'version-2', name);
  }

  #names(): readonly string[] {
    try {
      return filesOf(this.#dataDir, 'log');
    } catch {
      return []; // wiped, or never started
    }
  }

  #txnsOf(name: string): readonly LoggedTxn[] {
    const path = this.#pathOf(name);
    const { mtimeNs, size } = statSync(path, { bigint: true });
    const stamp = `${mtimeNs} ${size}`;
    const known = this.#known.get(name);
    if (known?.stamp === stamp) return known.txns;
    const { bytes } = readUpToZeros(path);
    const txns = recordsIn(new Uint8Array(bytes), LOG_HEADER_LENGTH).map((record) => {
      const txn = readTxn(new Reader(record.bytes));
      const end = record.bytes.length - (txn.digest === undefined ? 0 : TXN_DIGEST_LENGTH);
      return { zxid: txn.header.zxid, txn, bytes: record.bytes.subarray(0, end) };
    });
    this.#known.set(name, { stamp, txns });
    return txns;
  }
}

export function epochOf(zxid: bigint): bigint {
  return zxid >> 32n;
}

export function zxidText(zxid: bigint): string {
  return `${epochOf(zxid)}:${zxid & 0xffff_ffffn}`;
}

/** Whether zxids follow each other: the next number, or the first of a later epoch. */
export function follows(before: bigint, after: bigint): boolean {
  if (after === before + 1n) return true;
  return epochOf(after) > epochOf(before) && (after & 0xffff_ffffn) === 1n;
}

/** A snapshot between two transactions, of neither's state, has taken the place of others. */
function isBroken(before: bigint, after: bigint, snapshots: readonly bigint[]): boolean {
  return !follows(before, after) || snapshots.some((zxid) => zxid > before && zxid < after);
}

function snapshotsOf(dataDir: string): readonly bigint[] {
  try {
    return readdirSync(join(dataDir, 'version-2'))
      .flatMap((name) => {
        const zxid = /^snapshot\.([0-9a-f]+)$/.exec(name)?.[1];
        return zxid === undefined ? [] : [BigInt(`0x${zxid}`)];
      })
      .sort((a, b) => (a < b ? -1 : 1));
  } catch {
    return [];
  }
}
