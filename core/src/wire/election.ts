/**
 * What servers say to each other on the election port: one handshake by whoever connected, then
 * notifications in frames, both ways.
 *
 * Server ids, rounds and epochs are longs on the wire and numbers here: those that a double does
 * not hold exactly are refused, or belong to no server.
 *
 * @see ZooKeeper 3.9 QuorumCnxManager, FastLeaderElection.Messenger
 */
import { textOf, utf8 } from '../base/bytes.js';
import type { Zxid } from '../base/ids.js';
import { highOf } from '../base/long.js';
import { MalformedError, Reader } from './reader.js';
import { Writer } from './writer.js';

/** What a server is doing, as others are told; the place in the list is the number on the wire. */
export const peerStates = ['looking', 'following', 'leading', 'observing'] as const;
export type PeerState = (typeof peerStates)[number];

/** Longest frame between servers on the election port, without its length. */
export const ELECTION_FRAME_MAX_BYTES = 524_288;

/** The smallest long: what an observer, who is no candidate, names as leader and as epoch. */
export const NOBODY = -(2 ** 63);
/** The zxid of an observer, which no candidate is worse than. */
export const NO_ZXID: Zxid = -(2n ** 63n);
/** The zxid of a server that does not vote with what it has. */
export const DOUBTED_ZXID: Zxid = -1n;

/** The first bytes of a connection, from the one who opened it. */
export interface Handshake {
  readonly serverId: number;
  /**
   * Where it says that it listens, addresses between bars; empty from servers before 3.5. For
   * messages to people only: where a server is stands in the configuration.
   */
  readonly address: string;
}

/** How one server votes, or has voted. */
export interface Notification {
  readonly state: PeerState;
  /** Whom it proposes or follows. */
  readonly leader: number;
  /** Last zxid of the one proposed when it was proposed. */
  readonly zxid: Zxid;
  /** The sender's logical clock: votes of different rounds are not counted together. */
  readonly round: number;
  /** The epoch of the one proposed; once there is a leader, that leader's. */
  readonly peerEpoch: number;
  /** 0 from servers before 3.4.6, 1 before 3.5, 2 since. */
  readonly version: number;
  /** The sender's configuration, as `/zookeeper/config` has it; empty from servers before 3.5. */
  readonly config: string;
}

/** The handshake of a server with one address. */
const V1 = -65_536;
/** The handshake of a server with several; understood since 3.6. */
const V2 = -65_535;
const ADDRESS_MAX_BYTES = 2_048;
const LONG_BYTES = 8;
const PREFIX_BYTES = 2 * LONG_BYTES + 4;

/**
 * The handshake of a server with these addresses, each `host:port`, IPv6 in brackets.
 *
 * @param addresses at least one
 */
export function writeHandshake(serverId: number, addresses: readonly string[]): Uint8Array {
  const to = new Writer();
  to.time(addresses.length > 1 ? V2 : V1);
  to.time(serverId);
  to.bufferOrNull(utf8(addresses.join('|')));
  return to.copy();
}

/**
 * Reads the handshake at the beginning of a connection. A first long that is not negative is an id
 * and all there is: so did servers before 3.5.
 *
 * @returns it and its length, or `undefined` when more bytes are needed
 * @throws MalformedError as soon as the bytes cannot become one
 */
export function readHandshake(
  bytes: Uint8Array,
): { readonly handshake: Handshake; readonly length: number } | undefined {
  if (bytes.length < LONG_BYTES) return undefined;
  const from = new Reader(bytes);
  const first = from.time();
  if (first >= 0) return { handshake: { serverId: first, address: '' }, length: LONG_BYTES };
  if (first !== V1 && first !== V2) {
    throw new MalformedError(`${first} is no version of the election handshake`);
  }
  if (bytes.length < PREFIX_BYTES) return undefined;
  const serverId = from.time();
  const size = from.int();
  if (size <= 0 || size > ADDRESS_MAX_BYTES) {
    throw new MalformedError(`an address of ${size} bytes is not between 1 and 2048`);
  }
  const length = PREFIX_BYTES + size;
  if (bytes.length < length) return undefined;
  return { handshake: { serverId, address: textOf(bytes.subarray(PREFIX_BYTES, length)) }, length };
}

/** A notification as a frame, length included. Always of the newest form. */
export function writeNotification(notification: Notification): Uint8Array {
  const to = new Writer(64 + 2 * notification.config.length);
  to.int(0);
  to.int(peerStates.indexOf(notification.state));
  to.time(notification.leader);
  to.long(notification.zxid);
  to.time(notification.round);
  to.time(notification.peerEpoch);
  to.int(2);
  to.string(notification.config);
  to.intAt(0, to.position - 4);
  return to.copy();
}

/** Bodies of these sizes are told by their size alone: without epoch, and without version. */
const BEFORE_EPOCHS = 28;
const BEFORE_VERSIONS = 40;
const WITH_VERSION_BYTES = 44;
const EPOCH_MAX = 0x7fff_ffff;

/**
 * Reads the body of a frame. What follows the configuration is passed over.
 *
 * @throws MalformedError for a size, a state or a number that no server can mean
 */
export function readNotification(bytes: Uint8Array): Notification {
  const size = bytes.length;
  if (size !== BEFORE_EPOCHS && size !== BEFORE_VERSIONS && size < WITH_VERSION_BYTES) {
    throw new MalformedError(`a notification of ${size} bytes has none of the known forms`);
  }
  const from = new Reader(bytes);
  const code = from.int();
  const state = peerStates[code];
  if (state === undefined) throw new MalformedError(`${code} is no state of a server`);
  const leader = from.time();
  const zxid = from.long();
  if (zxid < DOUBTED_ZXID && zxid !== NO_ZXID) {
    throw new MalformedError(`${zxid} is no zxid of a candidate`);
  }
  const round = from.time();
  if (round < -1 || round > Number.MAX_SAFE_INTEGER) {
    throw new MalformedError(`${round} is no round of an election`);
  }
  const peerEpoch = size === BEFORE_EPOCHS ? highOf(zxid) : from.time();
  if ((peerEpoch < -1 && zxid !== NO_ZXID) || peerEpoch > EPOCH_MAX) {
    throw new MalformedError(`${peerEpoch} is no epoch of a candidate`);
  }
  const version = size < WITH_VERSION_BYTES ? 0 : from.int();
  if (version < 0) throw new MalformedError(`${version} is no version of a notification`);
  const config = version > 1 ? from.string() : '';
  return { state, leader, zxid, round, peerEpoch, version, config };
}
