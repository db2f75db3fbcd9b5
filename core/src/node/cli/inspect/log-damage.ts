import { ADLER_START, adler32 } from '../../../storage/adler32.js';
import {
  LOG_HEADER_BYTES,
  LOG_MAGIC,
  LOG_VERSION,
  RECORD_END,
  RECORD_PREFIX_BYTES,
  TXN_HEADER_BYTES,
} from '../../../storage/log-format.js';
import { SNAPSHOT_MAGIC } from '../../../storage/snapshot-format.js';
import { Reader } from '../../../wire/reader.js';
import type { Damage } from './damage.js';
import type { OpenedFile } from './opened-file.js';

/** What is wrong, without where that leaves the rest of the file. */
export type Diagnosis = Pick<Damage, 'kind' | 'what'>;

/** A stretch of a log in which no sound record begins. */
export interface BadStretch {
  readonly at: number;
  /** Where the next sound record begins; else behind the last byte that is not zero. */
  readonly until: number;
  /** Whether a sound record begins there. */
  readonly goesOn: boolean;
}

/** More than this of a bad record is not looked at: no server logs so much at once. */
const LARGEST_RECORD_BYTES = 64 << 20;

/** What is wrong with a file that does not begin as a log does. */
export function diagnoseHeader({ disk, file, size }: OpenedFile, writtenEnd: number): Diagnosis {
  if (size === 0) return { kind: 'empty', what: 'the file is empty' };
  if (writtenEnd === 0) {
    return { kind: 'no-header', what: `its ${size} bytes are all zeros` };
  }
  const bytes = disk.read(file, 0, LOG_HEADER_BYTES);
  const magic = bytes.length < 4 ? 0 : new Reader(bytes).int();
  if (magic === LOG_MAGIC || isStartOfMagic(bytes)) {
    if (bytes.length < LOG_HEADER_BYTES) {
      const what = `the file ends within its header, after ${bytes.length} bytes`;
      return { kind: 'no-header', what };
    }
    const version = new Reader(bytes, 4).int();
    const what = `it is in version ${version} of the format, and ${LOG_VERSION} is the one known`;
    return { kind: 'unknown-version', what };
  }
  if (magic === SNAPSHOT_MAGIC) {
    const what = 'it is a snapshot, not a transaction log: vivarium inspect snapshot shows it';
    return { kind: 'not-this-kind', what };
  }
  const head = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  const what = `it begins with ${head}, and a transaction log with 5a4b4c47 (ZKLG)`;
  return { kind: 'not-this-kind', what };
}

function isStartOfMagic(bytes: Uint8Array): boolean {
  const magic = [0x5a, 0x4b, 0x4c, 0x47];
  return bytes.length < 4 && bytes.every((byte, at) => byte === magic[at]);
}

/** What is wrong where a sound record should begin. */
export function diagnoseRecord(
  { disk, file, size }: OpenedFile,
  { at, until, goesOn }: BadStretch,
): Diagnosis {
  const bytes = disk.read(file, at, Math.min(until - at, LARGEST_RECORD_BYTES));
  if (goesOn && bytes.every((byte) => byte === 0)) {
    return { kind: 'zeros', what: `${until - at} bytes are zero where records should be` };
  }
  if (bytes.length < RECORD_PREFIX_BYTES && !goesOn) {
    return { kind: 'torn', what: `only the first ${bytes.length} bytes of a record are there` };
  }
  const prefix = new Uint8Array(RECORD_PREFIX_BYTES);
  prefix.set(bytes.subarray(0, RECORD_PREFIX_BYTES));
  const reader = new Reader(prefix);
  const high = reader.int();
  const checksum = reader.int() >>> 0;
  const length = reader.int();
  const real = realLength(bytes, checksum);
  if (real !== undefined && real !== length) {
    const what = `its length says ${length} bytes, and it has ${real}, which match its checksum`;
    return { kind: 'length', what };
  }
  const needed = RECORD_PREFIX_BYTES + length + 1;
  const isWhole = length >= TXN_HEADER_BYTES && needed <= bytes.length;
  const sum = isWhole
    ? adler32(ADLER_START, bytes, RECORD_PREFIX_BYTES, RECORD_PREFIX_BYTES + length)
    : -1;
  if (high !== 0 && sum !== checksum) {
    const head = Buffer.from(prefix.subarray(0, 8)).toString('hex');
    const what = `${until - at} bytes are no record: they begin with ${head}, which is no checksum`;
    return { kind: 'garbage', what };
  }
  if (length < TXN_HEADER_BYTES) {
    return { kind: 'length', what: `a transaction cannot have a length of ${length} bytes` };
  }
  if (!isWhole) {
    if (goesOn) {
      const room = until - at - RECORD_PREFIX_BYTES - 1;
      const what = `its length says ${length} bytes, and the next sound record begins after ${room}`;
      return { kind: 'length', what };
    }
    const tail = at + needed > size ? 'the file ends' : 'zeros stand in the place of the rest';
    const what = `of the ${needed} bytes of a record only ${bytes.length} are there: ${tail}`;
    return { kind: 'torn', what };
  }
  if (sum !== checksum || high !== 0) {
    const stored = high === 0 ? hex8(checksum) : `${hex8(high >>> 0)}${hex8(checksum)}`;
    const what = `its checksum is ${stored}, and that of its bytes ${hex8(sum)}`;
    return { kind: 'checksum', what };
  }
  const mark = bytes[needed - 1]!.toString(16).padStart(2, '0');
  const what = `${mark} stands behind it in place of the end mark ${RECORD_END.toString(16)}`;
  return { kind: 'end-mark', what };
}

/** The length that the bytes up to the end of the stretch have, when they match the checksum. */
function realLength(bytes: Uint8Array, checksum: number): number | undefined {
  const end = bytes.length - 1;
  const length = end - RECORD_PREFIX_BYTES;
  if (length < TXN_HEADER_BYTES || bytes[end] !== RECORD_END) return undefined;
  return adler32(ADLER_START, bytes, RECORD_PREFIX_BYTES, end) === checksum ? length : undefined;
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}
