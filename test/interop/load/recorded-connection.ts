/** One connection of a client that writes down all it says and hears, with the time of each. */
import { connect, type Socket } from 'node:net';
import {
  type Handshake,
  readConnectResponse,
  writeConnectRequest,
} from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { opcodes, specialXids } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { ReplyHeader } from '@vivarium/core/internal/wire/records';
import { Writer } from '@vivarium/core/internal/wire/writer';
import { nameOf } from '../../sim/judges/wire-requests.js';
import type { ConnectionHistory, HeardReply, SentRequest } from '../../sim/world/history.js';
import type { Choice } from './choices.js';

const LONGEST_REPLY = 64 * 1024 * 1024;

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface ConnectionEvents {
  /** Somebody listens there; the handshake is sent. */
  connected(): unknown;
  /** The server has answered the handshake; a timeout of 0 means that it refuses the session. */
  welcomed(): void;
  heard(reply: HeardReply): void;
  /** Nothing more will be heard. */
  closed(): void;
  /** The server said what no server may say. */
  nonsense(what: string): void;
}

export class RecordedConnection {
  readonly history: ConnectionHistory;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #splitter = new FrameSplitter(LONGEST_REPLY);
  readonly #waiting: SentRequest[] = [];
  /** When a byte came last. */
  #heardAt = performance.now();

  constructor(
    { host, port }: Place,
    history: ConnectionHistory,
    greeting: Handshake,
    events: ConnectionEvents,
  ) {
    this.history = history;
    this.#events = events;
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.on('connect', () => {
      const writer = new Writer();
      writeConnectRequest(writer, greeting);
      history.greeting = { ...greeting, at: performance.now() };
      events.connected();
      this.#sendFrames([writer.copy()]);
    });
    this.#socket.on('data', (bytes) => this.#take(bytes));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => events.closed());
  }

  /** Requests that are not answered yet. */
  get outstanding(): number {
    return this.#waiting.length;
  }

  get silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  /** Sends several requests in one write; the first gets `xid`, the others those after it. */
  send(choices: readonly Choice[], xid: number): void {
    const at = performance.now();
    const requests = choices.map(({ opcode, body }, index) => ({
      ...{ connection: this.history, at, xid: xid + index, opcode, body },
      ...{ isKnown: false, reply: undefined },
    }));
    this.history.requests.push(...requests);
    this.#waiting.push(...requests);
    this.#sendFrames(requests.map(({ xid, opcode, body }) => payload(xid, opcode, body)));
  }

  /** Says that the client is there. The answer is not written down. */
  ping(): void {
    this.#sendFrames([payload(specialXids.ping, opcodes.ping, new Uint8Array(0))]);
  }

  /** Closes without a word: the session stays, and what is outstanding stays unknown. */
  leave(): void {
    this.#socket.destroy();
  }

  #sendFrames(payloads: readonly Uint8Array[]): void {
    const writer = new Writer(1024);
    for (const each of payloads) {
      writer.int(each.length);
      writer.raw(each);
    }
    this.#socket.write(writer.copy());
  }

  #take(bytes: Uint8Array): void {
    this.#heardAt = performance.now();
    this.#splitter.push(bytes);
    for (let frame = this.#splitter.next(); frame; frame = this.#splitter.next()) {
      if (this.history.welcome === undefined) {
        const welcome = readConnectResponse(new Reader(frame));
        this.history.welcome = { ...welcome, at: this.#heardAt };
        this.#events.welcomed();
      } else this.#hear(new Uint8Array(frame));
    }
  }

  #hear(frame: Uint8Array): void {
    const from = new Reader(frame);
    const { xid, zxid, err } = ReplyHeader.read(from);
    if (xid === specialXids.ping) return;
    const request = this.#waiting.shift();
    if (request === undefined || request.xid !== xid) {
      const shown = (one: SentRequest | undefined) =>
        one === undefined ? 'nothing' : `${nameOf(one)} ${one.xid}`;
      const got = this.#waiting.find((each) => each.xid === xid);
      const due = [request, ...this.#waiting].map(shown).join(', ');
      this.#events.nonsense(`an answer to ${got ? shown(got) : xid}, where these were due: ${due}`);
      this.leave();
      return;
    }
    const body = frame.subarray(frame.length - from.remaining);
    const reply = { type: 'reply', at: this.#heardAt, request, zxid, err, body } as const;
    request.reply = reply;
    this.history.heard.push(reply);
    this.#events.heard(reply);
  }
}

function payload(xid: number, opcode: number, body: Uint8Array): Uint8Array {
  const writer = new Writer(8 + body.length);
  writer.int(xid);
  writer.int(opcode);
  writer.raw(body);
  return writer.copy();
}
