/** What a page does with the client, and what a program beside it sees of that. */
import type { Client } from '@vivarium/core';
import type { Page } from './chromium.js';

export interface Stage {
  /** A page whose origin the server allows. */
  readonly page: Page;
  /** A page whose origin it does not. */
  readonly foreignPage: Page;
  /** The server as the page reaches it. */
  readonly webSocketUrl: string;
  /** A client in Node, by TCP. */
  readonly beside: Client;
  /** Ends the server and starts it again with the same data. */
  restart(): Promise<void>;
}

/** One thing shown; resolves with a word about it, or rejects with what was seen instead. */
export interface Scene {
  readonly name: string;
  show(stage: Stage): Promise<string>;
}

const HOME = '/browser';

function demand(holds: boolean, seen: unknown): void {
  if (!holds) throw new Error(`saw ${JSON.stringify(seen)}`);
}

/** A wait in the page for an expression to hold. */
const until = (expression: string) => `
  for (const end = performance.now() + 15_000; !(${expression}); ) {
    if (performance.now() > end) throw new Error('never: ${expression.replaceAll("'", '"')}');
    await new Promise((done) => setTimeout(done, 10));
  }`;

export const scenes: readonly Scene[] = [
  {
    name: 'connect',
    async show({ page, webSocketUrl }) {
      const state = await page.run(`
        globalThis.zk = await core.connect('${webSocketUrl}', { connectTimeoutMs: 15_000 });
        return zk.state.type;`);
      demand(state === 'connected', state);
      return 'a session over WebSocket';
    },
  },
  {
    name: 'write',
    async show({ page, beside }) {
      const read = await page.run(`
        await zk.ensure('${HOME}/members');
        await zk.create('${HOME}/a', 'written in a page', {});
        return await zk.getData('${HOME}/a', { codec: core.text });`);
      demand(read === 'written in a page', read);
      await beside.sync();
      const { dataLength } = (await beside.exists(`${HOME}/a`)) ?? { dataLength: -1 };
      demand(dataLength === 17, dataLength);
      return 'read back in the page, and by TCP';
    },
  },
  {
    name: 'watch',
    async show({ page, beside }) {
      await page.run(`
        globalThis.seen = [];
        zk.data$('${HOME}/a', { codec: core.text }).subscribe((value) => seen.push(value));
        ${until('seen.length === 1')}`);
      for (const value of ['one', 'two', 'three']) await beside.set(`${HOME}/a`, value);
      const seen = await page.run(`${until("seen.at(-1) === 'three'")} return seen;`);
      demand(Array.isArray(seen) && seen[0] === 'written in a page', seen);
      return `the page was told ${(seen as unknown[]).length} states, the last one last`;
    },
  },
  {
    name: 'membership',
    async show({ page, beside }) {
      await page.run(`
        globalThis.members = [];
        zk.children$('${HOME}/members').subscribe((now) => { members = now.children; });
        await zk.create('${HOME}/members/page', '', { mode: 'ephemeral' });`);
      await beside.create(`${HOME}/members/program`, '', { mode: 'ephemeral' });
      const members = await page.run(`${until('members.length === 2')} return members;`);
      demand(String(members) === 'page,program', members);
      await beside.delete(`${HOME}/members/program`);
      await page.run(until('members.length === 1'));
      return 'the page and a program saw each other come, and the program go';
    },
  },
  {
    name: 'reconnect',
    async show({ page, beside, restart }) {
      const session = await page.run('return String(zk.session.id);');
      await restart();
      await beside.set(`${HOME}/a`, 'after the restart');
      const after = await page.run(`
        ${until("seen.at(-1) === 'after the restart'")}
        await zk.sync();
        const owner = (await zk.exists('${HOME}/members/page'))?.ephemeralOwner;
        return [String(zk.session.id), String(owner), zk.generation];`);
      const [id, owner, generation] = after as [string, string, number];
      demand(id === session && owner === session && generation >= 2, after);
      return 'the same session, its ephemeral node and its streams, after a server restart';
    },
  },
  {
    name: 'foreign origin',
    async show({ foreignPage, webSocketUrl }) {
      const outcome = await foreignPage.run(`
        return await core.connect('${webSocketUrl}', { connectTimeoutMs: 3_000 }).then(
          () => 'connected',
          (error) => error.name,
        );`);
      demand(outcome === 'CONNECTION_LOSS', outcome);
      return 'a page of a foreign origin gets no connection';
    },
  },
  {
    name: 'close',
    async show({ page, beside }) {
      await page.run('await zk.close();');
      await beside.sync();
      const { children } = await beside.children(`${HOME}/members`);
      demand(children.length === 0, children);
      return "closing the page's client removed its ephemeral node at once";
    },
  },
];
