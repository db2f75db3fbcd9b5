/** One seeded run: the same steps to both servers, and every difference between what came back. */
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { GetChildrenResponse } from '@vivarium/core/internal/wire/records';
import { firstPaths, OPEN } from './choices.js';
import { Generator, requestsOf } from './generator.js';
import type { Item, Lane, Outcome } from './lane.js';
import { authRequest, plainRequest } from './requests.js';
import { describe, type Step } from './steps.js';

/** A difference that no row of the table of intended ones explains. */
export interface Difference {
  readonly seed: number;
  readonly step: number;
  readonly did: string;
  readonly connection: number;
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
}

export interface RunOptions {
  readonly seed: number;
  readonly requests: number;
  readonly theirs: Lane;
  readonly ours: Lane;
  /** Explains a difference by a row of the table, and makes both sides alike again. */
  readonly explain?: (context: StepContext) => Promise<boolean>;
  readonly watch?: (context: StepContext) => void;
}

export interface StepContext {
  readonly step: Step;
  readonly theirs: Lane;
  readonly ours: Lane;
  readonly theirOutcome: Outcome;
  readonly ourOutcome: Outcome;
}

/** Number of the connection that prepares, inspects and cleans up. */
const KEEPER = 9;
const ORDINARY = {
  password: 'right',
  timeoutMs: 30_000,
  lastZxid: 'none',
  readOnly: false,
} as const;
const KEPT = new Set(['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config']);

/** Does one run. The differences end it, since what comes after one proves nothing. */
export async function runSeed(options: RunOptions): Promise<readonly Difference[]> {
  const run = new Run(options);
  try {
    return await run.all();
  } finally {
    options.theirs.forgetSessions();
    options.ours.forgetSessions();
  }
}

class Run {
  readonly #options: RunOptions;
  readonly #generator: Generator;
  #differences: Difference[] = [];
  #stepNumber = 0;
  /** False while a run that has met a difference only cleans up. */
  #comparing = true;
  #last: Outcome = new Map();

  constructor(options: RunOptions) {
    this.#options = options;
    this.#generator = new Generator(options.seed, options.theirs.old);
  }

  async all(): Promise<readonly Difference[]> {
    const { theirs, requests } = this.#options;
    await this.#prepare();
    for (let sent = 0; sent < requests && this.#differences.length === 0; ) {
      const step = this.#generator.next(theirs.openConnections, theirs.sessionCount);
      sent += Math.max(1, requestsOf(step).length);
      await this.#both(step);
      this.#generator.learn(this.#last);
    }
    this.#comparing = this.#differences.length === 0;
    this.#options.ours.mutation = undefined;
    await this.#cleanUp();
    return this.#differences;
  }

  /** Makes the first nodes, so that a short run has something to work on. */
  async #prepare(): Promise<void> {
    const connection = 0;
    await this.#both({ type: 'connect', connection, session: 'new', ...ORDINARY });
    const { paths } = this.#generator;
    const requests = firstPaths
      .filter((path) => !paths.includes(path))
      .map((path) =>
        plainRequest(this.#generator.nextXid(), 'create', {
          path,
          data: null,
          acl: OPEN,
          flags: 0,
        }),
      );
    await this.#both({ type: 'send', connection, requests });
    this.#generator.learn(this.#last);
  }

  async #both(step: Step): Promise<void> {
    if (this.#comparing && this.#differences.length > 0) return;
    this.#stepNumber++;
    const { theirs, ours, explain, watch } = this.#options;
    const [theirOutcome, ourOutcome] = await Promise.all([
      theirs.perform(step),
      ours.perform(step),
    ]);
    const context = { step, theirs, ours, theirOutcome, ourOutcome };
    this.#last = theirOutcome;
    if (!this.#comparing) return;
    const found = this.#compare(context);
    if (found.length > 0 && (await explain?.(context)) !== true) {
      this.#differences.push(...found);
    }
    watch?.(context);
  }

  get #goingOn(): boolean {
    return !this.#comparing || this.#differences.length === 0;
  }

  #compare({ step, theirs, ours, theirOutcome, ourOutcome }: StepContext): readonly Difference[] {
    const found: Difference[] = [];
    const add = (connection: number, a: readonly string[], b: readonly string[]) =>
      found.push({
        seed: this.#options.seed,
        step: this.#stepNumber,
        did: describe(step),
        connection,
        theirs: a,
        ours: b,
      });
    for (const connection of new Set([...theirOutcome.keys(), ...ourOutcome.keys()])) {
      const a = linesOf(step, theirOutcome.get(connection));
      const b = linesOf(step, ourOutcome.get(connection));
      if (a.length !== b.length || a.some((text, i) => text !== b[i])) add(connection, a, b);
    }
    if (theirs.sharedZxid !== ours.sharedZxid) {
      add(step.connection, [`last zxid ${theirs.sharedZxid}`], [`last zxid ${ours.sharedZxid}`]);
    }
    return found;
  }

  /** Ends all sessions, compares every node that is left, and removes them. */
  async #cleanUp(): Promise<void> {
    const { theirs } = this.#options;
    let xid = 1_000_000;
    const session = ORDINARY;
    const sessions = theirs.sessionCount;
    for (let number = 0; number < sessions; number++) {
      await this.#both({ type: 'connect', connection: 0, session: number, ...session });
      if (!theirs.openConnections.includes(0)) continue;
      const close = {
        xid: ++xid,
        code: opcodes.closeSession,
        label: 'closeSession',
        body: new Uint8Array(0),
      };
      await this.#both({ type: 'send', connection: 0, requests: [close] });
    }
    await this.#both({ type: 'connect', connection: KEEPER, session: 'new', ...session });
    const send = async (...requests: Parameters<typeof plainRequest>[]) => {
      const list = requests.map((request) => plainRequest(...request));
      await this.#both({ type: 'send', connection: KEEPER, requests: list });
    };
    await this.#both({
      type: 'send',
      connection: KEEPER,
      requests: [authRequest(this.#generator.random, 'super:admin')],
    });
    const paths = ['/'];
    for (let i = 0; i < paths.length && this.#goingOn; i++) {
      const path = paths[i]!;
      await send(
        [++xid, 'getChildren', { path, watch: false }],
        [++xid, 'getData', { path, watch: false }],
        [++xid, 'getAcl', { path }],
      );
      const frame = this.#last.get(KEEPER)?.[0]?.frame;
      if (frame === undefined) break;
      for (const name of GetChildrenResponse.read(new Reader(frame, 16)).children) {
        paths.push(path === '/' ? `/${name}` : `${path}/${name}`);
      }
    }
    for (const path of paths.reverse()) {
      if (!KEPT.has(path)) await send([++xid, 'delete', { path, version: -1 }]);
    }
    for (const path of ['/', '/zookeeper', '/zookeeper/quota']) {
      await send(
        [++xid, 'setAcl', { path, acl: OPEN, version: -1 }],
        [++xid, 'setData', { path, data: new Uint8Array(0), version: -1 }],
      );
    }
    const close = {
      xid: ++xid,
      code: opcodes.closeSession,
      label: 'closeSession',
      body: new Uint8Array(0),
    };
    await this.#both({ type: 'send', connection: KEEPER, requests: [close] });
  }
}

/**
 * What came, as lines to compare. The ephemeral nodes of a session that ends go in an order that is
 * Java's own, so there the order of events among themselves says nothing.
 */
function linesOf(step: Step, items: readonly Item[] = []): readonly string[] {
  const ends = requestsOf(step).some(({ code }) => code === opcodes.closeSession);
  if (!ends) return items.map(({ text }) => text);
  const lines: string[] = [];
  let events: string[] = [];
  for (const { text, event } of items) {
    if (event !== undefined) {
      events.push(text);
      continue;
    }
    lines.push(...events.sort(), text);
    events = [];
  }
  return [...lines, ...events.sort()];
}
