/** Small logs and snapshots in a folder of their own, made record by record. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Files } from '@vivarium/core/internal/node/files';
import { ADLER_START, adler32 } from '@vivarium/core/internal/storage/adler32';
import { logFactsFile } from '@vivarium/core/internal/storage/log-facts';
import { CHAIN_START, chainOf } from '@vivarium/core/internal/storage/log-format';
import { SnapshotWriter } from '@vivarium/core/internal/storage/snapshot-writer';
import { Database } from '@vivarium/core/internal/tree/database';
import { type TxnBody, txnTypes, writeTxn } from '@vivarium/core/internal/wire/txns';
import { Writer } from '@vivarium/core/internal/wire/writer';
import type { TestContext } from '../../../support/suite.js';
import { tempFolder } from '../../../support/temp-folder.js';

const SESSION = 0x1_0000_0000_0001n;
const OPEN = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
/** 2026-11-30T00:00:00Z. */
const START_MS = Date.UTC(2026, 10, 30);

export interface WrittenLog {
  readonly path: string;
  /** `version-2` of a data folder. */
  readonly folder: string;
  readonly bytes: Buffer;
  readonly records: readonly { readonly at: number; readonly end: number }[];
  readonly end: number;
}

/** A creation of a node with text for data. */
export function created(path: string, text: string | null = 'x', ephemeral = false): TxnBody {
  const data = text === null ? null : new TextEncoder().encode(text);
  return { type: txnTypes.create, path, data, acl: OPEN, ephemeral, parentCVersion: 1 };
}

/** What most tests need: five transactions, 0x100000001 to 0x100000005, one a second. */
export const FIVE: readonly TxnBody[] = [
  { type: txnTypes.createSession, timeOut: 30_000 },
  created('/app', 'one'),
  created('/app/lock', 'é"\n', true),
  { type: txnTypes.setData, path: '/app', data: Uint8Array.of(0xff, 0x00), version: 1 },
  { type: txnTypes.closeSession, paths2Delete: ['/app/lock'] },
];

/** Writes a log; `synced` says how many of its records the notes beside it call durable. */
export function writeLog(
  t: TestContext,
  bodies: readonly TxnBody[] = FIVE,
  { first = 0x1_0000_0001n, zeros = 100, synced }: LogOptions = {},
): WrittenLog {
  const folder = join(tempFolder(t), 'version-2');
  mkdirSync(folder);
  const out = new Writer(256);
  out.int(0x5a4b4c47);
  out.int(2);
  out.long(0n);
  const records: { at: number; end: number }[] = [];
  const sums: number[] = [];
  for (const [index, body] of bodies.entries()) {
    const txn = new Writer(64);
    const zxid = first + BigInt(index);
    const time = START_MS + index * 1000;
    const header = { clientId: SESSION, cxid: index, zxid, time, type: body.type };
    writeTxn(txn, { header, body, digest: { version: 2, treeDigest: 7n } });
    const bytes = txn.copy();
    const at = out.position;
    const sum = adler32(ADLER_START, bytes, 0, bytes.length);
    out.halves(0, sum | 0);
    out.int(bytes.length);
    out.raw(bytes);
    out.byte(0x42);
    records.push({ at, end: out.position });
    sums.push(sum | 0);
  }
  const end = out.position;
  const bytes = Buffer.concat([out.copy(), Buffer.alloc(zeros)]);
  const path = join(folder, `log.${first.toString(16)}`);
  writeFileSync(path, bytes);
  if (synced !== undefined) {
    const durable = records.slice(0, synced);
    const chain = durable.reduce(
      (c, { at, end }, index) => chainOf(c, sums[index]!, end - at - 13),
      CHAIN_START,
    );
    const facts = { first: sums[0]!, synced: durable.at(-1)!.end, chain, flushEnd: end };
    const notes = logFactsFile.encode({ ...facts, previous: -1n });
    writeFileSync(join(folder, `vivarium-log.${first.toString(16)}`), notes);
  }
  return { path, folder, bytes, records, end };
}

interface LogOptions {
  readonly first?: bigint;
  readonly zeros?: number;
  readonly synced?: number;
}

/** Writes a snapshot of the tree that transactions make. */
export function writeSnapshot(t: TestContext, bodies: readonly TxnBody[]): string {
  const folder = tempFolder(t);
  const database = new Database({ extendedTypes: true, digest: true });
  for (const [index, body] of bodies.entries()) {
    const zxid = 0x1_0000_0001n + BigInt(index);
    const time = START_MS + index * 1000;
    const header = { clientId: SESSION, cxid: index, zxid, time, type: body.type };
    database.apply({ header, body, digest: undefined });
  }
  const writer = new SnapshotWriter(database, {
    digest: true,
    dbId: -1n,
    sliceNodes: 100,
    sync: false,
    apacheSessions: new Set(),
  });
  const files = new Files({ snapshots: folder, logs: folder });
  while (!writer.done) files.perform(writer.next());
  files.close();
  return join(folder, `snapshot.${(0x1_0000_0000n + BigInt(bodies.length)).toString(16)}`);
}
