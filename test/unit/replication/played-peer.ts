/** A server of an ensemble that a test plays: it says to the leader whatever the test wants. */
import type { End } from '@vivarium/core/internal/local/network';
import {
  PacketReader,
  packetTypes,
  writeLearnerInfo,
  writeOffer,
  writePacket,
} from '@vivarium/core/internal/wire/quorum';
import { beginSeal, endSeal } from '@vivarium/core/internal/wire/seal';
import { Writer } from '@vivarium/core/internal/wire/writer';
import type { EnsembleRig } from '../peer/ensemble-rig.js';

export class PlayedPeer {
  /** Types of the packets that came, while nothing is sealed. */
  readonly heard: number[] = [];
  closedBecause: string | undefined = undefined;
  readonly #rig: EnsembleRig;
  readonly #end: End;
  readonly #packets = new PacketReader();
  #offers = false;
  /** What comes are no more bare packets. */
  #isOver = false;

  private constructor(rig: EnsembleRig, server: number) {
    this.#rig = rig;
    this.#end = rig.network.connect('played', `s${server}:2888`, {
      opened() {},
      received: (bytes) => {
        if (this.#isOver) return;
        this.#packets.push(bytes.slice());
        while (!this.#isOver && this.#packets.next()) this.#hear(this.#packets.type);
      },
      closed: (reason) => {
        this.closedBecause = reason;
      },
    });
  }

  /** Connects to a server's quorum port. */
  static async to(rig: EnsembleRig, server: number): Promise<PlayedPeer> {
    const peer = new PlayedPeer(rig, server);
    await rig.time.advance(10);
    return peer;
  }

  #hear(type: number): void {
    this.heard.push(type);
    const isSealed = this.#offers && type === packetTypes.leaderInfo;
    this.#isOver ||= isSealed || type === packetTypes.snap;
  }

  send(bytes: Uint8Array): void {
    this.#end.send(bytes);
  }

  say(type: number, epoch: number, counter: number, data: Uint8Array | null = null): void {
    const to = new Writer();
    writePacket(to, type, epoch, counter, data);
    this.send(to.copy());
  }

  /** Says which server it is. */
  greet(serverId: number, options: Greeting = {}): void {
    this.#offers = options.offers === true;
    const info = new Writer();
    writeLearnerInfo(info, serverId, options.configVersion ?? 0n);
    if (options.offers) writeOffer(info);
    this.say(packetTypes.followerInfo, options.acceptedEpoch ?? 0, 0, info.copy());
  }

  /** Says something sealed; one byte of it changes on the way. */
  saySealed(type: number, epoch: number, counter: number, damagedAt: number): void {
    const to = new Writer();
    beginSeal(to);
    writePacket(to, type, epoch, counter, null);
    endSeal(to);
    const bytes = to.copy();
    bytes[damagedAt] = bytes[damagedAt]! ^ 0x40;
    this.send(bytes);
  }

  leave(): void {
    this.#end.close();
  }

  async untilHeard(type: number): Promise<void> {
    await this.#rig.until(`packet ${type}`, () => this.heard.includes(type));
  }

  async untilClosed(): Promise<void> {
    await this.#rig.until('the leader hangs up', () => this.closedBecause !== undefined);
  }
}

export interface Greeting {
  readonly acceptedEpoch?: number;
  readonly configVersion?: bigint;
  /** It says that it is Vivarium's. */
  readonly offers?: boolean;
}
