/** A client that says just what a test tells it to, over the network of an ensemble in memory. */
import type { Network } from '@vivarium/core/internal/local/network';
import type { Input } from '@vivarium/core/internal/seam/inputs';
import type { Handshake } from '@vivarium/core/internal/wire/connect';
import {
  type MultiOp,
  type MultiResult,
  readMultiResponse,
} from '@vivarium/core/internal/wire/multi';
import {
  type OperationName,
  type RequestOf,
  type ResponseOf,
  specialXids,
} from '@vivarium/core/internal/wire/operations';
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { type Answer, bytesOf, type Frame, RigClient, requestFrame } from './client.js';
import type { EnsembleRig } from './ensemble-rig.js';

/** `closed` when the server hung up instead of answering. */
export type Greeted = 'welcome' | 'refused' | 'closed';

let opened = 0;

export class NetworkClient {
  readonly #rig: EnsembleRig;
  readonly #client: RigClient;
  readonly #close: () => void;

  /** Connects to a server of the rig; nothing is sent. */
  constructor(rig: EnsembleRig, server: number) {
    this.#rig = rig;
    const place = `raw${++opened}`;
    const waiting: Uint8Array[] = [];
    let isOpen = false;
    const network: Network = rig.network;
    const end = network.connect(place, `s${server}:2181`, {
      opened() {
        isOpen = true;
        for (const bytes of waiting.splice(0)) end.send(bytes);
      },
      received: (bytes) => this.#client.took(bytes),
      closed: (reason) => this.#client.wasClosed(reason),
    });
    this.#close = () => end.close();
    const step = (...inputs: Input[]) => {
      for (const input of inputs) {
        if (input.type !== 'connection-bytes') continue;
        if (isOpen) end.send(input.bytes);
        else waiting.push(input.bytes);
      }
    };
    this.#client = new RigClient({ step }, opened);
  }

  /** A connection with a session of its own. */
  static async session(
    rig: EnsembleRig,
    server: number,
    more: Partial<Handshake> = {},
  ): Promise<NetworkClient> {
    const client = new NetworkClient(rig, server);
    const greeted = await client.greet(more);
    if (greeted !== 'welcome') throw new Error(`no session of server ${server}: ${greeted}`);
    return client;
  }

  get session(): bigint {
    return this.#client.session;
  }

  get welcome() {
    return this.#client.welcome!;
  }

  get isClosed(): boolean {
    return this.#client.isClosed;
  }

  /** Shakes hands. */
  async greet(more: Partial<Handshake> = {}): Promise<Greeted> {
    const client = this.#client;
    client.greet({ timeOut: 2_000, ...more });
    await this.#rig.until('a handshake', () => client.welcome !== undefined || client.isClosed);
    if (client.welcome === undefined) return 'closed';
    return client.welcome.timeOut > 0 ? 'welcome' : 'refused';
  }

  /** Shakes hands for the session of another client. */
  resume({ welcome }: NetworkClient, more: Partial<Handshake> = {}): Promise<Greeted> {
    const { sessionId, passwd } = welcome;
    return this.greet({ sessionId, passwd, ...more });
  }

  async ask<N extends OperationName>(name: N, body: RequestOf<N>): Promise<Answer<ResponseOf<N>>> {
    return this.#client.answerOf(name, await this.#answer(this.#client.frame(name, body)));
  }

  async errorOf<N extends OperationName>(name: N, body: RequestOf<N>): Promise<string> {
    return (await this.ask(name, body)).error;
  }

  /** The code of an answer to a create, by its name. */
  create(path: string, flags = 0): Promise<string> {
    return this.errorOf('create', { path, data: bytesOf('x'), acl: OPEN_ACL, flags });
  }

  /** Types of the results of a multi, codes for errors. */
  async multi(ops: readonly MultiOp[]): Promise<readonly (string | number)[]> {
    const { err, body } = await this.#answer(this.#client.multiFrame(ops));
    if (err !== 0) return [err];
    const results: readonly MultiResult[] = readMultiResponse(new Reader(body));
    return results.map((result) => (result.type === 'error' ? result.err : result.type));
  }

  /** Sends a ping; the answer comes as any frame does. */
  ping(): void {
    this.#client.send(requestFrame(specialXids.ping, 11));
  }

  /** Sends a request and does not wait. */
  say<N extends OperationName>(name: N, body: RequestOf<N>): void {
    this.#client.send(this.#client.frame(name, body));
  }

  sayMulti(ops: readonly MultiOp[]): void {
    this.#client.send(this.#client.multiFrame(ops));
  }

  /** Frames that came and that nobody waited for. */
  get frames(): readonly Frame[] {
    return this.#client.frames;
  }

  takeEvents() {
    return this.#client.takeEvents();
  }

  async untilClosed(limitMs?: number): Promise<void> {
    await this.#rig.until('the connection closes', () => this.isClosed, limitMs);
  }

  /** Goes away; its session lives on. */
  vanish(): void {
    this.#close();
  }

  async #answer(request: Uint8Array): Promise<Frame> {
    const client = this.#client;
    const xid = new Reader(request, 4).int();
    const find = () => client.frames.find((frame) => frame.xid === xid);
    client.send(request);
    await this.#rig.until(`an answer to ${xid}`, () => find() !== undefined || client.isClosed);
    const frame = find();
    if (frame === undefined) throw new Error(`closed: ${client.closedBecause}`);
    return frame;
  }
}
