import type { PastQuestion } from '@vivarium/core/internal/admin/past';
import { answerPast } from '@vivarium/core/internal/node/past/past-answer';
import { PastReader } from '@vivarium/core/internal/node/past/past-reader';
import type { DiskReader } from '@vivarium/core/internal/storage/disk';
import * as assert from 'uvu/assert';
import { suite } from '../../../support/suite.js';
import { Store } from '../../storage/store.js';

const FOLDERS = { snapshots: '/data/version-2', logs: '/logs/version-2' };
const ROOM = { extendedTypes: true, maxBytes: 1 << 30 };
const PAGE: PastQuestion = { type: 'transactions', limit: 500, inFull: false, withBelow: false };

function gone(file: string): Error {
  return Object.assign(new Error(`ENOENT: no such file, open '${file}'`), { code: 'ENOENT' });
}

/** A store with a few logs. */
function lived(seed: number): Store {
  const store = new Store({ seed });
  for (let i = 0; i < 12; i++) {
    store.append(4);
    store.flush();
    store.snapshotSlice(6);
  }
  return store;
}

function ask(reader: PastReader, question: PastQuestion, until: bigint) {
  return answerPast(reader, { question, until, chunked: false }, FOLDERS);
}

suite('files that change while the past is read', (test) => {
  test('are read again when a purge took one away, and what is left is told', () => {
    const store = lived(1);
    const { disk } = store;
    const [oldest] = disk
      .list('logs/')
      .map(({ name }) => name)
      .filter((name) => /^log\./.test(name));
    let purges = 1;
    const reader = new PastReader(
      {
        list: (folder) => disk.list(folder),
        read: (file, position, length) => {
          if (file === `logs/${oldest}` && purges-- > 0) {
            store.purge(1);
            throw gone(file);
          }
          return disk.read(file, position, length);
        },
      },
      ROOM,
    );
    const until = store.database.lastZxid;
    const told = ask(reader, PAGE, until);
    assert.is(told.type, 'transactions');
    const zxids = told.type === 'transactions' ? told.rows.map(({ zxid }) => zxid) : [];
    const kept = [...store.history].reverse().map(({ header }) => header.zxid);
    assert.ok(zxids.length > 0 && zxids.length < kept.length, String(zxids.length));
    assert.equal(zxids, kept.slice(0, zxids.length));
  });

  test('are said to be, when that does not end', () => {
    const store = lived(2);
    const disk: DiskReader = {
      list: (folder) => store.disk.list(folder),
      read: (file) => {
        throw gone(file);
      },
    };
    const told = ask(new PastReader(disk, ROOM), PAGE, store.database.lastZxid);
    assert.is(told.type, 'refused');
    assert.match(
      told.type === 'refused' ? told.error : '',
      'changed while they were read; ask again',
    );
  });

  test('that are damaged give no tree of a moment behind the damage', () => {
    const store = lived(3);
    const until = store.database.lastZxid;
    const at = { zxid: until };
    const question: PastQuestion = { type: 'node', at, path: '/', skip: 0, limit: 9 };
    const whole = ask(new PastReader(store.disk, ROOM), question, until);
    assert.is(whole.type, 'node');
    const files = store.disk.list('logs/').filter(({ name }) => /^log\./.test(name));
    const { name, size } = files.at(-1)!;
    const holed: DiskReader = {
      list: (folder) => store.disk.list(folder),
      read: (file, position, length) => {
        const bytes = store.disk.read(file, position, length).slice();
        if (file === `logs/${name}` && position < 60 && position + bytes.length > 60) {
          bytes[60 - position]! ^= 0xff;
        }
        return bytes;
      },
    };
    assert.ok(size > 60);
    const told = ask(new PastReader(holed, ROOM), question, until);
    assert.is(told.type, 'refused');
    assert.match(told.type === 'refused' ? told.error : '', 'a file is damaged or gone');
  });

  test('and defects are nobody’s answer', () => {
    const disk: DiskReader = {
      list: () => {
        throw new TypeError('a defect');
      },
      read: () => new Uint8Array(),
    };
    assert.throws(() => ask(new PastReader(disk, ROOM), PAGE, 1n), /a defect/);
  });
});
