import { plainTextIn } from './stored-text.js';

/** A number that a node holds, and how it is written. */
export interface StoredNumber {
  /** In decimal digits, exact. */
  readonly text: string;
  /** Eight bytes and four, greatest first, or digits. */
  readonly form: 'int64' | 'int32' | 'text';
  /** Could as well be something else: it is text, or enormous. */
  readonly isDoubtful: boolean;
}

/** What stands before the name of the marker by which our counters and values know their writes. */
const MARKER = /^_op_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const DECIMAL = /^-?(?:0|[1-9]\d{0,18})(?:\.\d{1,15})?$/;

/** Whether a child of a counter or a value is the marker of a client of ours that writes. */
export function isWriteMarker(name: string): boolean {
  return MARKER.test(name);
}

/** Reads a number; undefined for bytes that are none. */
export function numberIn(data: Uint8Array): StoredNumber | undefined {
  const text = plainTextIn(data);
  if (text !== undefined) {
    return DECIMAL.test(text) ? { text, form: 'text', isDoubtful: true } : undefined;
  }
  if (data.length !== 8 && data.length !== 4) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  // Numbers that somebody counts up begin with many equal bits; other binary data seldom does.
  const isSmall = data[0] === data[1] && (data[0] === 0 || data[0] === 0xff);
  const isDoubtful = !isSmall;
  if (data.length === 8) return { text: String(view.getBigInt64(0)), form: 'int64', isDoubtful };
  return { text: String(view.getInt32(0)), form: 'int32', isDoubtful };
}
