import type { Look } from './actor.js';
import type { ExampleHost } from './host.js';
import { Layout } from './layout.js';

/** Writes down what happens, for people or for programs. */
export class Programme {
  readonly #host: ExampleHost;
  readonly #layout: Layout;
  readonly #began = performance.now();

  constructor(host: ExampleHost, cast: readonly string[]) {
    this.#host = host;
    this.#layout = new Layout({ cast, width: host.width, colors: host.colors });
  }

  begins(name: string, title: string, ports: readonly number[]): void {
    this.#write({ event: 'begins', name, title, ports }, () => {
      const servers = `three servers on 127.0.0.1, ports ${ports.join(', ')}`;
      return this.#layout.title(`${name}: ${title}`, [servers]);
    });
  }

  looks(who: string, look: Look): void {
    this.#layout.look(who, look);
  }

  said(who: string, text: string): void {
    this.#write({ event: 'said', who, text }, (ms) => this.#layout.said(ms, who, text));
  }

  told(text: string): void {
    this.#write({ event: 'told', text }, (ms) => this.#layout.told(ms, text));
  }

  ends(isKept: boolean, text: string): void {
    this.#write({ event: 'ends', isKept, text }, () => this.#layout.ended(isKept, text));
  }

  #write(event: object, forPeople: (ms: number) => string): void {
    const ms = Math.round(performance.now() - this.#began);
    this.#host.write(this.#host.json ? `${JSON.stringify({ ms, ...event })}\n` : forPeople(ms));
  }
}
