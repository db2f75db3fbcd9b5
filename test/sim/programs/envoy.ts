/**
 * A client that does as it is told, by hand: it says which server it goes to, takes its session
 * along, and asks for one thing at a time. It never comes back by itself. What it says and hears is
 * recorded and judged as with all others.
 */
import type { ClientHost, Transport } from '@vivarium/core';
import { readConnectResponse, writeConnectRequest } from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { opcodes, specialXids } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { PathRequest, ReadRequest, SetDataRequest } from '@vivarium/core/internal/wire/records';
import type { Writer } from '@vivarium/core/internal/wire/writer';
import { framed } from '../../support/framed.js';

type Question = 'ping' | 'sync' | 'look' | 'write';

const PATH = '/sim/c';
const LONGEST_FRAME_BYTES = 16 * 1024 * 1024;
const nothing = () => {};

export class Envoy {
  /** Its place in the network. */
  readonly name: string;
  readonly #host: Pick<ClientHost, 'open'>;
  readonly #timeoutMs: number;
  #transport: Transport | undefined;
  #sessionId = 0n;
  #passwd: Uint8Array | null = new Uint8Array(16);
  #seen = 0n;
  #xid = 0;
  #isIn = false;
  /** What waits for answers, by xid. */
  readonly #then = new Map<number, () => void>();

  constructor(name: string, host: Pick<ClientHost, 'open'>, timeoutMs: number) {
    this.name = name;
    this.#host = host;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether a server has let it in, and it has heard nothing else since. */
  get isIn(): boolean {
    return this.#isIn;
  }

  /** Leaves where it is, and goes to a server, such as `s1:2181`, with the session that it has. */
  go(address: string, then: () => void = nothing): void {
    this.leave();
    const [host = '', port] = address.split(':');
    const frames = new FrameSplitter(LONGEST_FRAME_BYTES);
    const server = { protocol: 'memory', host, port: Number(port), resource: '/' } as const;
    const transport = this.#host.open(server, {
      opened: () => transport.send(this.#greeting()),
      received: (bytes) => {
        frames.push(bytes);
        for (let frame = frames.next(); frame; frame = frames.next()) {
          if (this.#transport !== transport) return;
          if (this.#isIn) this.#hear(new Reader(frame));
          else this.#enter(new Reader(frame), then);
        }
      },
      closed: () => {
        if (this.#transport === transport) this.#left();
      },
    });
    this.#transport = transport;
  }

  /** Closes its connection, and keeps its session. */
  leave(): void {
    this.#transport?.close();
    this.#left();
  }

  /** Asks where it is in, and nowhere else; nobody is told of what is not answered. */
  ask(what: Question, then: () => void = nothing): void {
    if (!this.#isIn) return;
    const xid = what === 'ping' ? specialXids.ping : ++this.#xid;
    this.#then.set(xid, then);
    this.#transport!.send(framed((to) => writeRequest(to, xid, what, this.name)));
  }

  #left(): void {
    this.#transport = undefined;
    this.#isIn = false;
    this.#then.clear();
  }

  #greeting(): Uint8Array {
    return framed((to) =>
      writeConnectRequest(to, {
        protocolVersion: 0,
        lastZxidSeen: this.#seen,
        timeOut: this.#timeoutMs,
        sessionId: this.#sessionId,
        passwd: this.#passwd,
        readOnly: false,
      }),
    );
  }

  #enter(from: Reader, then: () => void): void {
    const { timeOut, sessionId, passwd } = readConnectResponse(from);
    if (timeOut <= 0) {
      this.leave();
      return;
    }
    this.#sessionId = sessionId;
    this.#passwd = passwd;
    this.#isIn = true;
    then();
  }

  #hear(from: Reader): void {
    const xid = from.int();
    const zxid = from.long();
    if (zxid > this.#seen) this.#seen = zxid;
    const then = this.#then.get(xid);
    this.#then.delete(xid);
    then?.();
  }
}

function writeRequest(to: Writer, xid: number, what: Question, name: string): void {
  to.int(xid);
  switch (what) {
    case 'ping':
      to.int(opcodes.ping);
      break;
    case 'sync':
      to.int(opcodes.sync);
      PathRequest.write(to, { path: PATH });
      break;
    case 'look':
      to.int(opcodes.exists);
      ReadRequest.write(to, { path: PATH, watch: false });
      break;
    case 'write': {
      to.int(opcodes.setData);
      const data = new TextEncoder().encode(`${name}#${xid}`);
      SetDataRequest.write(to, { path: PATH, data, version: -1 });
      break;
    }
  }
}
