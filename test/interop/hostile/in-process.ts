/** Millions of hostile frames into a machine, beside a client that behaves. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { utf8 } from '@vivarium/core/internal/base/bytes';
import type { ConnectionId } from '@vivarium/core/internal/base/ids';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { type OperationName, operations } from '@vivarium/core/internal/wire/operations';
import {
  AuthPacket,
  GetChildrenResponse,
  GetDataResponse,
} from '@vivarium/core/internal/wire/records';
import { encode, type JuteType } from '@vivarium/core/internal/wire/types';
import { Random } from '../back-to-back/random.js';
import { type Answer, answerOf, requestPayload } from '../wire-client.js';
import { Fuzz, framed } from './fuzz.js';
import { MachineHost } from './machine-host.js';
import { readRecording } from './recording.js';

export interface InProcessResult {
  frames: number;
  connections: number;
  /** Connections that the machine closed. */
  refused: number;
  /** Writes that hostile requests got done all the same. */
  zxids: number;
  goodRequests: number;
  longestStepMs: number;
  /** Heap after cleaning up and collecting, at the end less at the half, in KiB. */
  grownKiB: number;
  readonly problems: string[];
}

const SUPER = 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs='; // of super:admin
const LONGEST_STEP_MS = 2000;
/** What a full collection leaves varies by this much on its own. */
const GROWTH_ALLOWED_KIB = 2048;
const OPEN_ACL = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** One seed: half of the frames, a look at the heap, the other half, another look. */
export function floodMachine(seed: number, frames: number): InProcessResult {
  const flood = new Flood(seed);
  flood.send(frames / 2);
  const before = flood.heapWhenClean();
  flood.send(frames / 2);
  const after = flood.heapWhenClean();
  return flood.judge(Math.round((after - before) / 1024));
}

class Flood {
  readonly #random: Random;
  readonly #fuzz: Fuzz;
  readonly #host: MachineHost;
  readonly #good: GoodClient;
  readonly #problems: string[] = [];
  #frames = 0;
  #connections = 0;
  #refused = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#fuzz = new Fuzz(this.#random, readRecording());
    this.#host = new MachineHost(this.#random, {
      tickTime: 500,
      superDigest: SUPER,
      extendedTypesEnabled: true,
      snapCount: 20_000,
    });
    this.#good = new GoodClient(this.#host, this.#problems);
  }

  send(count: number): void {
    const until = this.#frames + count;
    const open: ConnectionId[] = [];
    while (this.#frames < until && this.#problems.length === 0) {
      while (open.length < 6) open.push(this.#open());
      const at = this.#random.below(open.length);
      const connection = open[at]!;
      const burst = 1 + this.#random.below(12);
      let stays = this.#random.chance(0.9);
      for (let i = 0; i < burst; i++) {
        const { bytes, desynced } = this.#fuzz.next();
        this.#frames++;
        const cut = this.#random.chance(0.1) ? this.#random.below(bytes.length + 1) : 0;
        this.#host.send(connection, bytes.slice(0, cut));
        this.#host.send(connection, bytes.slice(cut));
        if (desynced && this.#random.chance(0.5)) stays = false;
      }
      this.#attempt(() => this.#host.settle());
      if (!this.#host.isOpen(connection)) this.#refused++;
      else if (!stays) this.#host.close(connection);
      if (!this.#host.isOpen(connection)) open.splice(at, 1);
      this.#host.now += 1;
      if (this.#random.chance(0.02)) this.#attempt(() => this.#good.work());
    }
    for (const connection of open) this.#host.close(connection);
    this.#attempt(() => this.#host.settle());
  }

  /** Removes all that the hostile clients left, and says how much heap is then in use. */
  heapWhenClean(): number {
    this.#attempt(() => {
      for (let i = 0; i < 30; i++) {
        this.#host.pass(1000); // every session but the good one expires
        this.#good.work();
      }
      this.#good.removeAllElse();
    });
    const { sessionCount, connectionCount, outstanding, nodeCount } = this.#host.view;
    if (sessionCount !== 1 || connectionCount !== 1 || outstanding !== 0) {
      const left = `${sessionCount} sessions, ${connectionCount} connections, ${outstanding}`;
      this.#problems.push(`when all is over there are ${left} requests`);
    }
    if (nodeCount > 10) this.#problems.push(`${nodeCount} nodes cannot be removed`);
    const watches = this.#host.view.watchCount;
    if (watches > 1) this.#problems.push(`${watches} watches of connections that are gone`);
    for (let i = 0; i < 3; i++) collect();
    return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  }

  judge(grownKiB: number): InProcessResult {
    const { longestStepMs, view } = this.#host;
    if (longestStepMs > LONGEST_STEP_MS) {
      this.#problems.push(`one step took ${Math.round(longestStepMs)} ms`);
    }
    if (grownKiB > GROWTH_ALLOWED_KIB) this.#problems.push(`the heap grew by ${grownKiB} KiB`);
    return {
      frames: this.#frames,
      connections: this.#connections,
      refused: this.#refused,
      zxids: Number(view.lastZxid),
      goodRequests: this.#good.requests,
      longestStepMs: Math.round(longestStepMs),
      grownKiB,
      problems: this.#problems,
    };
  }

  #open(): ConnectionId {
    const connection = this.#host.open();
    this.#connections++;
    this.#host.send(connection, this.#fuzz.hello());
    return connection;
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#problems.push(`frame ${this.#frames}: ${story.slice(0, 1500)}`);
    }
    if (this.#host.halted !== undefined) this.#problems.push(`it halted: ${this.#host.halted}`);
  }
}

/** Does a little work now and then, and expects every answer to be exactly right. */
class GoodClient {
  requests = 0;
  readonly #host: MachineHost;
  readonly #problems: string[];
  readonly #connection: ConnectionId;
  readonly #frames = new FrameSplitter(4_000_000);
  #round = 0;

  constructor(host: MachineHost, problems: string[]) {
    this.#host = host;
    this.#problems = problems;
    this.#connection = host.open((bytes) => this.#frames.push(bytes));
    const { hellos } = readRecording();
    host.send(this.#connection, framed(hellos[0]!));
    host.settle();
    if (this.#frames.next() === undefined) problems.push('the good client is not taken in');
    const auth = { type: 0, scheme: 'digest', auth: utf8('super:admin') };
    host.send(this.#connection, framed(requestPayload(-4, 100, encode(AuthPacket, auth))));
    host.settle();
    if (answerOf(this.#frames.next()!).header.err !== 0) problems.push('super is refused');
    this.#ask('create', { path: '/good', data: utf8('0'), acl: OPEN_ACL, flags: 0 });
  }

  work(): void {
    const text = `round ${++this.#round}`;
    this.#expect(this.#ask('setData', { path: '/good', data: utf8(text), version: -1 }), 0);
    const answer = this.#ask('getData', { path: '/good', watch: false });
    this.#expect(answer, 0);
    const { data, stat } = GetDataResponse.read(answer.body);
    if (new TextDecoder().decode(data!) !== text || stat.version !== this.#round) {
      this.#problems.push(`the good client wrote '${text}' and reads version ${stat.version}`);
    }
    this.#expect(this.#ask('getData', { path: '/good/none', watch: false }), -101);
  }

  /** Leaves only its own node and the server's. */
  removeAllElse(): void {
    const kept = ['/', '/good', '/zookeeper', '/zookeeper/config', '/zookeeper/quota'];
    const paths = ['/'];
    for (let i = 0; i < paths.length; i++) {
      const path = paths[i]!;
      const answer = this.#ask('getChildren', { path, watch: false });
      for (const name of GetChildrenResponse.read(answer.body).children) {
        paths.push(path === '/' ? `/${name}` : `${path}/${name}`);
      }
    }
    for (const path of paths.reverse()) {
      if (!kept.includes(path)) this.#expect(this.#ask('delete', { path, version: -1 }), 0);
    }
  }

  #expect({ header }: Answer, err: number): void {
    if (header.err !== err) this.#problems.push(`the good client is told ${header.err}`);
  }

  #ask(name: OperationName, body: object): Answer {
    this.requests++;
    const { code, request } = operations[name];
    const payload = requestPayload(this.requests, code, encode(request as JuteType<unknown>, body));
    this.#host.send(this.#connection, framed(payload));
    this.#host.settle();
    const frame = this.#frames.next();
    if (frame === undefined) throw new Error(`the good client gets no answer to ${name}`);
    const answer = answerOf(frame);
    if (answer.header.xid !== this.requests) throw new Error('the good client gets a wrong answer');
    return answer;
  }
}
