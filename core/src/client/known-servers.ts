import type { ServerAddress } from './client-host.js';
import { serverName } from './connect-string.js';

/**
 * Numbers for servers. A server keeps its number for as long as the client lives, also while it is
 * not in the list, so that a number never comes to mean another server.
 */
export class KnownServers {
  readonly #all: ServerAddress[] = [];
  readonly #numbers = new Map<string, number>();

  /** Their numbers, in the order of the list; a server that it names twice counts once. */
  numbersOf(list: readonly ServerAddress[]): readonly number[] {
    return [...new Set(list.map((server) => this.#numberOf(server)))];
  }

  at(number: number): ServerAddress | undefined {
    return this.#all[number];
  }

  #numberOf(server: ServerAddress): number {
    const name = serverName(server);
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#all.push(server) - 1;
    this.#numbers.set(name, number);
    return number;
  }
}
