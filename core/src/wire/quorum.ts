/**
 * What the leader and its learners say to each other: packets in a bare stream, without lengths
 * before them. Numbers, names and contents are ZooKeeper's, up to those of Vivarium at the end.
 *
 * @see ZooKeeper 3.9 Leader, Learner, LearnerHandler and zookeeper.jute
 */
import { MalformedError, Reader } from './reader.js';
import { Id } from './records.js';
import { int, long, record, type TypeOf } from './types.js';
import { Writer } from './writer.js';

export const packetTypes = {
  /** Learner: a client's request that only the leader can decide. */
  request: 1,
  /** Leader: a transaction to log. */
  proposal: 2,
  /** Learner: a transaction, or the whole history of a new leader, is durable. */
  ack: 3,
  /** Leader: a transaction is to be applied. */
  commit: 4,
  /** Leader: are you there? Learner: yes, and these sessions were heard from. */
  ping: 5,
  /** Learner: a client came back with its session. Leader: it may, or may not. */
  revalidate: 6,
  /** Leader: the oldest sync that waits may be answered. */
  sync: 7,
  /** Leader to observer: a transaction to log and apply. */
  inform: 8,
  commitAndActivate: 9,
  /** Leader: this is the history; say when it is durable. */
  newLeader: 10,
  /** Learner's first word, if it is a follower. */
  followerInfo: 11,
  /** Leader: a quorum has the history; serve. */
  upToDate: 12,
  /** Leader: what follows brings you up to date. */
  diff: 13,
  /** Leader: forget what is behind this transaction. */
  trunc: 14,
  /** Leader: a snapshot follows. */
  snap: 15,
  /** Learner's first word, if it is an observer. */
  observerInfo: 16,
  /** Leader: the epoch that is to begin. */
  leaderInfo: 17,
  /** Learner: the epoch is accepted, and this is my history's end. */
  ackEpoch: 18,
  informAndActivate: 19,
  /** Vivarium's leader: the learner's report with the number in the zxid's place has come. */
  heard: 1001,
  /** Vivarium's leader: what passwords of sessions are made and proved with. */
  secrets: 1002,
  /** Vivarium's leader: the last transaction that the snapshot before it may show effects of. */
  snapEnd: 1003,
  /** Vivarium's learner: a REQUEST of a session that it alone knows. */
  localRequest: 1004,
} as const;

/** For messages to operators. */
export function packetName(type: number): string {
  const found = Object.entries(packetTypes).find(([, number]) => number === type);
  return found === undefined ? `packet ${type}` : found[0].toUpperCase();
}

/** The one version of the protocol since ZooKeeper 3.4. */
export const ZAB_VERSION = 0x10000;
/** Behind a snapshot on the wire. */
export const SNAPSHOT_SIGNATURE = 'BenWasHere';

/** More than any transaction has; a length beyond it is no length. */
const LARGEST_DATA_BYTES = 256 << 20;
const MOST_IDENTITIES = 4096;
/** Type, zxid and the length of the data. */
const PREFIX_BYTES = 16;

const NO_IDENTITIES: readonly Id[] = [];

/** Writes a packet without identities, as all but requests are. */
export function writePacket(
  to: Writer,
  type: number,
  zxidHigh: number,
  zxidLow: number,
  data: Uint8Array | null = null,
): void {
  to.int(type);
  to.halves(zxidHigh, zxidLow);
  to.bufferOrNull(data);
  to.int(-1);
}

/**
 * Writes a REQUEST: whose, which, its body as it came, and who asks.
 *
 * @param type REQUEST, or what Vivarium's servers have for local sessions
 */
export function writeRequest(
  to: Writer,
  type: number,
  session: { readonly idHigh: number; readonly idLow: number },
  cxid: number,
  operation: number,
  body: Uint8Array,
  identities: readonly Id[],
): void {
  to.int(type);
  to.halves(-1, -1);
  to.int(REQUEST_PREFIX_BYTES + body.length);
  to.halves(session.idHigh, session.idLow);
  to.int(cxid);
  to.int(operation);
  to.raw(body);
  to.int(identities.length);
  for (const identity of identities) Id.write(to, identity);
}

/** Session, cxid and operation, in front of a forwarded request's body. */
export const REQUEST_PREFIX_BYTES = 16;

/**
 * Finds packets in a stream. Push bytes as they come, in any pieces; {@link next} goes to the next
 * whole packet. Data and identities are views that stay valid.
 */
export class PacketReader {
  type = 0;
  zxidHigh = 0;
  zxidLow = 0;
  /** `null` and empty are different. */
  data: Uint8Array | null = null;
  identities: readonly Id[] = NO_IDENTITIES;
  #bytes: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  /** Whether `#bytes` was made here, so that more may be written behind `#end`. */
  #isOwn = false;
  /** No packet is whole with less than this. */
  #needed = 0;
  readonly #from = new Reader(EMPTY);
  /** The clients of one machine have the same in every request. */
  #lastIdentity: Id | undefined;
  #lastIdentityBytes: Uint8Array = EMPTY;

  /** Bytes that no packet has used yet. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** Adds bytes; the reader owns them from now on. */
  push(bytes: Uint8Array): void {
    const left = this.buffered;
    if (left === 0) {
      this.#bytes = bytes;
      this.#start = 0;
      this.#end = bytes.length;
      this.#isOwn = false;
      return;
    }
    if (!this.#isOwn || this.#end + bytes.length > this.#bytes.length) {
      const room = new Uint8Array(Math.max(2 * (left + bytes.length), this.#needed));
      room.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = room;
      this.#start = 0;
      this.#end = left;
      this.#isOwn = true;
    }
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Takes away what no packet has used: the stream goes on as something else. */
  takeRest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#start, this.#end);
    this.#bytes = EMPTY;
    this.#start = 0;
    this.#end = 0;
    this.#needed = 0;
    return rest;
  }

  /**
   * Goes to the next whole packet; false when more bytes are needed.
   *
   * @throws MalformedError for lengths and counts that none can have
   */
  next(): boolean {
    const left = this.buffered;
    if (left < PREFIX_BYTES || left < this.#needed) return false;
    const from = this.#from.reset(this.#bytes, this.#start, this.#end);
    const type = from.int();
    const zxidHigh = from.int();
    const zxidLow = from.int();
    const length = from.int();
    if (length < -1 || length > LARGEST_DATA_BYTES) {
      throw new MalformedError(`a packet of type ${type} claims ${length} bytes of data`);
    }
    const dataAt = from.position;
    const dataBytes = Math.max(0, length);
    if (from.remaining < dataBytes + 4) return this.#wait(PREFIX_BYTES + dataBytes + 4);
    from.position = dataAt + dataBytes;
    const identities = this.#identities(from);
    if (identities === undefined) return false;
    this.type = type;
    this.zxidHigh = zxidHigh;
    this.zxidLow = zxidLow;
    this.data = length === -1 ? null : this.#bytes.subarray(dataAt, dataAt + dataBytes);
    this.identities = identities;
    this.#start = from.position;
    this.#needed = 0;
    return true;
  }

  #identities(from: Reader): readonly Id[] | undefined {
    const count = from.int();
    if (count < -1 || count > MOST_IDENTITIES) {
      throw new MalformedError(`a packet claims ${count} identities`);
    }
    if (count <= 0) return NO_IDENTITIES;
    const identities: Id[] = [];
    for (let left = count; left > 0; left--) {
      const last = this.#lastIdentity;
      if (last !== undefined && from.takeIf(this.#lastIdentityBytes)) {
        identities.push(last);
        continue;
      }
      if (!isIdentityWhole(from)) return undefined;
      const at = from.position;
      this.#lastIdentity = Id.read(from);
      this.#lastIdentityBytes = from.bytes.slice(at, from.position);
      identities.push(this.#lastIdentity);
    }
    return identities;
  }

  #wait(needed: number): false {
    this.#needed = needed;
    return false;
  }
}

const EMPTY = new Uint8Array(0);
const LONGEST_IDENTITY_BYTES = 1 << 20;

/** Whether both texts of an identity are there. Moves nothing. */
function isIdentityWhole(from: Reader): boolean {
  const at = from.position;
  let isWhole = true;
  for (let left = 2; left > 0 && isWhole; left--) {
    isWhole = from.remaining >= 4;
    if (!isWhole) break;
    const length = from.int();
    if (length < -1 || length > LONGEST_IDENTITY_BYTES) {
      throw new MalformedError(`an identity claims ${length} bytes`);
    }
    isWhole = from.remaining >= length;
    if (isWhole) from.position += Math.max(0, length);
  }
  from.position = at;
  return isWhole;
}

const LearnerInfoHead = record('LearnerInfo', {
  serverId: long,
  protocolVersion: int,
});

/** Who connects to the leader's quorum port. */
export interface LearnerInfo {
  readonly serverId: bigint;
  readonly protocolVersion: number;
  /** Of the members it knows; 0 when an old release does not say. */
  readonly configVersion: bigint;
  /** What follows ZooKeeper's own fields: an offer of Vivarium, perhaps. */
  readonly rest: Uint8Array;
}

const LEARNER_INFO_BYTES = 20;

/** Reads LearnerInfo in any of its lengths: 8 bytes, 12, or 20 and more. */
export function readLearnerInfo(data: Uint8Array | null): LearnerInfo {
  if (data === null || data.length < 8)
    throw new MalformedError('a learner does not say who it is');
  const from = new Reader(data);
  if (data.length < 12) {
    const serverId = from.long();
    return { serverId, protocolVersion: 0, configVersion: 0n, rest: EMPTY };
  }
  const head = LearnerInfoHead.read(from);
  if (data.length < LEARNER_INFO_BYTES) return { ...head, configVersion: 0n, rest: EMPTY };
  return { ...head, configVersion: from.long(), rest: data.subarray(LEARNER_INFO_BYTES) };
}

/** Writes LearnerInfo with the own protocol version. What is offered beside it comes behind. */
export function writeLearnerInfo(to: Writer, serverId: number, configVersion: bigint): void {
  to.halves(0, serverId);
  to.int(ZAB_VERSION);
  to.long(configVersion);
}

/**
 * What one Vivarium server says to another to find out that it is one, behind the fields that
 * ZooKeeper knows and reads no further than.
 */
const Offer = record('Offer', { magic: int, version: int });
export interface Offer extends TypeOf<typeof Offer> {}

/** `VIVA`. */
const OFFER_MAGIC = 0x56495641;
const OFFER_VERSION = 1;

/** Writes the offer, or its acceptance: to seal what follows, and to speak Vivarium's packets. */
export function writeOffer(to: Writer): void {
  Offer.write(to, { magic: OFFER_MAGIC, version: OFFER_VERSION });
}

/** Whether bytes hold an offer, or its acceptance, in a version that is known here. */
export function isOffer(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  const { magic, version } = Offer.read(new Reader(bytes));
  return magic === OFFER_MAGIC && version === OFFER_VERSION;
}

/** What an ACKEPOCH says beside the end of the learner's history. */
export interface EpochAck {
  /** -1 when it had accepted the epoch before. */
  readonly currentEpoch: number;
  /** Said by Vivarium to its own kind, in a byte that ZooKeeper does not read. */
  readonly wantsTree: boolean;
}

export function epochAck({ currentEpoch, wantsTree }: EpochAck): Uint8Array {
  const to = new Writer(5);
  to.int(currentEpoch);
  if (wantsTree) to.byte(1);
  return to.copy();
}

/** @throws MalformedError */
export function readEpochAck(data: Uint8Array | null): EpochAck {
  const from = new Reader(demandData(data, 'ACKEPOCH'));
  return { currentEpoch: from.int(), wantsTree: from.remaining > 0 && from.byte() === 1 };
}

/** A session and its timeout, as a PING's answer lists those that were heard from. */
export const SessionTouch = record('SessionTouch', { session: long, timeoutMs: int });
export interface SessionTouch extends TypeOf<typeof SessionTouch> {}

/** The sessions in the answer to a PING. */
export function readTouches(data: Uint8Array | null): readonly SessionTouch[] {
  const touches: SessionTouch[] = [];
  if (data === null) return touches;
  const from = new Reader(data);
  while (from.remaining > 0) touches.push(SessionTouch.read(from));
  return touches;
}

/** The data of a packet that must have some. @throws MalformedError when it has none */
export function demandData(data: Uint8Array | null, what: string): Uint8Array {
  if (data === null) throw new MalformedError(`${what} without data`);
  return data;
}
