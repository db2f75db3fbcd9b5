/** L6: who waits for something that others have or do. After the heal nobody waits for long. */

export class Waits {
  readonly #open = new Set<string>();
  #count = 0;

  /** Waits for what `work` resolves with, and is written down until then. */
  async during<T>(client: string, forWhat: string, work: Promise<T>): Promise<T> {
    const wait = `${client} waits for ${forWhat} (${++this.#count})`;
    this.#open.add(wait);
    try {
      return await work;
    } finally {
      this.#open.delete(wait);
    }
  }

  /** The waits of those who have not ended. */
  of(clients: readonly string[]): readonly string[] {
    return [...this.#open].filter((wait) => clients.includes(wait.split(' ', 1)[0]!));
  }
}
