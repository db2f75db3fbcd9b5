/**
 * A small machine that stands in for a server where its host is tested: it speaks the handshake,
 * keeps the numbers it is given on disk, and does on request what a host must be able to take.
 */
import type { ConnectionId, Millis } from '@vivarium/core/internal/base/ids';
import type { Machine } from '@vivarium/core/internal/node/driver';
import type { BootMachine } from '@vivarium/core/internal/node/run-server';
import type { PeerView } from '@vivarium/core/internal/peer/view';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Batch, Input } from '@vivarium/core/internal/seam/inputs';
import type { BootDisk, DiskStep } from '@vivarium/core/internal/storage/disk';
import { readConnectRequest, writeConnectResponse } from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { MalformedError, Reader } from '@vivarium/core/internal/wire/reader';
import { Writer } from '@vivarium/core/internal/wire/writer';
import { peerView } from './admin-context.js';

/** First int of a request. */
export const orders = {
  /** Answered at once with the count of numbers kept. */
  count: 1,
  /** Keeps a number; answered with the new count when it is durable. */
  keep: 2,
  /** Answered with as many bytes as the second int says. */
  bytes: 3,
  /** Ends the server with the second int as exit code. */
  halt: 4,
  /** Breaks a rule. */
  break: 5,
  /** Answered after a poll. */
  poll: 6,
  /** Answered by closing. */
  close: 7,
  /** Answered when the machine was woken, so many milliseconds later. */
  wake: 8,
  /** Stops reading from this connection; the next poll is answered to it and goes on reading. */
  hold: 9,
} as const;

const FILE = 'logs/echo';
const RECORD_BYTES = 4;

interface Connection {
  readonly frames: FrameSplitter;
  greeted: boolean;
}

/** Boots the machine from the numbers in its folder. */
export const bootEcho: BootMachine = ({ config, disk }) =>
  new EchoMachine(disk, config.juteMaxBuffer);

class EchoMachine implements Machine {
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #limit: number;
  readonly #answers: { id: number; connection: ConnectionId; count: number }[] = [];
  readonly #polls = new Map<number, ConnectionId>();
  readonly #wakes: { at: Millis; connection: ConnectionId }[] = [];
  #exists: boolean;
  #count = 0;
  #lastId = 0;
  #stopping = false;

  constructor(disk: BootDisk, limit: number) {
    const file = disk.list('logs/').find(({ name }) => name === 'echo');
    this.#exists = file !== undefined;
    this.#count = Math.floor((file?.size ?? 0) / RECORD_BYTES);
    this.#limit = limit;
  }

  get wakeAt(): Millis {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#wakes.map(({ at }) => at));
  }

  get view(): PeerView {
    return peerView({ serving: !this.#stopping, connectionCount: this.#connections.size });
  }

  get stopped(): boolean {
    return this.#stopping && this.#answers.length === 0;
  }

  step({ now, inputs }: Batch, out: Effect[]): void {
    for (const input of inputs) this.#take(input, now, out);
    for (const due of this.#wakes.filter(({ at }) => at <= now)) {
      this.#wakes.splice(this.#wakes.indexOf(due), 1);
      reply(out, due.connection, ints(inputs.length));
    }
  }

  #take(input: Input, now: Millis, out: Effect[]): void {
    switch (input.type) {
      case 'connection-opened':
        this.#connections.set(input.connection, {
          frames: new FrameSplitter(this.#limit),
          greeted: false,
        });
        break;
      case 'connection-bytes':
        this.#bytes(input.connection, input.bytes, now, out);
        break;
      case 'connection-closed':
        this.#connections.delete(input.connection);
        break;
      case 'disk-done': {
        if (input.failure !== undefined) {
          out.push({ type: 'halt', code: 10, reason: input.failure.message });
          return;
        }
        const answer = this.#answers.shift()!;
        reply(out, answer.connection, ints(answer.count), answer.id);
        break;
      }
      case 'polled': {
        const connection = this.#polls.get(input.id)!;
        reply(out, connection, ints(input.id));
        out.push({ type: 'hold', connection, held: false });
        break;
      }
      case 'command':
        if (input.command.name !== 'shut-down') break;
        this.#stopping = true;
        for (const connection of this.#connections.keys()) {
          out.push({ type: 'close', connection, reason: 'stopping' });
        }
        break;
    }
  }

  #bytes(id: ConnectionId, bytes: Uint8Array, now: Millis, out: Effect[]): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    connection.frames.push(bytes);
    try {
      for (;;) {
        const frame = connection.frames.next();
        if (frame === undefined) return;
        if (connection.greeted) this.#order(id, new Reader(frame), now, out);
        else this.#greet(id, connection, new Reader(frame), out);
      }
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#connections.delete(id);
      out.push({ type: 'close', connection: id, reason: error.message });
    }
  }

  #greet(id: ConnectionId, connection: Connection, frame: Reader, out: Effect[]): void {
    const { timeOut, readOnly } = readConnectRequest(frame);
    connection.greeted = true;
    const response = new Writer();
    writeConnectResponse(response, {
      protocolVersion: 0,
      timeOut,
      sessionId: BigInt(id),
      passwd: new Uint8Array(16),
      readOnly: readOnly === undefined ? undefined : false,
    });
    reply(out, id, response.bytes.slice(0, response.position));
  }

  #order(id: ConnectionId, frame: Reader, now: Millis, out: Effect[]): void {
    const order = frame.int();
    const argument = frame.remaining >= 4 ? frame.int() : 0;
    switch (order) {
      case orders.count:
        reply(out, id, ints(this.#count));
        break;
      case orders.keep:
        this.#keep(id, argument, out);
        break;
      case orders.bytes:
        reply(out, id, new Uint8Array(argument));
        break;
      case orders.halt:
        out.push({ type: 'halt', code: argument, reason: 'as ordered' });
        break;
      case orders.break:
        throw new Error('a rule was broken, as ordered');
      case orders.poll:
        this.#poll(id, out);
        break;
      case orders.close:
        out.push({ type: 'close', connection: id, reason: 'as ordered' });
        break;
      case orders.wake:
        this.#wakes.push({ at: now + argument, connection: id });
        break;
      case orders.hold:
        out.push({ type: 'hold', connection: id, held: true });
        this.#poll(id, out);
        break;
      default:
        throw new MalformedError(`there is no order ${order}`);
    }
  }

  #poll(connection: ConnectionId, out: Effect[]): void {
    const id = ++this.#lastId;
    this.#polls.set(id, connection);
    out.push({ type: 'poll', id });
  }

  #keep(connection: ConnectionId, number: number, out: Effect[]): void {
    const id = ++this.#lastId;
    const position = this.#count * RECORD_BYTES;
    this.#count++;
    const steps: DiskStep[] = [
      { step: 'write', file: FILE, position, bytes: ints(number) },
      { step: 'sync', file: FILE },
    ];
    if (!this.#exists) {
      this.#exists = true;
      steps.unshift({ step: 'create', file: FILE });
      steps.push({ step: 'sync-folder', folder: 'logs/' });
    }
    this.#answers.push({ id, connection, count: this.#count });
    out.push({ type: 'disk', id, generation: 0, lane: 'log', steps });
  }
}

function reply(out: Effect[], connection: ConnectionId, body: Uint8Array, after = 0): void {
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setInt32(0, body.length);
  bytes.set(body, 4);
  out.push({ type: 'send', connection, bytes, after });
}

/** Big-endian ints, as the wire has them. */
export function ints(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setInt32(4 * index, value);
  return bytes;
}
