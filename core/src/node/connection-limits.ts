/** Files that a process needs besides its connections. */
const RESERVED_FILES = 64;

/**
 * Counts connections, by address and all together. However many are allowed, they leave room for
 * the files of the server: a log that cannot be opened would stop it.
 */
export class ConnectionLimits {
  readonly #perAddressMax: number;
  readonly #allMax: number;
  readonly #openFilesMax: number;
  readonly #room: number;
  readonly #byAddress = new Map<string, number>();
  #all = 0;

  /** Each limit: 0 or less means none. */
  constructor(limits: {
    readonly perAddress: number;
    readonly all: number;
    /** Files and sockets that the system lets the process have. */
    readonly openFiles: number;
  }) {
    this.#perAddressMax = limits.perAddress;
    this.#allMax = limits.all;
    this.#openFilesMax = limits.openFiles;
    const room = Math.max(limits.openFiles - RESERVED_FILES, limits.openFiles / 2);
    this.#room = limits.openFiles > 0 ? room : Number.POSITIVE_INFINITY;
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
    if (this.#all >= this.#room) {
      const limit = `limit of open files (ulimit -n ${this.#openFilesMax})`;
      return `there are ${this.#all} connections, as many as the ${limit} leaves room for`;
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
