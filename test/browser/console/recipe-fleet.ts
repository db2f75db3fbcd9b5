/** Programs that use recipes, and nodes laid out as programs over other libraries do it. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Client, connect, text } from '@vivarium/core';
import { type Recipes, recipes } from '@vivarium/recipes';

/** A program of the fleet: a session of its own, and the recipes over it. */
export interface Program extends Recipes {
  readonly zk: Client;
}

/** Programs, which all end together. */
export class Fleet {
  readonly #servers: string;
  readonly #undo: (() => unknown)[] = [];

  /** @param servers `host:port`, with commas */
  constructor(servers: string) {
    this.#servers = servers;
  }

  async program(): Promise<Program> {
    const zk = await connect(this.#servers, { sessionTimeoutMs: 20_000 });
    this.#undo.push(() => zk.close().catch(() => {}));
    return { zk, ...recipes(zk) };
  }

  /** What is to be done before the programs end. */
  atEnd(work: () => unknown): void {
    this.#undo.push(work);
  }

  /** A process that holds a lock until it is killed. Resolves when it does. */
  async killableHolder(path: string, id: string): Promise<() => void> {
    const program = `
      import { connect } from '@vivarium/core';
      import { acquireLock } from '@vivarium/recipes';
      const zk = await connect(${JSON.stringify(this.#servers)}, { sessionTimeoutMs: 4_000 });
      await acquireLock(zk, ${JSON.stringify(path)}, { data: ${JSON.stringify(id)} });
      console.log('holds');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: fileURLToPath(new URL('../../../..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const kill = () => child.kill('SIGKILL');
    this.#undo.push(kill);
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`the holder ended with ${code}`)));
    });
    return kill;
  }

  async end(): Promise<void> {
    for (const work of this.#undo.splice(0).reverse()) await work();
  }
}

/** One of each recipe below a path, at work. */
export async function openShop(fleet: Fleet, top: string): Promise<void> {
  const one = await fleet.program();
  const two = await fleet.program();
  const three = await fleet.program();
  await one.acquireLock(`${top}/locks/report`, { data: 'worker-1' });
  for (const [program, data] of [
    [two, 'worker-2'],
    [three, 'worker-3'],
  ] as const) {
    await queued(program, `${top}/locks/report`, () => {
      program.acquireLock(`${top}/locks/report`, { data }).catch(() => {});
    });
  }
  const index = `${top}/locks/index`;
  await one.rwLock(index).read({ data: 'reader-1' });
  await two.rwLock(index).read({ data: 'reader-2' });
  await queued(three, index, () => {
    three
      .rwLock(index)
      .write({ data: 'writer-1' })
      .catch(() => {});
  });
  for (const [at, program] of [one, two, three].entries()) {
    await queued(program, `${top}/election`, () => {
      const leadership = program.campaign$(`${top}/election`, { id: `host-${at + 1}` });
      const subscription = leadership.subscribe({ error: () => {} });
      fleet.atEnd(() => subscription.unsubscribe());
    });
  }
  for (const [at, program] of [one, two, three].entries()) {
    const data = { zone: 'abc'[at], cores: 8 };
    await program.joinGroup(`${top}/workers`, { id: `host-${at + 1}`, data });
  }
  const vendor = `${top}/limits/vendor`;
  await one.acquirePermits(vendor, { limit: 5, permits: 3, data: 'importer' });
  await two.acquirePermits(vendor, { data: 'exporter' });
  await queued(three, vendor, () => {
    three.acquirePermits(vendor, { permits: 2 }).catch(() => {});
  });
  const bench = { size: 3 } as const;
  await queued(one, `${top}/barriers/bench`, () => {
    one
      .doubleBarrier(`${top}/barriers/bench`, bench)
      .enter()
      .catch(() => {});
  });
  await queued(two, `${top}/barriers/bench`, () => {
    two
      .doubleBarrier(`${top}/barriers/bench`, bench)
      .enter()
      .catch(() => {});
  });
  await one.barrier(`${top}/barriers/migration`).raise();
  await one.countDownLatch(`${top}/latches/warm`, 3, { id: 'cache-1' }).countDown();
  await one.acquireLease(`${top}/leases/import`, { id: 'importer-1', ttlMs: 600_000 });
  await one.counter(`${top}/counters/orders`).add(1_234_567);
  for (const [at, program] of [one, two].entries()) {
    const instance = { id: `host-${at + 7}`, address: `10.0.0.${at + 7}`, port: 8080 };
    const more = { meta: { zone: 'a' }, base: `${top}/services` };
    await program.registerService({ name: 'payments', ...instance, ...more });
  }
  const mails = one.workQueue(`${top}/queues/mails`, text, { maxAttempts: 1 });
  await mails.put('to: nobody');
  await (await mails.take()).nack({ reason: 'no such address' });
  await mails.put('to: ada');
  await mails.put('to: grace', { priority: 100 });
  await mails.put('to: alan', { delayMs: 3_600_000 });
  await mails.take();
}

/** Begins what waits, and resolves when one more stands in the folder. */
async function queued({ zk }: Program, path: string, begin: () => void): Promise<void> {
  const count = async () => (await zk.exists(path))?.numChildren ?? 0;
  const before = await count();
  begin();
  while ((await count()) <= before) await new Promise((resolve) => setTimeout(resolve, 20));
}

const CURATOR = '_c_3c96a29a-a673-485b-87c2-2c6f744df157';
const UUID = 'b21cbb5a-0f0e-4c0b-9d1c-0f8e5f7a6b5c';
const KAZOO = '681c17270f2f4ca59843dac499d76089';

const int64 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 42);
const curatorInstance = (name: string, id: string) =>
  JSON.stringify({
    ...{ name, id, address: '10.0.0.9', port: 9000, sslPort: null, enabled: true },
    payload: { '@class': 'com.example.Zone', zone: 'b' },
    ...{ registrationTimeUTC: 1_764_480_000_000, serviceType: 'DYNAMIC', uriSpec: null },
  });

/** Nodes of programs over Curator and kazoo; `!` before a name is an ephemeral node. */
const strange: Readonly<Record<string, readonly (readonly [string, (string | Uint8Array)?])[]>> = {
  'curator/mutex': [[`!${CURATOR}-lock-0000000003`, '10.0.0.9']],
  'curator/rw': [[`!${CURATOR}-__READ__0000000001`], [`!${CURATOR}-__WRIT__0000000002`]],
  'curator/latch': [[`!${CURATOR}-latch-0000000000`, 'jvm-1']],
  'curator/semaphore': [
    ['leases'],
    [`!leases/${CURATOR}-lease-0000000000`, '10.0.0.9'],
    ['locks'],
    [`!locks/${CURATOR}-lock-0000000001`],
  ],
  'curator/queue': [
    ['queue-0000000000', 'item'],
    ['queue-0000000001', 'item'],
  ],
  'curator/delayed': [['queue-|19ABCDEF012|0000000000', 'item']],
  'curator/twice': [[`!${UUID}`], ['ready']],
  'curator/number': [],
  'curator/discovery/billing': [[`!${UUID}`, curatorInstance('billing', UUID)]],
  'kazoo/lock': [[`!${KAZOO}__lock__0000000000`, 'python-1'], [`!${KAZOO}__lock__0000000001`]],
  'kazoo/party': [[`!${KAZOO}__party__0000000000`, 'python-1']],
  'kazoo/semaphore': [[`!${KAZOO}`, 'python-1']],
  'kazoo/queue': [['entry-100-0000000000', 'item']],
  'kazoo/locking': [
    ['entries'],
    ['entries/entry-100-0000000000', 'item'],
    ['taken'],
    ['!taken/entry-100-0000000000', KAZOO],
  ],
  'kazoo/number': [],
};

const ownData: Readonly<Record<string, string | Uint8Array>> = {
  'curator/number': int64,
  'kazoo/semaphore': '2',
  'kazoo/number': '17',
};

/** Lays out, below a path, what other libraries would. */
export async function layOutOthers({ zk }: Program, top: string): Promise<void> {
  for (const [place, nodes] of Object.entries(strange)) {
    await zk.ensure(`${top}/${place}`);
    const own = ownData[place];
    if (own !== undefined) await zk.set(`${top}/${place}`, own);
    for (const [name, data = ''] of nodes) {
      const mode = name.startsWith('!') ? 'ephemeral' : 'persistent';
      await zk.create(`${top}/${place}/${name.replace('!', '')}`, data, { mode });
    }
  }
}
