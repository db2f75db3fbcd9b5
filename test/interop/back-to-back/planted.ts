/**
 * Differences planted into what the second server says, one at a time, to show that the comparison
 * finds each. Every one is a mistake that a server could make.
 */
import { codes } from '@vivarium/core/internal/base/errors';
import { readMultiResponse } from '@vivarium/core/internal/wire/multi';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import {
  GetAclResponse,
  GetChildrenResponse,
  GetDataResponse,
  PathResponse,
  ReplyHeader,
  type Stat,
  StatResponse,
  WatcherEvent,
} from '@vivarium/core/internal/wire/records';
import type { JuteType, TypeOf } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import { writeMultiResponse } from '../multi-response.js';
import { answerOf } from '../wire-client.js';
import type { Mutation, RawItem } from './lane.js';
import { isEvent } from './normal-form.js';

export interface Planted {
  readonly what: string;
  /** Falsifies where it can; `undefined` where it has nothing to falsify. */
  readonly items?: (items: readonly RawItem[]) => readonly RawItem[] | undefined;
  readonly handshake?: NonNullable<Mutation['handshake']>;
}

const HEADER = 16;
type Header = TypeOf<typeof ReplyHeader>;

function rewritten<T>(
  frame: Uint8Array,
  type: JuteType<T> | null,
  change: (header: Header, value: T) => readonly [Header, T],
): Uint8Array {
  const from = new Reader(frame);
  const [header, value] = change(ReplyHeader.read(from), type?.read(from) as T);
  const writer = new Writer();
  ReplyHeader.write(writer, header);
  if (type !== null) type.write(writer, value);
  else writer.raw(frame.subarray(HEADER));
  return writer.copy();
}

/** Falsifies the first frame of a settle for which `change` has an answer. */
function first(what: string, change: (item: RawItem) => Uint8Array | undefined): Planted {
  return {
    what,
    items: (items) => {
      for (const [index, item] of items.entries()) {
        const frame = change(item);
        if (frame === undefined) continue;
        return items.map((other, i) => (i === index ? { ...item, frame } : other));
      }
      return undefined;
    },
  };
}

const isReply = ({ request }: RawItem) => request !== undefined && request.code !== opcodes.ping;

function header(what: string, when: (header: Header) => boolean, change: (h: Header) => Header) {
  return first(what, (item) => {
    if (!isReply(item) || !when(answerOf(item.frame).header)) return undefined;
    return rewritten<undefined>(item.frame, null, (old, rest) => [change(old), rest]);
  });
}

function event(
  what: string,
  change: (value: TypeOf<typeof WatcherEvent>, header: Header) => object,
) {
  return first(what, ({ frame }) =>
    isEvent(frame)
      ? rewritten(frame, WatcherEvent, (old, value) => {
          const changed = change(value, old);
          return [
            { ...old, ...changed },
            { ...value, ...changed },
          ];
        })
      : undefined,
  );
}

/** Falsifies the body of a successful reply to one operation. */
function body<T>(
  what: string,
  code: number,
  type: JuteType<T>,
  change: (value: T) => T | undefined,
): Planted {
  return first(what, ({ frame, request }) => {
    if (request?.code !== code || answerOf(frame).header.err !== 0) return undefined;
    const value = change(type.read(new Reader(frame, HEADER)));
    if (value === undefined) return undefined;
    return rewritten(frame, type, (old) => [old, value]);
  });
}

function stat(what: string, change: (stat: Stat) => Partial<Stat> | undefined): Planted {
  return body(what, opcodes.exists, StatResponse, ({ stat: old }) => {
    const changed = change(old);
    return changed === undefined ? undefined : { stat: { ...old, ...changed } };
  });
}

function moved(
  what: string,
  move: (items: RawItem[], at: number) => RawItem[] | undefined,
  at: (item: RawItem, next: RawItem | undefined) => boolean,
): Planted {
  return {
    what,
    items: (items) => {
      const index = items.findIndex((item, i) => at(item, items[i + 1]));
      return index < 0 ? undefined : move([...items], index);
    },
  };
}

const swap = (items: RawItem[], at: number): RawItem[] => {
  const [one, two] = [items[at]!, items[at + 1]!];
  items.splice(at, 2, two, one);
  return items;
};
const isEventItem = ({ request }: RawItem) => request === undefined;

/** Each changes one thing. */
export const planted: readonly Planted[] = [
  header(
    'the zxid of a reply is one ahead',
    ({ zxid }) => zxid > 0n,
    (old) => ({ ...old, zxid: old.zxid + 1n }),
  ),
  header(
    'a missing node is told as forbidden',
    ({ err }) => err === codes.NO_NODE,
    (old) => ({ ...old, err: codes.NO_AUTH }),
  ),
  header(
    'a wrong version is told as done',
    ({ err }) => err === codes.BAD_VERSION,
    (old) => ({ ...old, err: 0 }),
  ),
  header(
    'a request that cannot be decoded is told as a bad argument',
    ({ err }) => err === codes.MARSHALLING_ERROR,
    (old) => ({ ...old, err: codes.BAD_ARGUMENTS }),
  ),
  moved(
    'an event is lost',
    (items, at) => [...items.slice(0, at), ...items.slice(at + 1)],
    (item) => isEventItem(item),
  ),
  moved(
    'an event comes twice',
    (items, at) => [...items.slice(0, at + 1), ...items.slice(at)],
    (item) => isEventItem(item),
  ),
  moved(
    'an event comes after the reply it has to precede',
    swap,
    (item, next) => isEventItem(item) && next !== undefined && isReply(next),
  ),
  moved(
    'two events change places',
    swap,
    (item, next) => isEventItem(item) && next !== undefined && isEventItem(next),
  ),
  event('a change of data is told as a creation', (value) => ({ type: value.type === 1 ? 3 : 1 })),
  event('an event names the node above', ({ path }) => ({ path: `${path}/x` })),
  event('an event has another state', () => ({ state: 5 })),
  stat('the version is one too high', ({ version }) => ({ version: version + 1 })),
  stat('cversion counts creations only', ({ cversion, numChildren }) =>
    cversion === numChildren ? undefined : { cversion: (cversion + numChildren) / 2 },
  ),
  stat('aversion stays behind', ({ aversion }) => (aversion > 0 ? { aversion: 0 } : undefined)),
  stat('a child counts as no change of its parent', ({ pzxid, czxid }) =>
    pzxid === czxid ? undefined : { pzxid: czxid },
  ),
  stat('times are in seconds', ({ mtime, mzxid }) =>
    mzxid === 0n ? undefined : { mtime: Math.floor(mtime / 1000) },
  ),
  stat('an ephemeral node seems to have no owner', ({ ephemeralOwner }) =>
    ephemeralOwner === 0n ? undefined : { ephemeralOwner: 0n },
  ),
  stat('the number of children is one too high', ({ numChildren }) => ({
    numChildren: numChildren + 1,
  })),
  body('empty data is told as none', opcodes.getData, GetDataResponse, (value) =>
    value.data?.length === 0 ? { ...value, data: null } : undefined,
  ),
  body('a byte of data is another', opcodes.getData, GetDataResponse, (value) =>
    value.data === null || value.data.length === 0
      ? undefined
      : { ...value, data: value.data.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) },
  ),
  body('a child is missing', opcodes.getChildren, GetChildrenResponse, ({ children }) =>
    children.length === 0 ? undefined : { children: children.slice(1) },
  ),
  body('a sequence number is one too high', opcodes.create, PathResponse, ({ path }) =>
    path !== null && /\d{10}$/.test(path)
      ? { path: path.slice(0, -1) + ((Number(path.at(-1)) + 1) % 10) }
      : undefined,
  ),
  body('an ACL entry is missing', opcodes.getAcl, GetAclResponse, (value) =>
    value.acl === null || value.acl.length === 0 ? undefined : { ...value, acl: [] },
  ),
  first('a byte follows a reply', ({ frame, request }) =>
    request?.code === opcodes.exists && frame.length > HEADER
      ? new Uint8Array([...frame, 0])
      : undefined,
  ),
  first('operations after the failed one of a multi seem fine', ({ frame, request }) =>
    request?.code === opcodes.multi ? withoutInconsistency(frame) : undefined,
  ),
  {
    what: 'the negotiated timeout is another',
    handshake: (reply) => ({ ...reply, timeOut: reply.timeOut + 1 }),
  },
  {
    what: 'the read-only byte is sent to who did not send it',
    handshake: (reply) => ({
      ...reply,
      readOnly: reply.readOnly === undefined ? false : undefined,
    }),
  },
];

function withoutInconsistency(frame: Uint8Array): Uint8Array | undefined {
  const { header, body: from } = answerOf(frame);
  if (header.err !== 0) return undefined;
  const results = readMultiResponse(from);
  const later = ({ type, ...rest }: (typeof results)[number]) =>
    type === 'error' && 'err' in rest && rest.err === codes.RUNTIME_INCONSISTENCY;
  if (!results.some(later)) return undefined;
  const writer = new Writer();
  ReplyHeader.write(writer, header);
  writeMultiResponse(
    writer,
    results.map((result) => (later(result) ? { type: 'error', err: 0 } : result)),
  );
  return writer.copy();
}

/** A mutation that plants one difference at the first occasion after `passOver` others. */
export class Planting implements Mutation {
  /** Whether it has been planted. */
  done = false;
  readonly #planted: Planted;
  #passOver: number;

  constructor(what: Planted, passOver: number) {
    this.#planted = what;
    this.#passOver = passOver;
  }

  items(items: readonly RawItem[]): readonly RawItem[] {
    if (this.done) return items;
    const changed = this.#planted.items?.(items);
    if (changed === undefined || this.#passOver-- > 0) return items;
    this.done = true;
    return changed;
  }

  handshake(reply: Parameters<NonNullable<Mutation['handshake']>>[0]) {
    const { handshake } = this.#planted;
    if (this.done || handshake === undefined || reply.timeOut <= 0) return reply;
    if (this.#passOver-- > 0) return reply;
    this.done = true;
    return handshake(reply);
  }
}
