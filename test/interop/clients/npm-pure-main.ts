/** A round of everyday work with npm's `node-zookeeper-client`, which is JavaScript throughout. */
import { Buffer } from 'node:buffer';
import { address, Events, moduleUnderTest, say, step } from './steps.js';

interface PureStat {
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly numChildren: number;
  readonly dataLength: number;
}

type Listener = (event: { readonly name: string; readonly path: string }) => void;
type Done<T extends unknown[]> = (error: Error | null, ...results: T) => void;

interface Transaction {
  create(path: string, data: Buffer): Transaction;
  setData(path: string, data: Buffer, version: number): Transaction;
  check(path: string, version: number): Transaction;
  remove(path: string, version: number): Transaction;
  commit(done: Done<[readonly object[]]>): void;
}

interface PureClient {
  on(event: string, listener: () => void): void;
  connect(): void;
  close(): void;
  getSessionId(): Buffer;
  addAuthInfo(scheme: string, auth: Buffer): void;
  create(path: string, data: Buffer, mode: number, done: Done<[string]>): void;
  create(path: string, data: Buffer, acls: object, mode: number, done: Done<[string]>): void;
  remove(path: string, version: number, done: Done<[unknown]>): void;
  setData(path: string, data: Buffer, version: number, done: Done<[PureStat]>): void;
  getData(path: string, listener: Listener | null, done: Done<[Buffer, PureStat]>): void;
  exists(path: string, listener: Listener | null, done: Done<[PureStat | null]>): void;
  getChildren(path: string, listener: Listener | null, done: Done<[string[], PureStat]>): void;
  getACL(path: string, done: Done<[readonly object[], PureStat]>): void;
  setACL(path: string, acls: object, version: number, done: Done<[PureStat]>): void;
  mkdirp(path: string, done: Done<[string]>): void;
  transaction(): Transaction;
}

interface Pure {
  createClient(address: string, options: object): PureClient;
  readonly ACL: { readonly CREATOR_ALL_ACL: object; readonly READ_ACL_UNSAFE: object };
}

const { createClient, ACL } = moduleUnderTest('node-zookeeper-client') as Pure;

async function connect(): Promise<readonly [PureClient, Events]> {
  const client = createClient(address, { sessionTimeout: 20_000, spinDelay: 50 });
  const events = new Events();
  for (const name of ['connected', 'disconnected']) client.on(name, () => events.add(name));
  client.connect();
  await events.until('connected');
  return [client, events];
}

function ask<T>(start: (done: Done<[T]>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) =>
      error === null || error === undefined ? resolve(result) : reject(error),
    );
  });
}

const [one, states] = await connect();
const [two] = await connect();
const heard = new Events();
const listen: Listener = ({ name, path }) => heard.add(`${name} ${path}`);
const text = (value: string) => Buffer.from(value);
const statOf = (stat: PureStat | null) =>
  stat === null
    ? 'none'
    : `version ${stat.version} cversion ${stat.cversion} aversion ${stat.aversion} ` +
      `children ${stat.numChildren} length ${stat.dataLength}`;
const create = (client: PureClient, path: string, mode = 0) =>
  ask<string>((done) => client.create(path, text('first'), mode, done));
const get = (client: PureClient, path: string, listener: Listener | null = null) =>
  new Promise<string>((resolve, reject) => {
    client.getData(path, listener, (error, data, stat) => {
      if (error) reject(error);
      else resolve(`${data} ${statOf(stat)}`);
    });
  });
const set = async (client: PureClient, path: string, value: string, version = -1) =>
  statOf(await ask<PureStat>((done) => client.setData(path, text(value), version, done)));
const children = async (client: PureClient, path: string, listener: Listener | null = null) =>
  (await ask<string[]>((done) => client.getChildren(path, listener, done))).sort();

await step('create', () => create(one, '/np'));
await step('create again', () => create(one, '/np'));
await step('create below nothing', () => create(one, '/none/np'));
await step('get', () => get(one, '/np'));
await step('set', () => set(one, '/np', 'second', 0));
await step('set, old version', () => set(one, '/np', 'third', 0));
await step('missing', async () =>
  statOf(await ask<PureStat | null>((done) => one.exists('/missing', null, done))),
);
await step('mkdirp', () => ask<string>((done) => one.mkdirp('/np/a/b/c', done)));
await step('sequential', () => create(one, '/np/s-', 2));
await step('ephemeral', () => create(one, '/np/e', 1));
await step('ephemeral sequential', () => create(one, '/np/es-', 3));
await step('child of an ephemeral', () => create(one, '/np/e/x'));
await step('children', () => children(one, '/np'));
await step('delete with children', () => ask((done) => one.remove('/np', -1, done)));

await step('watched', () => get(one, '/np', listen));
await step('set', () => set(two, '/np', 'watched'));
say('data watch', await heard.next());
await step('watched', () => children(one, '/np', listen));
await step('child', () => create(two, '/np/w'));
say('child watch', await heard.next());
await step('exists, watched', () => ask((done) => one.exists('/np/later', listen, done)));
await step('later', () => create(two, '/np/later'));
say('exists watch', await heard.next());

await step('transaction', async () => {
  const transaction = one.transaction().create('/np/t', text('t')).setData('/np/t', text('u'), 0);
  const all = transaction.check('/np/t', 1).remove('/np/later', -1);
  return (await ask<readonly object[]>((done) => all.commit(done))).length;
});
await step('transaction that fails', () => {
  const transaction = one.transaction().setData('/np/t', text('v'), -1).check('/np/t', 99);
  return ask((done) => transaction.commit(done));
});
await step('untouched', () => get(one, '/np/t'));

one.addAuthInfo('digest', text('alice:secret'));
await step('mine', () =>
  ask((done) => one.create('/np/acl', text('mine'), ACL.CREATOR_ALL_ACL, 0, done)),
);
await step('acl', () => ask((done) => one.getACL('/np/acl', done)));
await step('get without permission', () => get(two, '/np/acl'));
await step('set acl', async () =>
  statOf(await ask<PureStat>((done) => one.setACL('/np/acl', ACL.READ_ACL_UNSAFE, -1, done))),
);
await step('get with permission', () => get(two, '/np/acl'));

await step('watched over the cut', () => get(one, '/np/t', listen));
const session = one.getSessionId().toString('hex');
process.stdout.write('@cut\n');
await states.until('disconnected');
await states.until('connected');
say('same session', session === one.getSessionId().toString('hex'));
await step('ephemeral after the cut', () => get(one, '/np/e'));
await step('set', async () => {
  for (;;) {
    try {
      return await set(two, '/np/t', 'after');
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
});
say('watch over the cut', await heard.next());
one.close();
await step('ephemeral after the close', async () => {
  for (;;) {
    const left = await children(two, '/np');
    if (!left.includes('e')) return left;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});
two.close();
say('done', true);
