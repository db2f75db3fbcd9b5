import type { ConnectionId } from '../base/ids.js';
import type { Stream, StreamEvents } from './stream.js';

/** Who is told of what a connection does. */
export interface Owner {
  received(id: ConnectionId, bytes: Uint8Array): void;
  drained(attached: Attached): void;
  closed(attached: Attached, reason: string): void;
}

/** Stands for an empty list, never changed. */
const NOTHING: Uint8Array[] = [];

/** A connection that the machine was told of. */
export class Attached<S extends Stream = Stream> implements StreamEvents {
  readonly id: ConnectionId;
  readonly stream: S;
  /** Another server, and no client, is at its other end. */
  readonly isLink: boolean;
  readonly #owner: Owner;
  #outgoing = NOTHING;
  /** The machine wants nothing read. */
  heldByMachine = false;
  /** Much waits to be sent. */
  isSlow = false;

  /** @param open makes the stream, which reports to what it is given, later */
  constructor(id: ConnectionId, isLink: boolean, owner: Owner, open: (events: StreamEvents) => S) {
    this.id = id;
    this.isLink = isLink;
    this.#owner = owner;
    this.stream = open(this);
  }

  /** Whether nothing is to be read. Links are read from however slowly the other end reads. */
  get isHeld(): boolean {
    return this.heldByMachine || (this.isSlow && !this.isLink);
  }

  /** Gathers what is to be sent at the end of this turn; true when it is the first. */
  say(bytes: Uint8Array): boolean {
    if (this.#outgoing.length > 0) {
      this.#outgoing.push(bytes);
      return false;
    }
    this.#outgoing = [bytes];
    return true;
  }

  /** Sends what was gathered; false when nothing was. */
  speak(): boolean {
    const outgoing = this.#outgoing;
    if (outgoing.length === 0) return false;
    this.#outgoing = NOTHING;
    this.stream.send(outgoing);
    return true;
  }

  received(bytes: Uint8Array): void {
    this.#owner.received(this.id, bytes);
  }

  drained(): void {
    this.#owner.drained(this);
  }

  closed(reason: string): void {
    this.#owner.closed(this, reason);
  }
}
