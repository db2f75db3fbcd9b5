/** Ways in which a transaction log comes to harm, and what is to be said of each. */
import type { DamageKind } from '@vivarium/core/internal/node/cli/inspect/damage';
import { adler32Slowly } from '../../support/adler32-slowly.js';
import { HEADER, PREFIX, type RecordPlace } from './layout.js';

/** A file that was damaged, or left sound on purpose. */
export interface DamagedFile {
  readonly bytes: Buffer;
  /** Each with its place; none where the file is sound. */
  readonly damages: readonly (readonly [kind: DamageKind, offset: number])[];
  /**
   * What is to be shown all the same: zxids of a log, or the number of nodes of a snapshot, or
   * between one and so many of them, where the place cannot be told from outside.
   */
  readonly shown: readonly string[] | number | { readonly atMost: number };
  /** Whether `--repair` mends it. */
  readonly mends?: boolean;
  /** Whether it gets the name of another log. */
  readonly renamed?: boolean;
}

/** A sound log with what is known of it. */
export interface SoundLog {
  readonly bytes: Buffer;
  readonly records: readonly RecordPlace[];
  /** Behind its last record. */
  readonly end: number;
  /** Whether notes beside it prove that all its records were durable. */
  readonly hasFacts: boolean;
}

type Damager = (log: SoundLog) => DamagedFile;

const MIDDLE = (log: SoundLog) => log.records[Math.floor(log.records.length / 2)]!;
const LAST = (log: SoundLog) => log.records.at(-1)!;
const zxids = (records: readonly RecordPlace[]) => records.map(({ zxid }) => zxid);
const without = (log: SoundLog, ...gone: readonly RecordPlace[]) =>
  zxids(log.records.filter((record) => !gone.includes(record)));

function copy(log: SoundLog): Buffer {
  return Buffer.from(log.bytes);
}

/** One bit of a record is another one. */
function flipped(kind: DamageKind, of: (log: SoundLog) => RecordPlace, into: number, bit = 0x04) {
  return (log: SoundLog): DamagedFile => {
    const record = of(log);
    const bytes = copy(log);
    const at = into < 0 ? record.end + into : record.at + into;
    bytes[at]! ^= bit;
    const mends = record === LAST(log) && !log.hasFacts;
    return { bytes, damages: [[kind, record.at]], shown: without(log, record), mends };
  };
}

/** The last record was not written from some byte on: the file ends there, or zeros follow. */
function torn(keep: (record: RecordPlace) => number, how: 'cut' | 'zeros') {
  return (log: SoundLog): DamagedFile => {
    const last = LAST(log);
    const at = keep(last);
    const bytes = copy(log).subarray(0, how === 'cut' ? at : log.bytes.length);
    if (how === 'zeros') bytes.fill(0, at);
    return {
      bytes,
      damages: [['torn', last.at]],
      shown: without(log, last),
      mends: !log.hasFacts,
    };
  };
}

function header(bytes: Buffer, kind: DamageKind, mends = false): DamagedFile {
  return { bytes, damages: [[kind, 0]], shown: [], mends };
}

/** Records put together anew. */
function joined(log: SoundLog, records: readonly RecordPlace[]): Buffer {
  const parts = records.map(({ at, end }) => log.bytes.subarray(at, end));
  return Buffer.concat([log.bytes.subarray(0, HEADER), ...parts]);
}

/** What follows the last record. */
function appended(log: SoundLog, more: Buffer, rest: Omit<DamagedFile, 'bytes' | 'shown'>) {
  const bytes = Buffer.concat([log.bytes.subarray(0, log.end), more]);
  return { bytes, shown: zxids(log.records), ...rest };
}

export const logDamages: Readonly<Record<string, Damager>> = {
  'an empty file': ({ hasFacts }) => header(Buffer.alloc(0), 'empty', !hasFacts),
  'three bytes of a header': (log) => header(log.bytes.subarray(0, 3), 'no-header', !log.hasFacts),
  'nine bytes of a header': (log) => header(log.bytes.subarray(0, 9), 'no-header', !log.hasFacts),
  'zeros alone': (log) => header(Buffer.alloc(65_536), 'no-header', !log.hasFacts),
  'text instead of a log': () => header(Buffer.from('not a log at all\n'), 'not-this-kind'),
  'a bit of the magic flipped': (log) => {
    const bytes = copy(log);
    bytes[2]! ^= 0x10;
    return { bytes, damages: [['not-this-kind', 0]], shown: zxids(log.records), mends: true };
  },
  'a bit of the version flipped': (log) => {
    const bytes = copy(log);
    bytes[7]! ^= 0x01;
    return { bytes, damages: [['unknown-version', 0]], shown: zxids(log.records), mends: true };
  },
  'no header in front of the records': (log) => ({
    bytes: copy(log).subarray(HEADER),
    damages: [['not-this-kind', 0]],
    shown: zxids(log.records),
  }),
  'a header flipped, and a record': (log) => {
    const bytes = copy(log);
    bytes[0]! ^= 0x01;
    bytes[MIDDLE(log).at + 40]! ^= 0x01;
    return {
      bytes,
      damages: [
        ['not-this-kind', 0],
        ['checksum', MIDDLE(log).at],
      ],
      shown: without(log, MIDDLE(log)),
    };
  },
  'the file cut within a prefix': torn(({ at }) => at + 5, 'cut'),
  'the file cut behind a prefix': torn(({ at }) => at + PREFIX, 'cut'),
  'the file cut within a body': torn(({ at }) => at + PREFIX + 30, 'cut'),
  'the file cut before an end mark': torn(({ end }) => end - 1, 'cut'),
  'zeros within a prefix': torn(({ at }) => at + 8, 'zeros'),
  'zeros within a body': torn(({ at }) => at + PREFIX + 30, 'zeros'),
  'zeros for an end mark': torn(({ end }) => end - 1, 'zeros'),
  'a bit of the first body flipped': flipped('checksum', (log) => log.records[0]!, 40),
  'a bit of a middle body flipped': flipped('checksum', MIDDLE, 40),
  'a bit of the last body flipped': flipped('checksum', LAST, 40),
  'a bit of a zxid flipped': flipped('checksum', MIDDLE, PREFIX + 19),
  'a bit of the first checksum flipped': flipped('checksum', (log) => log.records[0]!, 5),
  'a bit of a middle checksum flipped': flipped('checksum', MIDDLE, 6),
  'a bit of the last checksum flipped': flipped('checksum', LAST, 7),
  'a bit above a checksum flipped': flipped('checksum', MIDDLE, 2),
  'a bit of a middle length flipped': flipped('length', MIDDLE, 11),
  'a bit of the last length flipped': flipped('length', LAST, 10),
  'the sign of a length flipped': flipped('length', MIDDLE, 8, 0x80),
  'a middle end mark flipped': flipped('end-mark', MIDDLE, -1),
  'the last end mark flipped': flipped('end-mark', LAST, -1),
  'a record of zeros': (log) => {
    const [record, bytes] = [MIDDLE(log), copy(log)];
    bytes.fill(0, record.at, record.end);
    return { bytes, damages: [['zeros', record.at]], shown: without(log, record) };
  },
  'three records of zeros': (log) => {
    const at = log.records.indexOf(MIDDLE(log));
    const gone = log.records.slice(at, at + 3);
    const bytes = copy(log);
    bytes.fill(0, gone[0]!.at, gone[2]!.end);
    return { bytes, damages: [['zeros', gone[0]!.at]], shown: without(log, ...gone) };
  },
  'a record taken out': (log) => ({
    bytes: joined(
      log,
      log.records.filter((record) => record !== MIDDLE(log)),
    ),
    damages: [['gap', MIDDLE(log).at]],
    shown: without(log, MIDDLE(log)),
  }),
  'two records exchanged': (log) => {
    const at = log.records.indexOf(MIDDLE(log));
    const [a, b] = [log.records[at]!, log.records[at + 1]!];
    const order = [...log.records.slice(0, at), b, a, ...log.records.slice(at + 2)];
    return { bytes: joined(log, order), damages: [['gap', a.at]], shown: zxids(order) };
  },
  'the last three records gone': (log) => {
    const kept = log.records.slice(0, -3);
    const end = kept.at(-1)!.end;
    const bytes = log.bytes.subarray(0, end);
    return { bytes, damages: log.hasFacts ? [['lost', end]] : [], shown: zxids(kept) };
  },
  'half a record behind the last': (log) => {
    const half = log.bytes.subarray(LAST(log).at, LAST(log).at + 40);
    return appended(log, half, { damages: [['torn', log.end]], mends: true });
  },
  'text behind the last record': (log) => {
    const more = Buffer.from('something that was never a record, and yet stands in a log');
    return appended(log, more, { damages: [['garbage', log.end]], mends: true });
  },
  'more zeros than were allocated': (log) => appended(log, Buffer.alloc(300_000), { damages: [] }),
  'no zeros behind the last record': (log) => appended(log, Buffer.alloc(0), { damages: [] }),
  'two records with a flipped bit each': (log) => {
    const [first, last] = [log.records[2]!, LAST(log)];
    const bytes = copy(log);
    bytes[first.at + 40]! ^= 0x20;
    bytes[last.at + 40]! ^= 0x20;
    return {
      bytes,
      damages: [
        ['checksum', first.at],
        ['checksum', last.at],
      ],
      shown: without(log, first, last),
    };
  },
  'a flipped bit and a torn end': (log) => {
    const [first, last] = [log.records[0]!, LAST(log)];
    const bytes = copy(log).subarray(0, last.at + 30);
    bytes[first.at + 40]! ^= 0x20;
    return {
      bytes,
      damages: [
        ['checksum', first.at],
        ['torn', last.at],
      ],
      shown: without(log, first, last),
    };
  },
  'a sound record of no known type': (log) => {
    const [record, bytes] = [MIDDLE(log), copy(log)];
    bytes.writeInt32BE(77, record.at + PREFIX + 28);
    bytes.writeUInt32BE(
      adler32Slowly(bytes.subarray(record.at + PREFIX, record.end - 1)),
      record.at + 4,
    );
    return { bytes, damages: [['meaningless', record.at]], shown: zxids(log.records) };
  },
  'the name of another log': (log) => ({
    bytes: copy(log),
    damages: [['name', HEADER]],
    shown: zxids(log.records),
    renamed: true,
  }),
};
