import type { ConnectionId, Millis } from '../base/ids.js';
import type { LogEvent } from '../base/log-event.js';
import type { Turn } from '../seam/turn.js';
import {
  type Notification,
  readNotification,
  writeHandshake,
  writeNotification,
} from '../wire/election.js';
import { MalformedError } from '../wire/reader.js';
import {
  type ElectionLink as Link,
  newLink,
  newPeer,
  type ElectionPeer as Peer,
  REDIAL_MIN_MS,
} from './election-peer.js';
import { type Introduction, Introductions } from './introductions.js';
import type { Membership } from './membership.js';

export interface ElectionLinkParts {
  readonly serverId: number;
  readonly membership: Membership;
  /** Whose effects and time are used; the links have no other way out. */
  readonly turn: Turn;
  /** How long an attempt to connect, and a handshake, may take. */
  readonly timeoutMs: number;
  /** What a new link to a server begins with. */
  greeting(): Notification | undefined;
  heard(from: number, notification: Notification): void;
  /** A link is gone, or another has taken its place: what was heard on it is over. */
  lost(serverId: number): void;
  log(event: LogEvent): void;
}

/** Longest pause between attempts to connect: a server that comes back is found within it. */
const REDIAL_MAX_MS = 1_000;
/**
 * Longest pause after the other was reached and has to connect to us: asking again makes some drop
 * the connection that they are making, so the pauses must outgrow the time it takes.
 */
const RECALL_MAX_MS = 4_000;
/**
 * A link so young was made while the other asked for one. If it ends, pauses go on growing: some
 * make connections only to break them.
 */
const YOUNG_MS = 1_000;
/**
 * An attempt to connect so old may hang, as when its first packet was lost. A younger one is on its
 * way: giving that up at each question could go on for ever.
 */
const STUCK_MS = 200;
/** A link on which a vote was told and nothing came back for so long may be dead. */
const SILENT_MS = 2_000;

/**
 * The connections of the election port: one to each other server.
 *
 * Of two servers the one with the larger id keeps a connection it has opened. When the other opens
 * one, it says who it is and hangs up; the larger then connects to it. Where that is stands in the
 * configuration: what a stranger says of addresses is not believed.
 *
 * Nothing is queued. What is sent without a link, or while one is slow, is left: a link begins, or
 * goes on, with what there is to say by then, which is newer.
 *
 * A server that is wrong about anything loses its link, with a reason in the log, and nothing else
 * happens.
 *
 * @see ZooKeeper 3.9 QuorumCnxManager
 */
export class ElectionLinks {
  readonly #parts: ElectionLinkParts;
  readonly #peers = new Map<number, Peer>();
  /** Links and attempts by connection. */
  readonly #byConnection = new Map<ConnectionId, Peer>();
  readonly #introductions: Introductions;
  #isClosed = false;

  constructor(parts: ElectionLinkParts) {
    this.#parts = parts;
    this.#introductions = new Introductions(parts);
    const { membership, serverId, turn } = parts;
    for (const id of [...membership.voters, ...membership.observers]) {
      if (id === serverId) continue;
      const dialAt = membership.voters.has(id) ? turn.now : Number.POSITIVE_INFINITY;
      this.#peers.set(id, newPeer(id, dialAt));
    }
  }

  /** When `step` is due although nothing happens. */
  get wakeAt(): Millis {
    let at = this.#introductions.wakeAt;
    for (const peer of this.#peers.values()) {
      if (peer.dial === undefined) at = Math.min(at, this.#dueAt(peer));
    }
    return at;
  }

  /** When to connect to a server: without a link, or when there is reason to doubt it. */
  #dueAt({ link, dialAt }: Peer): Millis {
    if (link === undefined) return dialAt;
    const { unansweredSince } = link;
    return unansweredSince === undefined ? Number.POSITIVE_INFINITY : unansweredSince + SILENT_MS;
  }

  /** Whether a connection, or an attempt, is one of these. */
  has(connection: ConnectionId): boolean {
    return this.#byConnection.has(connection) || this.#introductions.has(connection);
  }

  /** False when there is no link and the last attempt to connect has failed. */
  isReachable(serverId: number): boolean {
    const peer = this.#peers.get(serverId);
    return peer !== undefined && (peer.link !== undefined || !peer.isRefused);
  }

  /** Tells a server, if there is a link. Not knowing it is no mistake. */
  send(to: number, notification: Notification): void {
    const link = this.#peers.get(to)?.link;
    if (link === undefined) return;
    if (link.isSlow) link.isOwed = true;
    else this.#tell(link, notification);
  }

  /** A connection was accepted, or an attempt of ours has succeeded. */
  opened(connection: ConnectionId, address: string): void {
    const { turn, serverId } = this.#parts;
    const peer = this.#byConnection.get(connection);
    if (peer === undefined) {
      const isLate = connection < 0 || this.#isClosed;
      if (isLate) this.#close(connection, 'it is not wanted any more');
      else this.#introductions.add(connection, address);
      return;
    }
    peer.dial = undefined;
    this.#send(connection, writeHandshake(serverId, this.#ownAddresses), 0);
    if (peer.serverId < serverId) {
      this.#adopt(peer, connection, true);
      return;
    }
    this.#byConnection.delete(connection);
    this.#close(connection, `server ${peer.serverId} has the larger id and connects itself`);
    peer.isRefused = false;
    peer.dialAt = this.#isSought(peer) ? turn.now + peer.recallMs : Number.POSITIVE_INFINITY;
    peer.recallMs = Math.min(2 * peer.recallMs, RECALL_MAX_MS);
  }

  /** Takes bytes; the links own them from now on. */
  bytes(connection: ConnectionId, bytes: Uint8Array): void {
    if (this.#introductions.has(connection)) {
      const found = this.#introductions.hear(connection, bytes);
      if (found !== undefined) this.#meet(connection, found);
      return;
    }
    const peer = this.#byConnection.get(connection);
    const link = peer?.link;
    if (peer === undefined || link?.connection !== connection) return;
    link.frames.push(bytes);
    try {
      while (peer.link === link) {
        const frame = link.frames.next();
        if (frame === undefined) return;
        const notification = readNotification(frame);
        link.hasSpoken = true;
        link.unansweredSince = undefined;
        peer.recallMs = REDIAL_MIN_MS;
        this.#parts.heard(peer.serverId, notification);
      }
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      const why = `What server ${peer.serverId} says on the election port is malformed`;
      this.#log('warn', 'election.malformed', `${why}: ${error.message}`);
      this.#drop(peer, link, `malformed: ${error.message}`);
      this.#waitToDial(peer);
    }
  }

  /** The host says that a connection is over, or that an attempt has failed. */
  closed(connection: ConnectionId, reason: string): void {
    if (this.#introductions.forget(connection)) return;
    const peer = this.#byConnection.get(connection);
    if (peer === undefined) return;
    this.#byConnection.delete(connection);
    const { link } = peer;
    if (link?.connection === connection) {
      this.#end(peer, link);
      this.#replace(peer, link);
      return;
    }
    peer.dial = undefined;
    peer.isRefused = true;
    this.#miss(peer, reason);
    /* It was silent, and now does not even answer: the link is dead without knowing it. */
    if (link !== undefined) this.#drop(peer, link, `server ${peer.serverId} is out of reach`);
    this.#waitToDial(peer);
  }

  /** Much waits to be sent on a connection, or no longer does. */
  slow(connection: ConnectionId, isSlow: boolean): void {
    const link = this.#byConnection.get(connection)?.link;
    if (link?.connection !== connection) return;
    link.isSlow = isSlow;
    if (isSlow || !link.isOwed) return;
    link.isOwed = false;
    this.#greet(link);
  }

  /** Does what is due: connects, and gives up on those who do not say who they are. */
  step(): void {
    const { now } = this.#parts.turn;
    const isLooking = this.#parts.greeting()?.state === 'looking';
    this.#introductions.expire();
    for (const peer of this.#peers.values()) {
      const { link } = peer;
      if (link !== undefined && !isLooking) link.unansweredSince = undefined;
      if (peer.dial !== undefined || now < this.#dueAt(peer)) continue;
      if (link !== undefined) link.unansweredSince = undefined;
      this.#dial(peer);
    }
  }

  /** Closes everything, and takes no connection any more. */
  close(reason: string): void {
    this.#isClosed = true;
    this.#introductions.close(reason);
    for (const connection of this.#byConnection.keys()) this.#close(connection, reason);
    this.#byConnection.clear();
    for (const peer of this.#peers.values()) {
      peer.link = undefined;
      peer.dial = undefined;
      peer.dialAt = Number.POSITIVE_INFINITY;
    }
  }

  get #ownAddresses(): readonly string[] {
    const { membership, serverId } = this.#parts;
    return membership
      .server(serverId)!
      .addresses.map(({ host, electionPort }) =>
        host.includes(':') ? `[${host}]:${electionPort}` : `${host}:${electionPort}`,
      );
  }

  /** Somebody has said which server it is. */
  #meet(connection: ConnectionId, { serverId, address, rest }: Introduction): void {
    const own = this.#parts.serverId;
    const peer = this.#peers.get(serverId);
    if (serverId === own) {
      const why = `it says that it is server ${own}, as this one is: two servers have one id`;
      this.#introductions.refuse(connection, address, why);
    } else if (peer === undefined) {
      const why = `it says that it is server ${serverId}, of which the configuration knows nothing`;
      this.#introductions.refuse(connection, address, why);
    } else if (serverId > own) {
      this.#adopt(peer, connection, false);
      if (rest.length > 0) this.bytes(connection, rest);
    } else {
      this.#close(connection, `this server has the larger id: it connects to server ${serverId}`);
      this.#isAskedFor(peer);
    }
  }

  /** A server with a smaller id wants a link: it has none, or knows better than we do. */
  #isAskedFor(peer: Peer): void {
    const { link } = peer;
    if (link !== undefined) {
      if (this.#parts.turn.now - link.openedAt < YOUNG_MS) return;
      this.#drop(peer, link, `server ${peer.serverId} asks for a new link`);
    }
    if (peer.dial !== undefined) {
      if (this.#parts.turn.now - peer.dialedAt < STUCK_MS) return;
      this.#giveUp(peer, peer.dial, `server ${peer.serverId} asks for a link`);
    }
    this.#dial(peer);
  }

  #adopt(peer: Peer, connection: ConnectionId, isDialed: boolean): void {
    const { turn } = this.#parts;
    if (peer.link !== undefined) {
      this.#byConnection.delete(peer.link.connection);
      this.#close(peer.link.connection, 'a newer connection of the same two servers replaces it');
      this.#parts.lost(peer.serverId);
    }
    if (peer.dial !== undefined) this.#giveUp(peer, peer.dial, 'the other server has connected');
    this.#byConnection.set(connection, peer);
    peer.isRefused = false;
    if (peer.isMissed) {
      peer.isMissed = false;
      this.#log('debug', 'election.link', `The link to server ${peer.serverId} is there again`);
    }
    peer.link = newLink(connection, isDialed, turn.now);
    this.#greet(peer.link);
  }

  #greet(link: Link): void {
    const greeting = this.#parts.greeting();
    if (greeting !== undefined) this.#tell(link, greeting);
  }

  /** A vote tells of what is durable; the host may hold it against the disk. */
  #tell(link: Link, notification: Notification): void {
    const { durable, now } = this.#parts.turn;
    this.#send(link.connection, writeNotification(notification), durable);
    /* Only who looks is owed an answer. */
    if (notification.state === 'looking') link.unansweredSince ??= now;
  }

  #send(connection: ConnectionId, bytes: Uint8Array, after: number): void {
    this.#parts.turn.effects.push({ type: 'send', connection, bytes, after });
  }

  #close(connection: ConnectionId, reason: string): void {
    this.#parts.turn.effects.push({ type: 'close', connection, reason });
  }

  #dial(peer: Peer): void {
    const { membership, turn, timeoutMs } = this.#parts;
    const { addresses } = membership.server(peer.serverId)!;
    const places = addresses.map(({ host, electionPort }) => ({ host, port: electionPort }));
    peer.dial = turn.dial('election', places, timeoutMs);
    peer.dialedAt = turn.now;
    this.#byConnection.set(peer.dial, peer);
  }

  #giveUp(peer: Peer, dial: ConnectionId, reason: string): void {
    this.#byConnection.delete(dial);
    this.#close(dial, reason);
    peer.dial = undefined;
  }

  /** A link has ended by itself. */
  #replace(peer: Peer, link: Link): void {
    const isProven = link.hasSpoken && this.#parts.turn.now - link.openedAt >= YOUNG_MS;
    /* Something that accepts for a server that is down looks like the other. */
    if (isProven) peer.redialMs = REDIAL_MIN_MS;
    else if (link.isDialed && !link.hasSpoken) peer.isRefused = true;
    if (!isProven || !this.#isSought(peer)) this.#waitToDial(peer);
    else if (peer.dial === undefined) this.#dial(peer);
  }

  #waitToDial(peer: Peer): void {
    const { now } = this.#parts.turn;
    peer.dialAt = this.#isSought(peer) ? now + peer.redialMs : Number.POSITIVE_INFINITY;
    peer.redialMs = Math.min(2 * peer.redialMs, REDIAL_MAX_MS);
  }

  /** Whether a link to it is always wanted. Observers come by themselves. */
  #isSought(peer: Peer): boolean {
    return this.#parts.membership.voters.has(peer.serverId);
  }

  /** Closes a link of ours. */
  #drop(peer: Peer, link: Link, reason: string): void {
    this.#close(link.connection, reason);
    this.#end(peer, link);
  }

  #end(peer: Peer, link: Link): void {
    this.#byConnection.delete(link.connection);
    peer.link = undefined;
    this.#parts.lost(peer.serverId);
  }

  /** The log has it once that a server is out of reach, and once that it is not any more. */
  #miss(peer: Peer, reason: string): void {
    if (peer.isMissed) return;
    peer.isMissed = true;
    this.#log('debug', 'election.no-link', `No link to server ${peer.serverId}: ${reason}`);
  }

  #log(level: LogEvent['level'], event: string, message: string): void {
    this.#parts.log({ level, event, message });
  }
}
