/** A client's host that writes down every frame, in the order in which the client meets it. */
import type { ClientHost, ServerAddress, Transport, TransportEvents } from '@vivarium/core';
import { readConnectRequest, readConnectResponse } from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { opcodes, specialXids } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { WatcherEvent } from '@vivarium/core/internal/wire/records';
import { nameOf, pathOf } from '../judges/wire-requests.js';
import { demand } from '../violation.js';
import type { ConnectionHistory, History, SentRequest } from './history.js';

/** Frames longer than this are no frames of ours. */
const LONGEST_FRAME_BYTES = 16 * 1024 * 1024;

/**
 * Records into `history` what passes through a client's host, and tells `note` of it. What is heard
 * is recorded before the client hears it.
 */
export function recordedHost(
  inner: ClientHost,
  client: string,
  history: History,
  note: (line: string) => void,
): ClientHost {
  return {
    now: () => inner.now(),
    wallNow: () => inner.wallNow(),
    setTimer: (delayMs, run) => inner.setTimer(delayMs, run),
    soon: (run) => inner.soon(run),
    randomBytes: (count) => inner.randomBytes(count),
    open(server: ServerAddress, events: TransportEvents): Transport {
      const line = new Line(client, server.host, history, () => inner.now(), note);
      const transport = inner.open(server, {
        opened: () => events.opened(),
        received(bytes) {
          line.heard(bytes.slice());
          events.received(bytes);
        },
        closed(reason) {
          note(`${client} is cut: ${reason}`);
          events.closed(reason);
        },
      });
      return {
        send(bytes) {
          line.sent(bytes.slice());
          transport.send(bytes);
        },
        close() {
          note(`${client} closes`);
          transport.close();
        },
      };
    },
  };
}

class Line {
  readonly #connection: ConnectionHistory;
  readonly #now: () => number;
  readonly #note: (line: string) => void;
  #isKnown = false;
  readonly #outgoing = new FrameSplitter(LONGEST_FRAME_BYTES);
  readonly #incoming = new FrameSplitter(LONGEST_FRAME_BYTES);
  /** Sent and not answered, in the order sent; pings and credentials are matched by xid. */
  readonly #waiting: SentRequest[] = [];

  constructor(
    client: string,
    server: string,
    history: History,
    now: () => number,
    note: (line: string) => void,
  ) {
    this.#now = now;
    this.#note = (line) => note(`${client}/${this.#connection.number} ${line}`);
    this.#connection = {
      client,
      server,
      number: history.connections.length + 1,
      greeting: undefined,
      welcome: undefined,
      requests: [],
      heard: [],
    };
    history.connections.push(this.#connection);
  }

  sent(bytes: Uint8Array): void {
    this.#outgoing.push(bytes);
    for (let frame = this.#outgoing.next(); frame; frame = this.#outgoing.next()) {
      const from = new Reader(frame);
      if (this.#connection.greeting === undefined) {
        const greeting = { ...readConnectRequest(from), at: this.#now() };
        this.#connection.greeting = greeting;
        this.#note(`greets for ${greeting.sessionId}, has seen ${greeting.lastZxidSeen}`);
        continue;
      }
      const request: SentRequest = {
        connection: this.#connection,
        at: this.#now(),
        xid: from.int(),
        opcode: from.int(),
        body: frame.slice(8),
        isKnown: this.#isKnown,
        reply: undefined,
      };
      if (request.opcode === opcodes.auth) this.#isKnown = true;
      this.#connection.requests.push(request);
      this.#waiting.push(request);
      this.#note(`asks ${request.xid} ${nameOf(request)} ${pathOf(request)}`);
    }
  }

  heard(bytes: Uint8Array): void {
    this.#incoming.push(bytes);
    for (let frame = this.#incoming.next(); frame; frame = this.#incoming.next()) {
      if (this.#connection.welcome === undefined) {
        const welcome = { ...readConnectResponse(new Reader(frame)), at: this.#now() };
        this.#connection.welcome = welcome;
        this.#note(`is welcome to ${welcome.sessionId} for ${welcome.timeOut} ms`);
      } else {
        this.#frame(frame);
      }
    }
  }

  #frame(frame: Uint8Array): void {
    const from = new Reader(frame);
    const xid = from.int();
    const zxid = from.long();
    const err = from.int();
    const at = this.#now();
    const { heard } = this.#connection;
    if (xid === specialXids.notification) {
      const { type: eventType, path } = WatcherEvent.read(from);
      heard.push({ type: 'event', at, zxid, eventType, path });
      this.#note(`hears of event ${eventType} of ${path} at ${zxid}`);
      return;
    }
    const request = this.#answered(xid);
    const reply = { type: 'reply', at, request, zxid, err, body: frame.slice(16) } as const;
    request.reply = reply;
    this.#note(`hears the answer to ${xid} ${nameOf(request)}: ${err} at ${zxid}`);
    heard.push(reply);
  }

  /** The request that an answer belongs to. Replies come in the order of the requests (C2). */
  #answered(xid: number): SentRequest {
    const outOfBand = xid === specialXids.ping || xid === specialXids.auth;
    const index = this.#waiting.findIndex((request) =>
      outOfBand ? request.xid === xid : !isOutOfBand(request),
    );
    const request = this.#waiting[index];
    const who = `${this.#connection.client}, connection ${this.#connection.number}`;
    demand(request !== undefined, 'C2', () => `${who}: an answer to ${xid}, which nobody asked`);
    demand(request.xid === xid, 'C2', () => {
      return `${who}: the answer to ${xid} came before the one to ${request.xid}`;
    });
    this.#waiting.splice(index, 1);
    return request;
  }
}

function isOutOfBand({ xid }: SentRequest): boolean {
  return xid === specialXids.ping || xid === specialXids.auth;
}
