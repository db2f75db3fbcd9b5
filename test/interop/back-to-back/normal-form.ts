/**
 * A reply or event as text that two servers must agree on: everything that may differ between
 * servers (zxid, time, session, password, order of children) is replaced by what must not.
 * Nothing else is lost: a frame whose decoded value does not encode to the same bytes says so.
 */
import { equalBytes, hex } from '@vivarium/core/internal/base/bytes';
import { readMultiResponse } from '@vivarium/core/internal/wire/multi';
import { opcodes, operationOf, operations } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { ReplyHeader, WatcherEvent } from '@vivarium/core/internal/wire/records';
import type { JuteType } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import { writeMultiResponse } from '../multi-response.js';

/** What a server's own numbers mean in terms that both servers share. */
export interface Names {
  /**
   * The comparison is with a release before 3.9, whose events carry no zxid and whose multi results
   * have no Stat of what they created: neither is compared.
   */
  readonly old: boolean;
  zxid(value: bigint): string;
  session(value: bigint): string;
  /** Checks that a node's time belongs to its zxid, and gives the form to compare. */
  time(value: number, zxid: bigint): string;
}

export interface NormalReply {
  readonly kind: 'reply';
  readonly xid: number;
  readonly err: number;
  readonly zxid: bigint;
  readonly text: string;
}

export interface NormalEvent {
  readonly kind: 'event';
  readonly type: number;
  readonly path: string;
  readonly zxid: bigint;
  readonly text: string;
}

const ZXID_FIELDS = new Set(['czxid', 'mzxid', 'pzxid']);
const UNORDERED_FIELDS = new Set(['children', 'ephemerals', 'clientInfo']);

/** Whether a frame is a watch event. */
export function isEvent(frame: Uint8Array): boolean {
  return frame.length >= 16 && new Reader(frame).int() === -1 && frame.length > 16;
}

export function normalEvent(frame: Uint8Array, names: Names): NormalEvent {
  const from = new Reader(frame);
  const header = ReplyHeader.read(from);
  const event = WatcherEvent.read(from);
  const exact = from.remaining === 0 ? '' : ` +${hex(frame.subarray(from.position))}`;
  const path = withoutPairs(JSON.stringify(event.path));
  const text = `event ${event.type} state ${event.state} ${path} at ${names.old ? 'any' : names.zxid(header.zxid)} err ${header.err}${exact}`;
  return { kind: 'event', type: event.type, path: event.path, zxid: header.zxid, text };
}

/** The reply to a request with opcode `code`. */
export function normalReply(frame: Uint8Array, code: number, names: Names): NormalReply {
  const from = new Reader(frame);
  const header = ReplyHeader.read(from);
  const head = `reply xid ${header.xid} at ${names.zxid(header.zxid)} err ${header.err}`;
  const text = `${head}${normalBody(from, code, header.err, names)}`;
  return { kind: 'reply', xid: header.xid, err: header.err, zxid: header.zxid, text };
}

function normalBody(from: Reader, code: number, err: number, names: Names): string {
  const rest = from.bytes.subarray(from.position, from.end);
  if (err !== 0) return rest.length === 0 ? '' : ` with a body ${hex(rest)}`;
  try {
    const writer = new Writer();
    let text: string;
    if (code === opcodes.multi || code === opcodes.multiRead) {
      const results = readMultiResponse(from);
      writeMultiResponse(writer, results);
      text = results
        .map((result) =>
          names.old && result.type === 'create2'
            ? show({ type: 'create', path: result.path }, names)
            : show(result, names),
        )
        .join('; ');
    } else {
      const name = operationOf(code);
      const type = name === undefined ? null : (operations[name].response as JuteType<unknown>);
      if (type === null) return ` ${hex(rest)}`;
      const value = type.read(from);
      type.write(writer, value);
      text = show(value, names);
    }
    const exact = equalBytes(writer.written(), rest) || text.includes(BROKEN_PAIR);
    return ` ${withoutPairs(text)}${exact ? '' : ` NOT CANONICAL ${hex(rest)}`}`;
  } catch (error) {
    return ` UNREADABLE ${hex(rest)} (${(error as Error).message})`;
  }
}

/**
 * Java writes a character beyond U+FFFF as two surrogates of three bytes each, which no reader of
 * UTF-8 takes for a character. Paths cannot hold one; a request that names one anyway may be told.
 */
const BROKEN_PAIR = '\ufffd'.repeat(6);

function withoutPairs(text: string): string {
  return text.replace(/[\u{10000}-\u{10ffff}]/gu, BROKEN_PAIR);
}

function show(value: unknown, names: Names): string {
  if (value instanceof Uint8Array) return `0x${hex(value)}`;
  if (Array.isArray(value)) return `[${value.map((item) => show(item, names)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const record = value as Record<string, unknown>;
  const fields = Object.entries(record).map(([name, field]) => {
    if (ZXID_FIELDS.has(name)) return `${name}:${names.zxid(field as bigint)}`;
    if (name === 'ctime') return `ctime:${names.time(field as number, record.czxid as bigint)}`;
    if (name === 'mtime') return `mtime:${names.time(field as number, record.mzxid as bigint)}`;
    if (name === 'ephemeralOwner') return `${name}:${names.session(field as bigint)}`;
    if (UNORDERED_FIELDS.has(name)) {
      const items = (field as unknown[]).map((item) => show(item, names));
      return `${name}:{${items.sort().join(', ')}}`;
    }
    if (name === 'acl' && Array.isArray(field)) return `acl:[${shownAcl(field, names).join(', ')}]`;
    return `${name}:${show(field, names)}`;
  });
  return `{${fields.join(' ')}}`;
}

/**
 * Where an ACL says `auth`, the identities of the connection stand in its place, in an order that
 * is Java's own; so neighbours of one scheme with the same permissions are compared as a set.
 */
function shownAcl(list: readonly unknown[], names: Names): readonly string[] {
  const shown = list.map((entry) => show(entry, names));
  const kind = (text: string | undefined) => text?.replace(/id:"[^"]*"}}$/, '');
  for (let from = 0; from < shown.length; ) {
    let to = from + 1;
    while (to < shown.length && kind(shown[to]) === kind(shown[from])) to++;
    shown.splice(from, to - from, ...shown.slice(from, to).sort());
    from = to;
  }
  return shown;
}
