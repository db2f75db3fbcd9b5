/** Chooses the next step of a run from a seed and from what the reference server has answered. */
import { codes } from '@vivarium/core/internal/base/errors';
import { opcodes, operationOf, operations } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { PathResponse } from '@vivarium/core/internal/wire/records';
import type { Item, Outcome } from './lane.js';
import { Random } from './random.js';
import type { Maker } from './request-parts.js';
import { anyRequest, authRequest, endingRequest } from './requests.js';
import type { Request, Step } from './steps.js';

const CONNECTIONS = 4;
const BURST_LIMIT = 6;

export class Generator implements Maker {
  readonly random: Random;
  readonly old: boolean;
  readonly #paths = new Set<string>();
  readonly #watched = new Set<string>();
  #pathList: readonly string[] | undefined;
  #xid = 0;

  constructor(seed: number, old: boolean) {
    this.random = new Random(seed);
    this.old = old;
  }

  get paths(): readonly string[] {
    this.#pathList ??= [...this.#paths].filter((path) => !/zookeeper_(limits|stats)$/.test(path));
    return this.#pathList;
  }

  exists(path: string): boolean {
    return this.#paths.has(path);
  }

  get watched(): readonly string[] {
    return [...this.#watched];
  }

  nextXid(): number {
    return ++this.#xid;
  }

  /** The next step, given which connections are open and how many sessions there were. */
  next(open: readonly number[], sessions: number): Step {
    const { random } = this;
    const connection = random.below(CONNECTIONS);
    const isOpen = open.includes(connection);
    if (!isOpen || random.chance(0.02)) return this.#connect(connection, isOpen, sessions);
    if (random.chance(0.01)) return { type: 'drop', connection };
    if (random.chance(0.004)) return this.#raw(connection);
    if (random.chance(0.03)) {
      return { type: 'send', connection, requests: [authRequest(random)] };
    }
    if (random.chance(0.01)) {
      return { type: 'send', connection, requests: [endingRequest(this)] };
    }
    const size = random.chance(0.7) ? 1 : 1 + random.below(BURST_LIMIT);
    const requests: Request[] = [];
    while (requests.length < size) {
      const request = anyRequest(this);
      requests.push(request);
      if (this.#mustBeLast(request)) break;
    }
    return { type: 'send', connection, requests };
  }

  /**
   * Apache checks a write that follows setACL in the pipeline against the old or the new ACL, as it
   * happens, and quotas against what has been applied so far; so these end a burst. A write that
   * cannot be decoded takes a zxid here and none there, which is explained where it stands alone.
   */
  #mustBeLast({ code, label }: Request): boolean {
    if (code === opcodes.setAcl || label.includes('/zookeeper/quota')) return true;
    if (label.includes(' cut after ')) return true;
    if (code === opcodes.multi && label.includes('"acl":null')) return true;
    const name = operationOf(code);
    if (name === undefined || operations[name].kind !== 'write') return false;
    for (const path of this.#paths) if (path.endsWith('/zookeeper_limits')) return true;
    return false;
  }

  /** Learns from what the reference server answered. */
  learn(outcome: Outcome): void {
    for (const items of outcome.values()) for (const item of items) this.#learnOf(item);
  }

  #learnOf({ request, reply, frame, event }: Item): void {
    if (event?.type === 2) this.#forget(event.path);
    if (request === undefined || reply === undefined) return;
    const { about } = request;
    if (about?.watch !== undefined && about.path !== undefined) this.#watched.add(about.path);
    if (reply.err === codes.NO_NODE && about?.path !== undefined) this.#forget(about.path);
    if (reply.err !== 0) return;
    const name = operationOf(request.code);
    if (name?.startsWith('create') === true) {
      const path = PathResponse.read(new Reader(frame!, 16)).path;
      if (path !== null) this.#remember(path);
    } else if (name === 'delete') {
      if (about?.path !== undefined) this.#forget(about.path);
    } else if (request.code === opcodes.multi && !reply.text.includes('"error"')) {
      for (const op of about?.multi ?? []) {
        if (op.code === opcodes.delete) this.#forget(op.path);
        else if (op.code !== opcodes.check && op.code !== opcodes.setData) this.#remember(op.path);
      }
    }
  }

  #remember(path: string): void {
    this.#paths.add(path);
    this.#pathList = undefined;
  }

  #forget(path: string): void {
    this.#paths.delete(path);
    this.#pathList = undefined;
  }

  #connect(connection: number, isOpen: boolean, sessions: number): Step {
    const { random } = this;
    const session = sessions === 0 || random.chance(0.4) ? 'new' : random.below(sessions);
    const password =
      session === 'new' || isOpen
        ? 'right'
        : random.weighted([
            [12, 'right'],
            [1, 'wrong'],
            [1, 'short'],
            [1, 'null'],
          ] as const);
    return {
      type: 'connect',
      connection,
      session,
      password,
      timeoutMs: random.pick([60_000, 60_000, 1, 125_000, 10_000_000, -1]),
      lastZxid: random.weighted([
        [8, 'none'],
        [4, 'current'],
        [1, 'future'],
      ] as const),
      readOnly: random.pick([false, false, false, true, undefined]),
    };
  }

  #raw(connection: number): Step {
    const bytes = this.random.pick([
      [0xff, 0xff, 0xff, 0xff],
      [0x80, 0, 0, 0],
      [0, 0x10, 0, 0],
      [0x7f, 0xff, 0xff, 0xff],
      [0, 0, 0, 0],
      [0, 0, 0, 4, 0, 0, 0, 1],
      [0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0],
    ]);
    const label = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    return { type: 'raw', connection, bytes: Uint8Array.from(bytes), label };
  }
}

/** Every request that a step sends. */
export function requestsOf(step: Step): readonly Request[] {
  return step.type === 'send' ? step.requests : [];
}
