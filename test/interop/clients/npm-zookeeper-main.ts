/** A round of everyday work with npm's `zookeeper`, which binds the C client. */
import { Buffer } from 'node:buffer';
import { address, Events, moduleUnderTest, say, step } from './steps.js';

interface NativeStat {
  readonly version: number;
  readonly cversion: number;
  readonly numChildren: number;
  readonly dataLength: number;
  readonly ephemeralOwner: string;
}

interface NativeClient {
  readonly client_id: string;
  init(config: object): boolean;
  on(event: string, listener: () => void): void;
  close(): void;
  create(path: string, data: string, flags: number, ttl?: number): Promise<string>;
  get(path: string, watch: boolean): Promise<readonly [NativeStat, Buffer | string]>;
  w_get(
    path: string,
    heard: (type: number, state: number, path: string) => void,
  ): Promise<readonly [NativeStat, Buffer | string]>;
  w_exists(
    path: string,
    heard: (type: number, state: number, path: string) => void,
  ): Promise<unknown>;
  w_get_children(
    path: string,
    heard: (type: number, state: number, path: string) => void,
  ): Promise<readonly string[]>;
  exists(path: string, watch: boolean): Promise<NativeStat>;
  pathExists(path: string, watch: boolean): Promise<boolean>;
  get_children(path: string, watch: boolean): Promise<readonly string[]>;
  get_children2(path: string, watch: boolean): Promise<readonly [readonly string[], NativeStat]>;
  set(path: string, data: string, version: number): Promise<NativeStat>;
  delete_(path: string, version: number): Promise<void>;
  get_acl(path: string): Promise<unknown>;
  set_acl(path: string, version: number, acl: readonly object[]): Promise<void>;
  add_auth(scheme: string, auth: string, done: (code: number) => void): void;
  sync(path: string): Promise<unknown>;
}

type Native = new (config: object) => NativeClient;
const module = moduleUnderTest('zookeeper') as { Promise?: Native; default?: Native } & Native;
const Client: Native = module.Promise ?? module;

async function connect(): Promise<readonly [NativeClient, Events]> {
  const client = new Client({ connect: address, timeout: 20_000, debug_level: 0 });
  const events = new Events();
  for (const name of ['connect', 'connecting', 'close']) client.on(name, () => events.add(name));
  client.init({ connect: address, timeout: 20_000, debug_level: 0 });
  await events.until('connect');
  return [client, events];
}

const [one, states] = await connect();
const [two] = await connect();
const heard = new Events();
const listen = (type: number, _state: number, path: string) => {
  if (type !== -1) heard.add(`${type} ${path}`); // -1 tells of the connection, to every watch
};
const statOf = ({ version, cversion, numChildren, dataLength }: NativeStat) =>
  `version ${version} cversion ${cversion} children ${numChildren} length ${dataLength}`;
const shown = ([stat, data]: readonly [NativeStat, Buffer | string]) =>
  `${Buffer.from(data)} ${statOf(stat)}`;

await step('create', () => one.create('/ns', 'first', 0));
await step('create again', () => one.create('/ns', 'first', 0));
await step('create below nothing', () => one.create('/none/ns', '', 0));
await step('get', async () => shown(await one.get('/ns', false)));
await step('set', async () => statOf(await one.set('/ns', 'second', 0)));
await step('set, old version', () => one.set('/ns', 'third', 0));
await step('exists', async () => statOf(await one.exists('/ns', false)));
await step('path exists, missing', () => one.pathExists('/missing', false));
await step('sequential', () => one.create('/ns/s-', '', 2));
await step('ephemeral', () => one.create('/ns/e', '', 1));
await step('container', () => one.create('/ns/box', '', 4));
await step('ttl', () => one.create('/ns/ttl', '', 5, 3_600_000));
await step('child of an ephemeral', () => one.create('/ns/e/x', '', 0));
await step('owner', async () => {
  const [{ ephemeralOwner }] = await two.get('/ns/e', false);
  return BigInt(`0x${ephemeralOwner}`) === 0n ? 'none' : 'some';
});
await step('children', async () => [...(await one.get_children('/ns', false))].sort());
await step('children2', async () => statOf((await one.get_children2('/ns', false))[1]));
await step('delete with children', () => one.delete_('/ns', -1));

await step('watched', async () => shown(await one.w_get('/ns', listen)));
await step('set', async () => statOf(await two.set('/ns', 'watched', -1)));
say('data watch', await heard.next());
await step('watched', async () => [...(await one.w_get_children('/ns', listen))].sort());
await step('child', () => two.create('/ns/w', '', 0));
say('child watch', await heard.next());
await step('exists, watched', () => one.w_exists('/ns/later', listen));
await step('later', () => two.create('/ns/later', '', 0));
say('exists watch', await heard.next());

await step('auth', () => {
  return new Promise((resolve) => one.add_auth('digest', 'alice:secret', resolve));
});
const mine = { perms: 31, scheme: 'auth', auth: '' };
await step('acl node', () => one.create('/ns/acl', 'mine', 0));
await step('set acl', () => one.set_acl('/ns/acl', -1, [mine]));
await step('get acl', async () => JSON.stringify(await one.get_acl('/ns/acl')).includes('alice:'));
await step('get without permission', async () => shown(await two.get('/ns/acl', false)));
await step('get with permission', async () => shown(await one.get('/ns/acl', false)));
await step('sync', async () => typeof (await one.sync('/ns')));

await step('watched over the cut', async () => shown(await one.w_get('/ns/w', listen)));
const session = one.client_id;
process.stdout.write('@cut\n');
await states.until('connecting');
await states.until('connect');
say('same session', session === one.client_id);
await step('ephemeral after the cut', async () => shown(await one.get('/ns/e', false)));
await step('set', async () => statOf(await persistently(() => two.set('/ns/w', 'after', -1))));
say('watch over the cut', await heard.next());
one.close();
await step('ephemeral after the close', () =>
  persistently(async () => {
    if (await two.pathExists('/ns/e', false)) throw new Error('it is still there');
    return 'gone';
  }),
);
await step('what is left', async () => [...(await two.get_children('/ns', false))].sort());
two.close();
say('done', true);

/** Tries again while the connection is being made again. */
async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 100; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
