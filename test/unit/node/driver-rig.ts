/** A driver of a machine that a test writes, with streams that write down what they are told. */
import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import type { DialEvents } from '@vivarium/core/internal/node/dial';
import { Driver, type Machine, type ServerEnd } from '@vivarium/core/internal/node/driver';
import type { StepPerformer } from '@vivarium/core/internal/node/files';
import type { ClientStream, StreamEvents } from '@vivarium/core/internal/node/stream';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Batch, Input } from '@vivarium/core/internal/seam/inputs';
import { peerView } from '../../support/admin-context.js';

/** A machine whose answers to each batch are written by the test. */
export class Scripted implements Machine {
  readonly batches: (readonly Input[])[] = [];
  readonly view = peerView();
  wakeAt = Number.POSITIVE_INFINITY;
  stopped = false;
  answer: (input: Input, out: Effect[]) => void = () => {};

  step({ inputs }: Batch, out: Effect[]): void {
    this.batches.push(inputs);
    for (const input of inputs) this.answer(input, out);
  }
}

/** A stream that writes down what it was told. */
export class Recorder implements ClientStream {
  readonly transport = 'tcp';
  readonly said: string[] = [];
  unsentBytes = 0;
  events!: StreamEvents;

  send(parts: readonly Uint8Array[]): void {
    this.said.push(`send ${parts.map((part) => part.join('')).join('+')}`);
  }
  hold(held: boolean): void {
    this.said.push(held ? 'hold' : 'go on');
  }
  end(reason: string): void {
    this.said.push(`end ${reason}`);
  }
  destroy(): void {
    this.said.push('destroy');
  }
}

export function setUp() {
  const machine = new Scripted();
  const performed: string[] = [];
  const files = {
    perform: (steps: readonly unknown[]) => performed.push(`at once ${steps.length}`),
    later: async () => {
      performed.push('later');
    },
    close: () => performed.push('close'),
  } as unknown as StepPerformer;
  const events: LogEvent[] = [];
  const ends: ServerEnd[] = [];
  const dials: { readonly where: string; readonly events: DialEvents; isOver: boolean }[] = [];
  const driver = new Driver({
    machine,
    files,
    log: (event) => events.push(event),
    connections: {
      sendQueueHighWaterBytes: 100,
      sendQueueMaxBytes: 1000,
      linkQueueMaxBytes: 2000,
      dial: (addresses, timeoutMs, told) => {
        const where = addresses.map(({ host, port }) => `${host}:${port}`).join();
        const made = { where: `${where} in ${timeoutMs} ms`, events: told, isOver: false };
        dials.push(made);
        return () => {
          made.isOver = true;
        };
      },
    },
    ended: (end) => ends.push(end),
    filesClosed: () => performed.push('closed'),
  });
  const attach = () => {
    const stream = new Recorder();
    driver.connections.attachClient({ address: '127.0.0.1', port: 1 }, (made) => {
      stream.events = made;
      return stream;
    });
    return stream;
  };
  return { machine, performed, events, ends, driver, attach, dials };
}

const toServer2 = {
  addresses: [{ host: 'b', port: 2888 }],
  timeoutMs: 500,
  link: 'quorum',
} as const;

/** A driver whose machine has asked for a link, and what else it does when told of one. */
export async function dialing(effects: Readonly<Record<number, readonly Effect[]>> = {}) {
  const world = setUp();
  const { machine, attach, dials } = world;
  const client = attach();
  onBytes(machine, { ...effects, 9: [{ type: 'dial', connection: -1, ...toServer2 }] });
  client.events.received(byte(9));
  await turn();
  const dial = dials[0]!;
  const open = () => {
    const stream = new Recorder();
    dial.events.opened({ address: '10.0.0.2', port: 2888 }, (made) => {
      stream.events = made;
      return stream;
    });
    return stream;
  };
  machine.batches.length = 0;
  return { ...world, client, dial, open };
}

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
export const byte = (value: number) => Uint8Array.of(value);

/** Answers each chunk with the effects given for its first byte. */
export function onBytes(
  machine: Scripted,
  effects: Readonly<Record<number, readonly Effect[]>>,
): void {
  machine.answer = (input, out) => {
    if (input.type === 'connection-bytes') out.push(...(effects[input.bytes[0]!] ?? []));
  };
}
