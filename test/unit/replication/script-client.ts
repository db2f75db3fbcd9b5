/** A client in a transcript: it asks in a few words, and what it hears is written down. */
import { errorNameOf } from '@vivarium/core/internal/base/errors';
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import type { MultiOp } from '@vivarium/core/internal/wire/multi';
import { operations, specialXids } from '@vivarium/core/internal/wire/operations';
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { WatcherEvent } from '@vivarium/core/internal/wire/records';
import { bytesOf, type Frame, textOf } from '../peer/client.js';
import type { EnsembleRig } from '../peer/ensemble-rig.js';
import { NetworkClient } from '../peer/network-client.js';
import { zxidText } from './packet-words.js';

const eventNames: Readonly<Record<number, string>> = {
  1: 'created',
  2: 'deleted',
  3: 'changed',
  4: 'children changed',
};

type Request = (to: NetworkClient, path: string, value: string, words: readonly string[]) => void;

const creates =
  (flags: number): Request =>
  (to, path, value) =>
    to.say('create2', { path, data: bytesOf(value), acl: OPEN_ACL, flags });

const requests: Readonly<Record<string, Request>> = {
  create: creates(createModes.persistent.flag),
  ephemeral: creates(createModes.ephemeral.flag),
  set: (to, path, value) => to.say('setData', { path, data: bytesOf(value), version: -1 }),
  delete: (to, path) => to.say('delete', { path, version: -1 }),
  get: (to, path, value) => to.say('getData', { path, watch: value === 'watch' }),
  exists: (to, path, value) => to.say('exists', { path, watch: value === 'watch' }),
  list: (to, path, value) => to.say('getChildren', { path, watch: value === 'watch' }),
  sync: (to, path) => to.say('sync', { path }),
  close: (to) => to.say('closeSession', {}),
  multi: (to, _path, _value, words) => to.sayMulti(multiOf(words)),
  ping: (to) => to.ping(),
};

export class ScriptClient {
  readonly connection: NetworkClient;
  readonly #name: string;
  readonly #tell: (line: string) => void;
  /** What was asked and is not answered, oldest first. */
  readonly #asked: string[] = [];
  #read = 0;
  #isGone = false;

  constructor(name: string, connection: NetworkClient, tell: (line: string) => void) {
    this.#name = name;
    this.connection = connection;
    this.#tell = tell;
  }

  static async at(
    rig: EnsembleRig,
    server: number,
    name: string,
    tell: (line: string) => void,
    from?: ScriptClient,
  ): Promise<ScriptClient> {
    const connection = new NetworkClient(rig, server);
    const more = { timeOut: 2_000 };
    const greeted = from
      ? await connection.resume(from.connection, more)
      : await connection.greet(more);
    tell(`${name} is ${greeted} at ${server}`);
    const client = new ScriptClient(name, connection, tell);
    client.#isGone = greeted === 'closed';
    return client;
  }

  get session(): bigint | undefined {
    return this.#isGone ? undefined : this.connection.session;
  }

  get waits(): boolean {
    return this.#asked.length > 0 && !this.#isGone;
  }

  /** `create /x 7`, `get /x watch`, `multi create /a delete /b`, … */
  ask(words: readonly string[]): void {
    const [what = '', path = '', value = ''] = words;
    const request = requests[what];
    if (request === undefined) throw new Error(`there is no request '${what}'`);
    if (what !== 'ping') this.#asked.push(words.join(' '));
    request(this.connection, path, value, words.slice(1));
  }

  /** Writes down what has come since. */
  hear(): void {
    for (const frame of this.connection.frames.slice(this.#read)) this.#tell(this.#words(frame));
    this.#read = this.connection.frames.length;
    if (!this.connection.isClosed || this.#isGone) return;
    this.#isGone = true;
    const open = this.#asked.length === 0 ? '' : `, without an answer to ${this.#asked.join(', ')}`;
    this.#tell(`${this.#name} loses its connection${open}`);
  }

  #words({ xid, zxid, err, body }: Frame): string {
    if (xid === specialXids.ping) return `${this.#name} hears that it is alive`;
    if (xid === specialXids.notification) {
      const { type, path } = WatcherEvent.read(new Reader(body));
      return `${this.#name} hears: ${path} ${eventNames[type] ?? type}`;
    }
    const asked = this.#asked.shift() ?? '';
    const outcome = err === 0 ? `OK${answerWords(asked, body)}` : (errorNameOf(err) ?? err);
    return `${this.#name} ${asked}: ${outcome}, at ${zxidText(zxid)}`;
  }
}

function answerWords(asked: string, body: Uint8Array): string {
  const from = new Reader(body);
  if (asked.startsWith('get ')) return ` '${textOf(operations.getData.response.read(from).data)}'`;
  if (!asked.startsWith('list ')) return '';
  return ` [${[...operations.getChildren.response.read(from).children].sort().join(' ')}]`;
}

function multiOf(words: readonly string[]): readonly MultiOp[] {
  const ops: MultiOp[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    const path = words[at + 1]!;
    if (words[at] === 'create') {
      ops.push({ op: 'create', path, data: bytesOf(''), acl: OPEN_ACL, flags: 0 });
    } else if (words[at] === 'delete') ops.push({ op: 'delete', path, version: -1 });
    else ops.push({ op: 'check', path, version: -1 });
  }
  return ops;
}
