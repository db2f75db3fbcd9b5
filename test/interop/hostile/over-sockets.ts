/** Hostile frames over sockets into a server process, beside a client that behaves. */

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { ReadRequest } from '@vivarium/core/internal/wire/records';
import { encode } from '@vivarium/core/internal/wire/types';
import { fourLetterWord } from '../apache.js';
import { Random } from '../back-to-back/random.js';
import { authenticate, create, must } from '../exchange/fill.js';
import { type ServerProcess, startServer } from '../server-process.js';
import { dumpTree } from '../tree-dump.js';
import { requestPayload, WireClient } from '../wire-client.js';
import { Fuzz, framed } from './fuzz.js';
import { GoodCitizen, percentile } from './good-citizen.js';
import { strangeHello } from './other-protocols.js';
import { readRecording } from './recording.js';

export interface OverSocketsResult {
  frames: number;
  connections: number;
  floods: number;
  goodRequests: number;
  medianMs: number;
  p99Ms: number;
  slowestMs: number;
  /** Memory of the server process when all is over, less than that after the first part. */
  grownMiB: number;
  /** The most that it had while clients asked and did not read. */
  peakMiB: number;
  readonly problems: string[];
}

const AT_ONCE = 12;
const SUPER = 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs='; // of super:admin
/** Nothing may hold the server up for this long; others would miss their pings. */
const SLOWEST_MS = 3000;
/** What Node's heap may keep of what it once needed. */
const GROWTH_ALLOWED_MIB = 64;
const QUEUE_MAX_BYTES = 8 * 1024 * 1024;
const FLOODS = 4;
const BIG_NODE = 200_000;

/** One seed: frames of every kind, floods of requests whose replies nobody reads, more frames. */
export async function floodServer(seed: number, frames: number): Promise<OverSocketsResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vivarium-hostile-'));
  const server = await startServer('vivarium', {
    dataDir,
    config: {
      tickTime: 500,
      maxSessionTimeout: 6000,
      preAllocSize: 4096,
      'DigestAuthenticationProvider.superDigest': SUPER,
      'vivarium.sendQueueMaxBytes': QUEUE_MAX_BYTES,
    },
    nodeArgs: ['--max-old-space-size=192'],
  });
  const flood = new SocketFlood(server, seed);
  try {
    return await flood.all(frames);
  } finally {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}

class SocketFlood {
  readonly #server: ServerProcess;
  readonly #random: Random;
  readonly #fuzz: Fuzz;
  readonly #problems: string[] = [];
  #frames = 0;
  #connections = 0;
  #peakMiB = 0;

  constructor(server: ServerProcess, seed: number) {
    this.#server = server;
    this.#random = new Random(seed);
    this.#fuzz = new Fuzz(this.#random, readRecording());
  }

  async all(frames: number): Promise<OverSocketsResult> {
    const good = new GoodCitizen(this.#server.port, 'good');
    await good.start();
    await this.#send(frames / 2);
    await this.#cleanUp();
    const before = this.#memoryMiB();
    await this.#floods();
    await this.#send(frames / 2);
    await this.#cleanUp();
    const grownMiB = this.#memoryMiB() - before;
    await good.stop();
    this.#problems.push(...good.problems);
    const { latencies } = good;
    const slowestMs = Math.round(percentile(latencies, 1));
    if (slowestMs > SLOWEST_MS) this.#problem(`the client beside waited ${slowestMs} ms`);
    if (grownMiB > GROWTH_ALLOWED_MIB) this.#problem(`the server grew by ${grownMiB} MiB`);
    return {
      frames: this.#frames,
      connections: this.#connections,
      floods: FLOODS,
      goodRequests: latencies.length,
      medianMs: Math.round(10 * percentile(latencies, 0.5)) / 10,
      p99Ms: Math.round(percentile(latencies, 0.99)),
      slowestMs,
      grownMiB,
      peakMiB: this.#peakMiB,
      problems: this.#problems,
    };
  }

  async #send(count: number): Promise<void> {
    const until = this.#frames + count;
    const one = async () => {
      while (this.#frames < until && this.#problems.length === 0) await this.#connection();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  /** One hostile connection, from its first bytes until either side has had enough. */
  async #connection(): Promise<void> {
    const random = this.#random;
    this.#connections++;
    const socket = await open(this.#server.port);
    if (socket === undefined) return this.#problem('it takes no connections any more');
    const reads = random.chance(0.8);
    if (!reads) socket.pause();
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const strange = random.chance(0.25);
    socket.write(strange ? strangeHello(random) : this.#fuzz.hello());
    for (let left = 1 + random.below(24); left > 0 && !socket.destroyed; left--) {
      const { bytes } = this.#fuzz.next();
      this.#frames++;
      if (random.chance(0.1)) {
        const cut = random.below(bytes.length + 1);
        socket.write(bytes.subarray(0, cut));
        await new Promise((resolve) => setImmediate(resolve));
        socket.write(bytes.subarray(cut));
      } else {
        socket.write(bytes);
      }
    }
    const isEnded = random.chance(0.3);
    if (isEnded) socket.end();
    await Promise.race([closed, sleep(random.below(20))]);
    // Node leaves a socket open that is reset while its end is on the way.
    if (!isEnded && random.chance(0.5)) socket.resetAndDestroy();
    else socket.destroy();
  }

  /** Clients that ask for a lot and read nothing: what waits for them must not fill the memory. */
  async #floods(): Promise<void> {
    const { port } = this.#server;
    const owner = await WireClient.session(port);
    await create(owner, '/big', new Uint8Array(BIG_NODE));
    const ask = framed(
      requestPayload(1, opcodes.getData, encode(ReadRequest, { path: '/big', watch: false })),
    );
    const many = Buffer.concat(Array.from({ length: 2000 }, () => ask));
    const sockets: Socket[] = [];
    for (let i = 0; i < FLOODS; i++) {
      const socket = await open(port);
      if (socket === undefined) return this.#problem('it takes no connections any more');
      socket.pause();
      socket.write(framed(readRecording().hellos[0]!));
      socket.write(many); // asks for 400 MB
      sockets.push(socket);
    }
    for (let i = 0; i < 30; i++) {
      await sleep(100);
      this.#peakMiB = Math.max(this.#peakMiB, this.#memoryMiB());
    }
    for (const socket of sockets) socket.destroy();
    await must(owner, 'delete', { path: '/big', version: -1 });
    await owner.call(opcodes.closeSession, null, null);
    owner.destroy();
  }

  /** Waits until the hostile sessions have expired, removes what they made, and looks around. */
  async #cleanUp(): Promise<void> {
    const deadline = Date.now() + 60_000;
    const owner = await WireClient.session(this.#server.port, { timeOut: 20_000 });
    await authenticate(owner, 'super:admin');
    for (;;) {
      const sessions = /SessionTracker dump:[\s\S]*?ephemeral/i.exec(await this.#word('dump'))?.[0];
      const count = (sessions ?? '').match(/0x[0-9a-f]+/g)?.length ?? 0;
      if (count <= 2) break;
      if (Date.now() > deadline) {
        this.#problem(`${count} sessions do not expire`);
        break;
      }
      await sleep(500);
      await must(owner, 'sync', { path: '/' });
    }
    const paths = [...(await dumpTree(owner)).keys()].reverse();
    const kept = /^\/(good|zookeeper|zookeeper\/config|zookeeper\/quota)?$/;
    for (const path of paths) {
      if (!kept.test(path)) await must(owner, 'delete', { path, version: -1 });
    }
    await owner.call(opcodes.closeSession, null, null);
    owner.destroy();
    const facts = await this.#word('mntr');
    for (const [name, most] of [
      ['zk_num_alive_connections', 3],
      ['zk_outstanding_requests', 1],
      ['zk_watch_count', 1],
    ] as const) {
      const value = Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(facts)?.[1] ?? Number.NaN);
      if (!(value <= most)) this.#problem(`${name} is ${value} when all is over`);
    }
  }

  #word(word: string): Promise<string> {
    return fourLetterWord(this.#server.port, word);
  }

  #memoryMiB(): number {
    const status = readFileSync(`/proc/${this.#server.pid}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }

  #problem(text: string): void {
    this.#problems.push(`${text}\n${this.#server.log().slice(-1500)}`.trim());
  }
}

function open(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.setNoDelay(true);
    socket.on('error', () => resolve(undefined));
    socket.on('data', () => {});
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
