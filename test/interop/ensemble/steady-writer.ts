/** A client that has one write under way at any time, and comes back at once whenever it is cut. */
import { equalBytes } from '@vivarium/core/internal/base/bytes';
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { CreateRequest, SetDataRequest } from '@vivarium/core/internal/wire/records';
import { WireClient } from '../wire-client.js';
import type { Member } from './member.js';

const RETRY_MS = 5;
const TIMEOUT_MS = 30_000;
/** Everybody may do everything. */
export const OPEN_ACL = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
const NO_PASSWORD = new Uint8Array(16);

export interface Acknowledged {
  readonly sentAt: number;
  readonly heardAt: number;
}

export class SteadyWriter {
  readonly #member: Member;
  readonly #path: string;
  #session = 0n;
  #password: Uint8Array = NO_PASSWORD;
  #seenZxid = 0n;
  #isOver = false;
  #client: WireClient | undefined;
  #ended: Promise<void> = Promise.resolve();
  /** Told of each acknowledged write. */
  onAcknowledged: (write: Acknowledged) => void = () => {};

  constructor(member: Member) {
    this.#member = member;
    this.#path = `/steady-${member.id}`;
  }

  start(): void {
    this.#ended = this.#work();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    this.#client?.destroy();
    await this.#ended;
  }

  async #work(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#writeUntilCut();
      } catch {
        // Cut, refused or silent: all of these are why it comes back.
      }
      this.#client?.destroy();
      if (!this.#isOver) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async #writeUntilCut(): Promise<void> {
    const { host, port } = this.#member;
    const client = await WireClient.open(port, host);
    this.#client = client;
    const welcome = await client.handshake({
      sessionId: this.#session,
      passwd: this.#password,
      lastZxidSeen: this.#seenZxid,
      timeOut: TIMEOUT_MS,
    });
    if (welcome === undefined) return;
    const isNew =
      this.#session === 0n || !equalBytes(welcome.passwd ?? NO_PASSWORD, this.#password);
    this.#session = welcome.timeOut <= 0 ? 0n : welcome.sessionId;
    this.#password = welcome.timeOut <= 0 ? NO_PASSWORD : (welcome.passwd ?? NO_PASSWORD);
    if (this.#session === 0n) return;
    const data = new Uint8Array(100);
    const path = this.#path;
    if (isNew) {
      const flags = createModes.persistent.flag;
      await client.call(opcodes.create, CreateRequest, { path, data, acl: OPEN_ACL, flags });
    }
    while (!this.#isOver) {
      const sentAt = performance.now();
      const body = { path, data, version: -1 };
      const { header } = await client.call(opcodes.setData, SetDataRequest, body);
      if (header.zxid > this.#seenZxid) this.#seenZxid = header.zxid;
      if (header.err === 0) this.onAcknowledged({ sentAt, heardAt: performance.now() });
    }
  }
}
