/** A program with a client of its own, which does whatever its seed tells it. */
import { type Client, isZkError } from '@vivarium/core';
import type { Random } from '@vivarium/core/internal/local/random';
import type { ApiRecord } from '../judges/api-record.js';
import { accessLists } from '../judges/permissions.js';
import type { Swarm } from '../world/swarm.js';
import { guardedPath, randomRead, randomWrites } from './requests.js';

export interface ActorParts {
  readonly name: string;
  readonly zk: Client;
  readonly random: Random;
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

  constructor(parts: ActorParts) {
    this.#parts = parts;
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

  #something(): void {
    const { random } = this.#parts;
    const dice = random.between(1, 100);
    if (dice <= 43) this.#write();
    else if (dice <= 63) this.#read();
    else if (dice <= 75) this.#listen();
    else if (dice <= 81) this.#begin(this.#count());
    else if (dice <= 86) this.#watchLong();
    else if (dice <= 96) this.#guard();
    else this.#stream();
  }

  #payload(): string {
    return `${this.#parts.name}#${++this.#writes}`;
  }

  #follow<T>(what: string, payload: string | undefined, call: Promise<T>) {
    const { record, name } = this.#parts;
    return record.follow(name, what, payload, call);
  }

  #write(): void {
    const { zk, random, swarm } = this.#parts;
    const payload = this.#payload();
    const ops = randomWrites(random, swarm.keys, payload);
    const [first] = ops;
    if (ops.length > 1 || first === undefined) {
      const writesPayload = ops.some((op) => op.op === 'create' || op.op === 'set');
      this.#begin(this.#follow('multi', writesPayload ? payload : undefined, zk.multi(ops)));
      return;
    }
    switch (first.op) {
      case 'create': {
        const { path, data, mode, acl, ttlMs } = first;
        const made = zk.create(path, data, { mode, acl, ttlMs });
        this.#begin(this.#follow(`create ${path}`, payload, made));
        return;
      }
      case 'set': {
        const { path, data, version } = first;
        this.#begin(this.#follow(`set ${path}`, payload, zk.set(path, data, { version })));
        return;
      }
      case 'delete': {
        const { path, version } = first;
        this.#begin(this.#follow(`delete ${path}`, undefined, zk.delete(path, { version })));
        return;
      }
      case 'check':
        this.#begin(this.#follow('check', undefined, zk.multi(ops)));
    }
  }

  #read(): void {
    const { zk, random, swarm } = this.#parts;
    this.#begin(this.#follow('read', undefined, randomRead(random, swarm.keys, zk)));
  }

  /** Leaves a one-shot watch and remembers whether it fires. */
  #listen(): void {
    const { zk, random, swarm, record, name, isLive } = this.#parts;
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
        return;
      case 1: {
        const looked = zk.exists(key, { watch }).then((stat) => {
          remember(key, 'data', stat === undefined, zk.lastZxidSeen);
        });
        this.#begin(this.#follow('exists and watch', undefined, looked));
        return;
      }
      default: {
        const path = random.pick(['/sim/r', '/sim/e', '/sim/q', key]);
        this.#begin(
          this.#follow('list and watch', undefined, zk.children(path, { watch })).then((list) => {
            if (list !== undefined) remember(path, 'children', false, list.asOf);
          }),
        );
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

  #watchLong(): void {
    const { zk, random, swarm } = this.#parts;
    const key = `/sim/r/${random.between(0, swarm.keys - 1)}`;
    const path = random.pick(['/', '/sim', '/sim/r', '/sim/a', '/sim/t', key]);
    const mode = random.pick(['persistent', 'persistentRecursive'] as const);
    const call = random.chance(0.7) ? zk.addWatch(path, mode) : zk.removeWatches(path, mode);
    this.#begin(this.#follow(`${mode} watch`, undefined, call));
  }

  /** Changes who may use a node, or watches one that not everybody may read. */
  #guard(): void {
    const { zk, random } = this.#parts;
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
  }

  #stream(): void {
    const { zk, random, swarm, record, name, isLive } = this.#parts;
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
    if (random.chance(0.5)) return;
    zk.clock.setTimer(random.between(1, 2_000), () => {
      isOpen = false;
      subscription.unsubscribe();
    });
  }
}
