/** A program with a client of its own, which does whatever its seed tells it. */
import { type Client, isZkError } from '@vivarium/core';
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import type { Random } from '@vivarium/core/internal/local/random';
import type { ApiRecord } from '../judges/api-record.js';
import { accessLists } from '../judges/permissions.js';
import type { Script } from '../script.js';
import type { Swarm } from '../world/swarm.js';
import { guardedPath, randomRead, randomWrites } from './requests.js';

export interface ActorParts {
  readonly name: string;
  readonly zk: Client;
  readonly kernel: Kernel;
  readonly random: Random;
  readonly script: Script;
  readonly record: ApiRecord;
  readonly swarm: Swarm;
  readonly isLive: () => boolean;
  /** False from the heal on: nobody begins anything new then. */
  readonly goesOn: () => boolean;
}

const encoder = new TextEncoder();
const FOLDERS = ['/sim/r', '/sim/e', '/sim/q', '/sim/c', '/sim/a', '/sim/t'];

export class Actor {
  readonly #parts: ActorParts;
  readonly #running = new Set<Promise<unknown>>();
  #writes = 0;
  /** Things done so far, and the chance of the one that is being done. */
  #things = 0;
  #random: Random;

  constructor(parts: ActorParts) {
    this.#parts = parts;
    this.#random = parts.random;
  }

  /** Acts until the heal, then waits for what it has begun and reads everything once more. */
  async act(): Promise<void> {
    const { random, swarm, zk, goesOn } = this.#parts;
    for (const folder of FOLDERS) await this.#ensure(folder);
    for (let left = swarm.requests; goesOn() && left > 0; ) {
      const count = Math.min(left, random.between(1, swarm.depth));
      left -= count;
      for (let n = 0; n < count; n++) this.#something();
      if (random.chance(0.7)) await Promise.all(this.#running);
      await this.#sleep(random.between(0, 2 * swarm.thinkMs));
    }
    await Promise.all(this.#running);
    await zk.sync();
    for (let key = 0; key < swarm.keys; key++) await zk.exists(`/sim/r/${key}`);
    for (const folder of FOLDERS) {
      await this.#follow('a last look', undefined, zk.children(folder));
    }
  }

  async #ensure(path: string): Promise<void> {
    try {
      await this.#parts.zk.ensure(path);
    } catch (error) {
      // Another session began, or the server turned us away; whoever comes next will do it.
      if (!isZkError(error)) throw error;
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#parts.zk.clock.setTimer(ms, resolve));
  }

  #begin(work: Promise<unknown>): void {
    const running = work.finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Each thing has a stream of chance of its own: one that is left out changes no other. */
  #something(): void {
    const { kernel, name, script } = this.#parts;
    const thing = `${name}.${++this.#things}`;
    if (!script.has(thing)) return;
    this.#random = kernel.random(`does ${thing}`);
    const dice = this.#random.between(1, 100);
    const did = (what: string) => script.did(thing, kernel.now, what);
    if (dice <= 43) did(this.#write());
    else if (dice <= 63) did(this.#read());
    else if (dice <= 75) did(this.#listen());
    else if (dice <= 81) did(this.#adds());
    else if (dice <= 86) did(this.#watchLong());
    else if (dice <= 96) did(this.#guard());
    else did(this.#stream());
  }

  #payload(): string {
    return `${this.#parts.name}#${++this.#writes}`;
  }

  #follow<T>(what: string, payload: string | undefined, call: Promise<T>) {
    const { record, name } = this.#parts;
    return record.follow(name, what, payload, call);
  }

  /** This and its like say what they do. */
  #write(): string {
    const { zk, swarm } = this.#parts;
    const random = this.#random;
    const payload = this.#payload();
    const ops = randomWrites(random, swarm.keys, payload);
    const [first] = ops;
    if (ops.length > 1 || first === undefined) {
      const writesPayload = ops.some((op) => op.op === 'create' || op.op === 'set');
      this.#begin(this.#follow('multi', writesPayload ? payload : undefined, zk.multi(ops)));
      return `multi ${ops.map(({ op, path }) => `${op} ${path}`).join(', ')}`;
    }
    switch (first.op) {
      case 'create': {
        const { path, data, mode, acl, ttlMs } = first;
        const made = zk.create(path, data, { mode, acl, ttlMs });
        this.#begin(this.#follow(`create ${path}`, payload, made));
        return `create ${path}, ${mode ?? 'persistent'}`;
      }
      case 'set': {
        const { path, data, version } = first;
        this.#begin(this.#follow(`set ${path}`, payload, zk.set(path, data, { version })));
        return `set ${path}`;
      }
      case 'delete': {
        const { path, version } = first;
        this.#begin(this.#follow(`delete ${path}`, undefined, zk.delete(path, { version })));
        return `delete ${path}`;
      }
      case 'check':
        this.#begin(this.#follow('check', undefined, zk.multi(ops)));
        return `check ${first.path}`;
    }
  }

  #read(): string {
    const { zk, swarm } = this.#parts;
    this.#begin(this.#follow('read', undefined, randomRead(this.#random, swarm.keys, zk)));
    return 'a read';
  }

  #adds(): string {
    this.#begin(this.#count());
    return 'adds to the counter';
  }

  /** Leaves a one-shot watch and remembers whether it fires. */
  #listen(): string {
    const { zk, swarm, record, name, isLive } = this.#parts;
    const random = this.#random;
    const heard: Parameters<ApiRecord['listeners']['push']>[0]['heard'] = [];
    const watch = (event: (typeof heard)[number]) => {
      heard.push(event);
    };
    const key = `/sim/r/${random.between(0, swarm.keys - 1)}`;
    const remember = (path: string, kind: 'data' | 'children', wasAbsent: boolean, since: bigint) =>
      record.listeners.push({ client: name, path, kind, wasAbsent, since, heard, isLive });
    switch (random.between(0, 2)) {
      case 0:
        this.#begin(
          this.#follow('get and watch', undefined, zk.get(key, { watch })).then((value) => {
            if (value !== undefined) remember(key, 'data', false, value.asOf);
          }),
        );
        return `get and watch ${key}`;
      case 1: {
        const looked = zk.exists(key, { watch }).then((stat) => {
          remember(key, 'data', stat === undefined, zk.lastZxidSeen);
        });
        this.#begin(this.#follow('exists and watch', undefined, looked));
        return `exists and watch ${key}`;
      }
      default: {
        const path = random.pick(['/sim/r', '/sim/e', '/sim/q', key]);
        this.#begin(
          this.#follow('list and watch', undefined, zk.children(path, { watch })).then((list) => {
            if (list !== undefined) remember(path, 'children', false, list.asOf);
          }),
        );
        return `list and watch ${path}`;
      }
    }
  }

  /** Adds one to a counter, as many times as it takes. */
  async #count(): Promise<void> {
    const { zk, goesOn } = this.#parts;
    const path = '/sim/c/counter';
    while (goesOn()) {
      const payload = this.#payload();
      const read = await this.#follow('read the counter', undefined, zk.get(path));
      if (read === undefined) {
        const made = zk.create(path, encoder.encode(payload));
        await this.#follow('create the counter', payload, made);
        continue;
      }
      const { version } = read.stat;
      const write = zk.set(path, encoder.encode(payload), { version });
      if ((await this.#follow('count', payload, write)) !== undefined) return;
    }
  }

  #watchLong(): string {
    const { zk, swarm } = this.#parts;
    const random = this.#random;
    const key = `/sim/r/${random.between(0, swarm.keys - 1)}`;
    const path = random.pick(['/', '/sim', '/sim/r', '/sim/a', '/sim/t', key]);
    const mode = random.pick(['persistent', 'persistentRecursive'] as const);
    const call = random.chance(0.7) ? zk.addWatch(path, mode) : zk.removeWatches(path, mode);
    this.#begin(this.#follow(`${mode} watch`, undefined, call));
    return `${mode} watch ${path}`;
  }

  /** Changes who may use a node, or watches one that not everybody may read. */
  #guard(): string {
    const { zk } = this.#parts;
    const random = this.#random;
    const path = guardedPath(random);
    const watch = () => {};
    const version = random.chance(0.7) ? -1 : random.between(0, 2);
    const calls: readonly (() => Promise<unknown>)[] = [
      () => zk.setAcl(path, random.pick(accessLists), { version }),
      () => zk.setAcl(path, random.pick(accessLists)),
      () => zk.get(path, { watch }),
      () => zk.exists(path, { watch }),
      () => zk.children(path, { watch }),
      () => zk.removeWatches(path, random.pick(['data', 'children', 'any'] as const)),
    ];
    this.#begin(this.#follow('guard', undefined, random.pick(calls)()));
    return `guards or looks at ${path}`;
  }

  #stream(): string {
    const { zk, swarm, record, name, isLive } = this.#parts;
    const random = this.#random;
    const isNode = random.chance(0.5);
    const key = `/sim/r/${random.between(0, swarm.keys - 1)}`;
    const path = isNode ? key : random.pick(['/sim/r', '/sim/e', '/sim/q']);
    const emitted: Parameters<ApiRecord['streams']['push']>[0]['emitted'] = [];
    let isOpen = true;
    const kind = isNode ? 'node' : 'children';
    const isListening = () => isOpen && isLive();
    const freshness = random.chance(0.5);
    const facts = { client: name, path, kind, freshness } as const;
    record.streams.push({ ...facts, emitted, isLive: isListening, last: undefined });
    const show = (shown: (typeof emitted)[number]) => {
      emitted.push(shown);
    };
    const subscription = isNode
      ? zk.node$(path, { freshness }).subscribe(show)
      : zk.children$(path, { freshness }).subscribe(show);
    if (random.chance(0.5)) {
      zk.clock.setTimer(random.between(1, 2_000), () => {
        isOpen = false;
        subscription.unsubscribe();
      });
    }
    return `a stream of ${path}`;
  }
}
