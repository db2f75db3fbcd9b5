import type { BootLocal } from '@vivarium/core/internal/local/machine';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { markClients } from './judges/client-marks.js';
import { judgeLeases } from './judges/lease.js';
import { judgeOrder } from './judges/order.js';
import { replay } from './judges/replay.js';
import { judgeWatches, WatchProbes } from './judges/watches.js';
import { writesOf } from './judges/wire-requests.js';
import type { Marks } from './marks.js';
import type { RecipesModule } from './programs/recipes/player.js';
import { Script } from './script.js';
import { Violation } from './violation.js';
import type { SentRequest } from './world/history.js';
import { Simulation } from './world/simulation.js';
import type { Focus, Length } from './world/swarm.js';

export interface RunOptions {
  readonly seed: number;
  readonly boot: BootLocal;
  /** A run without any fault. */
  readonly quiet?: boolean;
  /** `short` unless given. */
  readonly length?: Length;
  /** `requests` unless given. */
  readonly focus?: Focus;
  /** What programs use; the package unless given. */
  readonly recipes?: RecipesModule;
  /** What it does of all that its seed decides; everything unless given. */
  readonly only?: ReadonlySet<string>;
  /** Written while it runs; takes the place of `only`. */
  readonly script?: Script;
  /** Told of everything that happens, one line each. */
  readonly log?: (line: string) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly traceHash: string;
  /** The first property that did not hold. */
  readonly violation: Violation | undefined;
  /** What happened and how much of it was compared. */
  readonly counts: Readonly<Record<string, number>>;
  /** The situations that it got into. */
  readonly marks: Marks;
}

/**
 * Runs one seed and judges it.
 *
 * @throws when something inside breaks that is no property, which is a defect too
 */
export async function runSeed(options: RunOptions): Promise<RunResult> {
  const { script = new Script(options.only) } = options;
  const simulation = new Simulation({ ...options, script });
  const { kernel, canon, record, servers, faults } = simulation;
  const counts: Record<string, number> = {};
  let violation: Violation | undefined;
  try {
    await simulation.run();
    Object.assign(counts, judge(simulation));
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error;
  }
  for (const { kind } of faults.happened) {
    counts[`fault ${kind}`] = (counts[`fault ${kind}`] ?? 0) + 1;
  }
  Object.assign(counts, {
    faults: faults.happened.length,
    transactions: canon.entries.length,
    expiries: canon.entries.filter(({ txn }) => txn.header.type === txnTypes.closeSession).length,
    recoveries: servers.reduce((sum, { recoveries }) => sum + recoveries.count, 0),
    lives: servers.reduce((sum, { local }) => sum + local.lives, 0),
    holds: simulation.judges.holds.taken,
    listeners: record.listeners.length,
    shown: record.streams.reduce((sum, { emitted }) => sum + emitted.length, 0),
    events_happened: kernel.happened,
    virtual_ms: Math.round(kernel.now / 1_000),
  });
  const { marks } = simulation.witness;
  return { seed: options.seed, traceHash: kernel.traceHash, violation, counts, marks };
}

/**
 * Judges all that was written down in a run. Returns how much was compared.
 *
 * @throws Violation
 */
export function judge(written: WrittenDown): Readonly<Record<string, number>> {
  const { canon, history, record, servers, judges } = written;
  const found = servers.flatMap(({ recoveries }) => recoveries.probes());
  const { hasLocalSessions } = written.witness;
  const watches = new WatchProbes(history);
  const all = [watches.probes, record.probes(), found, judges.probes()];
  const probes = all.flat();
  const replayed = replay(canon, history, probes, { hasLocalSessions });
  judgeOrder(history, canon, replayed, written.isAlone);
  const told = judgeWatches(history, replayed, watches);
  record.judge(replayed, appliedPayloads(replayed.applied), history);
  judges.judge(replayed);
  const { marks, ensemble, closing, resumed } = written.witness;
  judgeLeases(history, canon, closing);
  const established = (ensemble?.established ?? []).map((each) => each.establishedAt! / 1_000);
  markClients(marks, history, canon, replayed, { established, resumed });
  return { ...replayed.compared, ...told };
}

/** What the judges look at. */
export type WrittenDown = Pick<
  Simulation,
  'canon' | 'history' | 'record' | 'servers' | 'judges' | 'isAlone' | 'witness'
>;

const decoder = new TextDecoder();

/** Every text that some request has put into the tree, and how many requests did. */
function appliedPayloads(requests: ReadonlySet<SentRequest>): Map<string, number> {
  const applied = new Map<string, number>();
  for (const request of requests) {
    const texts = new Set<string>();
    for (const op of writesOf(request) ?? []) {
      if ((op.op === 'create' || op.op === 'set') && op.data !== null) {
        texts.add(decoder.decode(op.data));
      }
    }
    for (const text of texts) applied.set(text, (applied.get(text) ?? 0) + 1);
  }
  return applied;
}
