/** Counts connections, by address and all together. */
export class ConnectionLimits {
  readonly #perAddressMax: number;
  readonly #allMax: number;
  readonly #byAddress = new Map<string, number>();
  #all = 0;

  /** Each limit: 0 or less means none. */
  constructor(limits: { readonly perAddress: number; readonly all: number }) {
    this.#perAddressMax = limits.perAddress;
    this.#allMax = limits.all;
  }

  /** Counts one more; or says which option forbids it, and counts nothing. */
  enter(address: string): string | undefined {
    const count = this.#byAddress.get(address) ?? 0;
    if (this.#perAddressMax > 0 && count >= this.#perAddressMax) {
      return `${address} has ${count} connections, as many as maxClientCnxns allows`;
    }
    if (this.#allMax > 0 && this.#all >= this.#allMax) {
      return `there are ${this.#all} connections, as many as maxCnxns allows`;
    }
    this.#byAddress.set(address, count + 1);
    this.#all++;
    return undefined;
  }

  /** Undoes one {@link enter}. */
  leave(address: string): void {
    const count = this.#byAddress.get(address)! - 1;
    if (count === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count);
    this.#all--;
  }
}
