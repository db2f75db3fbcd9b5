/** Takes apart what servers say to each other on the election port. */

/** What a server is, in its notifications. */
export const states = { looking: 0, following: 1, leading: 2, observing: 3 } as const;

/** For people. */
export function stateName(state: number): string {
  return Object.keys(states)[state] ?? String(state);
}

export interface Vote {
  readonly state: number;
  /** Whom the sender is for, and the end of that server's history. */
  readonly leader: number;
  readonly zxid: bigint;
  readonly round: bigint;
  readonly peerEpoch: bigint;
}

/** One direction of an election link. */
export class VoteStream {
  #bytes: Uint8Array = new Uint8Array(0);
  /** Whoever dials says first who it is. */
  #isGreeting: boolean;

  constructor(isDialed: boolean) {
    this.#isGreeting = isDialed;
  }

  push(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    this.#bytes = all;
  }

  next(): Vote | undefined {
    if (this.#isGreeting && !this.#greeted()) return undefined;
    const bytes = this.#bytes;
    if (bytes.length < 4) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = 4 + view.getInt32(0);
    if (end > bytes.length || end < 44) return undefined;
    this.#bytes = bytes.subarray(end);
    return {
      state: view.getInt32(4),
      leader: Number(view.getBigInt64(8)),
      zxid: view.getBigInt64(16),
      round: view.getBigInt64(24),
      peerEpoch: view.getBigInt64(32),
    };
  }

  /** Version, number and a text with addresses. */
  #greeted(): boolean {
    const bytes = this.#bytes;
    if (bytes.length < 20) return false;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = 20 + view.getInt32(16);
    if (end > bytes.length) return false;
    this.#bytes = bytes.subarray(end);
    this.#isGreeting = false;
    return true;
  }
}
