import type { TreeOptions, TreeSnapshot } from '@vivarium/core';
import type { Driver, Waiter } from '@vivarium/core/internal/client/driver';
import { Trees } from '@vivarium/core/internal/client/trees';
import type { SessionInput, SessionRequest } from '@vivarium/core/internal/session/inputs';
import { operationOf } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import {
  AddWatchRequest,
  GetChildren2Response,
  GetDataResponse,
  type Stat,
  StatResponse,
} from '@vivarium/core/internal/wire/records';
import { encode } from '@vivarium/core/internal/wire/types';

const NO_NODE = -101;

interface Asked {
  readonly operation: string | undefined;
  readonly path: string;
  readonly request: SessionRequest<Waiter>;
}

export interface Told {
  readonly snapshots: TreeSnapshot<Uint8Array>[];
  readonly errors: unknown[];
  leave(): void;
}

/** Trees whose server is the test: it answers by the nodes that it has, when it is told to. */
export class TreesRig {
  readonly trees: Trees;
  readonly driver: Driver;
  /** `[czxid, mzxid, pzxid]` by path. */
  readonly nodes = new Map<string, readonly [bigint, bigint, bigint]>();
  readonly watches = new Set<string>();
  asked: Asked[] = [];
  now = 0;
  disturbed: string[] = [];
  isListenedAt = false;
  #timers: { at: number; run: () => void }[] = [];

  constructor(settings: Partial<ConstructorParameters<typeof Trees>[1]> = {}) {
    const driver = {
      session: { watches: { has: (kind: string, path: string) => this.watches.has(kind + path) } },
      clock: {
        now: () => this.now,
        setTimer: (delayMs: number, run: () => void) => {
          const timer = { at: this.now + delayMs, run };
          this.#timers.push(timer);
          return () => {
            this.#timers = this.#timers.filter((other) => other !== timer);
          };
        },
      },
      submit: (input: SessionInput<Waiter>) => {
        if (input.type === 'forget-watch') this.watches.delete(input.kind + input.path);
        if (input.type !== 'request') return;
        const { request } = input;
        const body = new Reader(new Uint8Array([...request.payload, 0, 0, 0, 0]));
        const { path } = AddWatchRequest.read(body);
        const operation = operationOf(request.opcode);
        if (operation === 'removeWatches') this.watches.delete(`recursive${path}`);
        this.asked.push({ operation, path, request });
      },
    };
    this.driver = driver as unknown as Driver;
    this.trees = new Trees(this.driver, {
      chroot: '',
      graceMs: 0,
      maxConcurrentReads: 64,
      auditMs: undefined,
      random: () => 0.5,
      isListenedAt: () => this.isListenedAt,
      disturb: (path) => this.disturbed.push(path),
      childrenChanged: (path) => this.disturbed.push(`children of ${path}`),
      ...settings,
    });
    this.connect();
  }

  connect(isReadOnly = false): void {
    this.trees.connected(isReadOnly);
    this.trees.rearmed();
  }

  watch(path: string, options?: TreeOptions<Uint8Array>): Told {
    const told: Told = { snapshots: [], errors: [], leave: () => leave() };
    const leave = this.trees.attach(path, options, {
      next: (snapshot) => told.snapshots.push(snapshot),
      error: (error) => told.errors.push(error),
      complete: () => {},
    });
    return told;
  }

  questions(): string[] {
    return this.asked.map(({ operation, path }) => `${operation} ${path}`);
  }

  pass(ms: number): void {
    this.now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.now);
    this.#timers = this.#timers.filter(({ at }) => at > this.now);
    for (const { run } of due) run();
  }

  refuse(code: number): void {
    this.asked.shift()!.request.token.refused(code, 1n);
  }

  /** Answers the oldest question truthfully. */
  answer(): void {
    const { operation, path, request } = this.asked.shift()!;
    const zxids = this.nodes.get(path);
    const { token, watch } = request;
    const reply = (bytes: Uint8Array) => token.replied(new Reader(bytes), 100n);
    if (operation === 'addWatch') {
      this.watches.add(`recursive${watch!.path}`);
      reply(new Uint8Array(0));
    } else if (operation === 'removeWatches' || operation === 'checkWatches') {
      reply(new Uint8Array(0));
    } else if (zxids === undefined) {
      token.refused(NO_NODE, 100n);
    } else {
      const below = [...this.nodes.keys()].filter(
        (other) => other.slice(0, other.lastIndexOf('/')) === path,
      );
      const stat = statOf(zxids, below.length);
      const children = below.map((other) => other.slice(path.length + 1));
      if (operation === 'exists') reply(encode(StatResponse, { stat }));
      else if (operation === 'getData') reply(encode(GetDataResponse, { data: null, stat }));
      else reply(encode(GetChildren2Response, { children, stat }));
    }
  }

  answerAll(): void {
    while (this.asked.length > 0) this.answer();
  }
}

function statOf([czxid, mzxid, pzxid]: readonly [bigint, bigint, bigint], children: number): Stat {
  return {
    czxid,
    mzxid,
    pzxid,
    ctime: 0,
    mtime: 0,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: 0n,
    dataLength: 0,
    numChildren: children,
  };
}
