/** Tells what the servers of an ensemble say to each other, and wakes who waits for a moment. */
import type { ConnectionId } from '@vivarium/core/internal/base/ids';
import type { LocalMachine } from '@vivarium/core/internal/local/machine';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Batch, Input } from '@vivarium/core/internal/seam/inputs';
import { type Packet, packetName, packets, QuorumStream } from '../../sim/inside/quorum-stream.js';
import { MachineAround } from '../../support/machine-around.js';
import { describe, isHeartbeat, zxidText } from './packet-words.js';

/** A server says or hears a packet: `2 sends ACK`. */
export interface Moment {
  readonly server: number;
  readonly verb: 'sends' | 'hears';
  /** As ZooKeeper writes it. */
  readonly packet: string;
}

export interface NarratorParts {
  readonly tell: (line: string) => void;
  /**
   * Told of every packet before anything comes of it. Whoever hears it dies of it, unheard, if the
   * answer is true.
   */
  readonly came: (moment: Moment) => boolean;
  /** How people call a session. */
  readonly sessionName: (id: bigint) => string;
  /** Whether heartbeats are worth a line. */
  readonly showsPings: () => boolean;
}

interface Link {
  peer: number | undefined;
  readonly incoming: QuorumStream;
  readonly outgoing: QuorumStream;
}

/** One life of a server, told. */
export class NarratedMachine extends MachineAround {
  readonly #id: number;
  readonly #parts: NarratorParts;
  readonly #links = new Map<ConnectionId, Link>();
  /** Whom its dials are for. */
  readonly #dials = new Map<ConnectionId, number>();
  #shown = '';

  constructor(inner: LocalMachine, id: number, parts: NarratorParts) {
    super(inner);
    this.#id = id;
    this.#parts = parts;
  }

  step(batch: Batch, out: Effect[]): void {
    const from = out.length;
    for (const input of batch.inputs) if (this.#hears(input)) return;
    this.inner.step(batch, out);
    for (const effect of out.slice(from)) this.#says(effect);
    this.#show();
  }

  /** True when it dies of what it hears. */
  #hears(input: Input): boolean {
    if (input.type === 'link-opened' && input.link === 'quorum') {
      const { connection } = input;
      const side = (verb: string) => new QuorumStream(`${this.#id} ${verb}`);
      const peer = this.#dials.get(connection);
      this.#links.set(connection, { peer, incoming: side('hears'), outgoing: side('says') });
    }
    if (input.type === 'connection-closed') this.#links.delete(input.connection);
    const link = input.type === 'connection-bytes' && this.#links.get(input.connection);
    if (!link) return false;
    link.incoming.push(input.bytes.slice());
    let dies = false;
    for (let packet = link.incoming.next(); packet; packet = link.incoming.next()) {
      const { type, data } = packet;
      if (type === packets.followerInfo || type === packets.observerInfo) {
        link.peer = Number(new DataView(data!.buffer, data!.byteOffset).getBigInt64(0));
      }
      if (this.#came('hears', packet)) dies = true;
      sealAfter(packet, link);
    }
    return dies;
  }

  #says(effect: Effect): void {
    if (effect.type === 'dial' && effect.link === 'quorum') {
      this.#dials.set(effect.connection, Number(effect.addresses[0]!.host.slice(1)));
    }
    if (effect.type === 'halt') this.#parts.tell(`${this.#id} halts: ${effect.reason}`);
    const link = effect.type === 'send' && this.#links.get(effect.connection);
    if (!link) return;
    link.outgoing.push(effect.bytes.slice());
    for (let packet = link.outgoing.next(); packet; packet = link.outgoing.next()) {
      if (this.#parts.showsPings() || !isHeartbeat(packet)) {
        const words = describe(packet, this.#parts.sessionName);
        this.#parts.tell(`${this.#id} -> ${link.peer}: ${words}`);
      }
      this.#came('sends', packet);
      sealAfter(packet, link);
    }
  }

  #came(verb: Moment['verb'], { type }: Packet): boolean {
    return this.#parts.came({ server: this.#id, verb, packet: packetName(type).toUpperCase() });
  }

  /** What it is now, if it was something else before. */
  #show(): void {
    const { mode, serving, lastZxid } = this.inner.view;
    const now = serving ? `${mode}, serves from ${zxidText(lastZxid)}` : mode;
    const kind = `${mode} ${serving}`;
    if (kind === this.#shown) return;
    this.#shown = kind;
    this.#parts.tell(`${this.#id} is ${now}`);
  }
}

/** Behind the protocol's version in LEADERINFO: `VIVA`, if the leader takes up the offer. */
const ACCEPTED_BYTES = 8;

function sealAfter({ type, data }: Packet, { incoming, outgoing }: Link): void {
  if (type !== packets.leaderInfo || data === null || data.length < ACCEPTED_BYTES) return;
  incoming.seal();
  outgoing.seal();
}
