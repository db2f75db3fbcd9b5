import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatBytes } from '@vivarium/core/internal/base/bytes';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { freshDisk, writeLogs } from '../../unit/storage/log-parts.js';
import { filesOf } from '../../unit/storage/small-store.js';
import { mergeLogs } from './merged-order.js';
import { type LoggedTxn, type ServerLog, ServerLogReader } from './server-log.js';

const FILE_HEADER_BYTES = 16;

function txn(number: number, text = `${number}`): LoggedTxn {
  const zxid = BigInt(number);
  const type = txnTypes.error;
  return {
    zxid,
    txn: {
      header: { clientId: 1n, cxid: number, zxid, time: 5, type },
      body: { type, err: -101 },
      digest: undefined,
    },
    bytes: new TextEncoder().encode(text),
  };
}

const chain = (...numbers: number[]) => numbers.map((number) => txn(number));
const whole: ServerLog = { server: 1, chains: [chain(1, 2, 3, 4, 5, 6)], snapshots: [0n] };

/** Judges a log beside a whole one; what it says against it, or the judgement. */
function judged(log: Omit<ServerLog, 'server'>, mayLogAgain: readonly number[] = [2]) {
  try {
    const logs = { now: [whole, { server: 2, ...log }], before: [] };
    return mergeLogs(logs, new Set(mayLogAgain));
  } catch (error) {
    return (error as Error).message;
  }
}

const snapshots = [0n];

suite('the logs of all servers', (test) => {
  test('may hold a transaction again where that is allowed, and it is counted', () => {
    const log = { chains: [chain(1, 2, 3, 4, 5, 6)], again: chain(2, 3, 4), snapshots };
    const merged = judged(log);
    assert.is.not(typeof merged, 'string');
    assert.equal(typeof merged === 'string' || [merged.loggedAgain, merged.entries.length], [3, 6]);
    assert.is(judged(log, [1]), 'R2: server 2 has 0:2 in its log again');
    assert.is(judged(log, []), 'R2: server 2 has 0:2 in its log again');
  });

  test('may not hold another transaction again', () => {
    const log = { chains: [chain(1, 2, 3, 4, 5, 6)], again: [txn(3, 'other')], snapshots };
    assert.match(String(judged(log)), /^R1: 0:3 in the log of server 2 is another transaction/);
  });

  test('may not go back, whatever is allowed, where that was not kept apart', () => {
    const log = { chains: [chain(1, 2, 3, 4), chain(3, 4, 5, 6)], snapshots };
    assert.is(judged(log), 'R2: server 2 has 0:3 in its log again');
  });

  test('may not have a hole, whatever is there again', () => {
    const lacks =
      'R2: server 2 lacks what comes before 0:5 in its log, from 0:4 on, which is nowhere';
    assert.is(judged({ chains: [chain(1, 2, 3), chain(5, 6)], snapshots }), lacks);
    const log = { chains: [chain(1, 2, 3), chain(5, 6)], again: chain(2, 3), snapshots };
    assert.is(judged(log), lacks);
    assert.is.not(typeof judged({ ...log, snapshots: [0n, 4n] }), 'string');
  });

  test('may not have what was missing later, whatever is allowed', () => {
    const lacks = 'R2: server 2 lacks what comes before 0:5 in its log, from 0:4 on';
    const log = { chains: [chain(1, 2, 3), chain(5, 6), chain(4)], snapshots };
    assert.is(judged(log), `${lacks}, which comes later`);
  });

  test('may not lack the end, whatever is there again', () => {
    const log = { chains: [chain(1, 2, 3, 4)], again: chain(3, 4), snapshots };
    assert.is(judged(log), 'R2: the log of server 2 lacks the end, 0:6');
  });
});

/** A folder with the files of a server. */
class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'vivarium-server-log-'));

  put(name: string, bytes: Uint8Array = new Uint8Array(0)): void {
    mkdirSync(join(this.path, 'version-2'), { recursive: true });
    writeFileSync(join(this.path, 'version-2', name), bytes);
  }

  /** Writes a log with these transactions, which takes its name from the first. */
  log(...numbers: number[]): void {
    const records = numbers.map((number) => {
      const disk = freshDisk();
      writeLogs(disk, { from: number, to: number });
      return filesOf(disk).get(`logs/log.${number.toString(16)}`)!;
    });
    const parts = records.map((bytes) => bytes.subarray(FILE_HEADER_BYTES));
    const header = records[0]!.subarray(0, FILE_HEADER_BYTES);
    this.put(`log.${numbers[0]!.toString(16)}`, concatBytes([header, ...parts]));
  }
}

/** What a reader finds in a folder. */
function read(fill: (folder: Folder) => void) {
  const folder = new Folder();
  try {
    fill(folder);
    const { chains, again = [] } = new ServerLogReader(1, folder.path).read();
    const numbers = (all: readonly LoggedTxn[]) => all.map(({ zxid }) => Number(zxid));
    return { chains: chains.map(numbers), again: numbers(again) };
  } finally {
    rmSync(folder.path, { recursive: true, force: true });
  }
}

suite('the log of a server', (test) => {
  test('keeps apart what a log of Apache’s holds already, also in a later file', () => {
    const found = read((folder) => {
      folder.log(1, 2, 3, 4, 2, 5, 3, 4);
      folder.log(6, 5, 6, 7);
    });
    assert.equal(found, { chains: [[1, 2, 3, 4, 5, 6, 7]], again: [2, 3, 4, 5, 6] });
  });

  test('keeps nothing apart of a log of ours', () => {
    const found = read((folder) => {
      folder.log(1, 2, 3, 4, 2, 3, 4, 5);
      folder.put('vivarium-log.1');
    });
    const chains = [
      [1, 2, 3, 4],
      [2, 3, 4, 5],
    ];
    assert.equal(found, { chains, again: [] });
  });

  test('has a hole where something is missing behind what comes again', () => {
    const found = read((folder) => folder.log(1, 2, 3, 4, 2, 3, 6));
    assert.equal(found, { chains: [[1, 2, 3, 4], [6]], again: [2, 3] });
  });

  test('keeps nothing apart that stands before a snapshot of what was missed', () => {
    const found = read((folder) => {
      folder.log(1, 2, 3, 6, 7, 2);
      folder.put('snapshot.5');
    });
    assert.equal(found, { chains: [[1, 2, 3], [6, 7], [2]], again: [] });
  });
});
