/** Bugs in what a server sends and takes, and in when it looks. */
import type { ConnectionId } from '@vivarium/core/internal/base/ids';
import type { LocalMachine } from '@vivarium/core/internal/local/machine';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Batch, Input } from '@vivarium/core/internal/seam/inputs';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { specialXids } from '@vivarium/core/internal/wire/operations';
import { between, type Plant } from './plant.js';

/** Offsets in a frame after its length. */
const XID = 0;
const ZXID_LOW = 8;
const EVENT_TYPE = 16;
/** Shorter frames are no events. */
const EVENT_BYTES = 28;
/** A greeting's answer begins with the protocol version, 0; a reply's with its xid, never 0. */
const GREETING_XID = 0;

export const wirePlants: readonly Plant[] = [
  frames('loses an event now and then', (all) => {
    return all.filter((frame, at) => !(isEvent(frame) && isNth(frame, at)));
  }),
  frames('tells an event twice', (all) =>
    all.flatMap((frame, at) => (isEvent(frame) && isNth(frame, at) ? [frame, frame] : [frame])),
  ),
  frames('tells events after the answers', (all) => [
    ...all.filter((frame) => !isEvent(frame)),
    ...all.filter(isEvent),
  ]),
  frames('tells the events of one step in the wrong order', (all) => {
    const events = all.filter(isEvent).reverse();
    return all.map((frame) => (isEvent(frame) ? events.shift()! : frame));
  }),
  frames('tells of a change where a node was deleted', (all) =>
    all.map((frame) => {
      if (!isEvent(frame) || int(frame, EVENT_TYPE) !== 2) return frame;
      return patched(frame, EVENT_TYPE, 3);
    }),
  ),
  frames('answers two requests in the wrong order', (all) => {
    const [first, second] = all.filter(isReply);
    if (first === undefined || second === undefined) return all;
    return all.map((frame) => (frame === first ? second : frame === second ? first : frame));
  }),
  frames('answers with the zxid before', (all) =>
    all.map((frame) => {
      if (!isReply(frame) || int(frame, ZXID_LOW) <= 1) return frame;
      return patched(frame, ZXID_LOW, int(frame, ZXID_LOW) - 1);
    }),
  ),
  frames('answers with a zxid to come', (all) =>
    all.map((frame) => {
      if (!isReply(frame) || int(frame, ZXID_LOW) <= 1) return frame;
      return patched(frame, ZXID_LOW, int(frame, ZXID_LOW) + 1);
    }),
  ),
  {
    name: 'expires sessions by its timers, before it reads its sockets',
    put: (boot) => ({ boot: (options) => new Hasty(boot(options)), remove: () => {} }),
  },
  {
    name: 'expires sessions by the wall clock',
    put: (boot) => ({
      remove: () => {},
      boot(options) {
        let ahead = options.wall - options.now;
        const inner = boot({ ...options, now: options.wall });
        return {
          get wakeAt() {
            return inner.wakeAt - ahead;
          },
          get view() {
            return inner.view;
          },
          get stopped() {
            return inner.stopped;
          },
          step(batch, out) {
            ahead = batch.wall - batch.now;
            inner.step({ ...batch, now: batch.wall }, out);
          },
        };
      },
    }),
  },
  between('performs a request twice', () => {
    let seen = 0;
    const clients = new Set<ConnectionId>();
    return {
      inputs(batch) {
        noteClients(batch, clients);
        const inputs = batch.inputs.flatMap((input): readonly Input[] => {
          if (input.type !== 'connection-bytes' || !clients.has(input.connection)) return [input];
          if (!isWholeRequest(input.bytes)) return [input];
          seen += 1;
          return seen % 20 === 0 ? [input, { ...input, bytes: input.bytes.slice() }] : [input];
        });
        return { ...batch, inputs };
      },
    };
  }),
];

/** Goes through every deadline that has passed, and answers its polls itself, before it reads. */
class Hasty implements LocalMachine {
  readonly #inner: LocalMachine;

  constructor(inner: LocalMachine) {
    this.#inner = inner;
  }

  get wakeAt() {
    return this.#inner.wakeAt;
  }

  get view() {
    return this.#inner.view;
  }

  get stopped() {
    return this.#inner.stopped;
  }

  step(batch: Batch, out: Effect[]): void {
    for (let steps = 0; this.#inner.wakeAt < batch.now && steps < STEPS_MAX; steps++) {
      this.#look({ ...batch, now: this.#inner.wakeAt, inputs: [] }, out);
    }
    this.#look(batch, out);
  }

  #look(batch: Batch, out: Effect[]): void {
    let inputs = batch.inputs;
    do {
      const effects: Effect[] = [];
      this.#inner.step({ ...batch, inputs }, effects);
      inputs = effects.flatMap((effect) =>
        effect.type === 'poll' ? [{ type: 'polled', id: effect.id } as const] : [],
      );
      out.push(...effects.filter(({ type }) => type !== 'poll'));
    } while (inputs.length > 0);
  }
}

const STEPS_MAX = 1_000;

/** A bug in what leaves for one connection in one step; greetings pass as they are. */
function frames(
  name: string,
  wrong: (frames: readonly Uint8Array[]) => readonly Uint8Array[],
): Plant {
  const rewired = (effect: Effect, clients: ReadonlySet<ConnectionId>): Effect => {
    if (effect.type !== 'send' || !clients.has(effect.connection)) return effect;
    const all = split(effect.bytes);
    if (all.some((frame) => int(frame, XID) === GREETING_XID)) return effect;
    return { ...effect, bytes: joined(wrong(all)) };
  };
  return between(name, () => {
    const clients = new Set<ConnectionId>();
    return {
      inputs(batch) {
        noteClients(batch, clients);
        return batch;
      },
      effects: (effects) => effects.map((effect) => rewired(effect, clients)),
    };
  });
}

/** Links to other servers are none of these. */
function noteClients({ inputs }: Batch, clients: Set<ConnectionId>): void {
  for (const input of inputs) {
    if (input.type === 'connection-opened') clients.add(input.connection);
  }
}

function split(bytes: Uint8Array): Uint8Array[] {
  const splitter = new FrameSplitter(16 * 1024 * 1024);
  splitter.push(bytes);
  const all: Uint8Array[] = [];
  for (let frame = splitter.next(); frame; frame = splitter.next()) all.push(frame);
  return all;
}

function joined(all: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const frame of all) {
    view.setInt32(at, frame.length);
    bytes.set(frame, at + 4);
    at += 4 + frame.length;
  }
  return bytes;
}

function isEvent(frame: Uint8Array): boolean {
  return frame.length >= EVENT_BYTES && int(frame, XID) === specialXids.notification;
}

function isReply(frame: Uint8Array): boolean {
  return int(frame, XID) > 0;
}

/** One event in a few, chosen by what it says. */
function isNth(frame: Uint8Array, at: number): boolean {
  return (int(frame, ZXID_LOW) + at) % 5 === 0;
}

/** Whether bytes are exactly one frame of an ordinary request. */
function isWholeRequest(bytes: Uint8Array): boolean {
  if (bytes.length < 12) return false;
  return int(bytes, 0) === bytes.length - 4 && int(bytes, 4) > 0;
}

function int(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(at);
}

function patched(frame: Uint8Array, at: number, value: number): Uint8Array {
  const copy = frame.slice();
  new DataView(copy.buffer).setInt32(at, value);
  return copy;
}
