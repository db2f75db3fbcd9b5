/**
 * The judges of the ensemble's black-box proofs are judged: they find nothing in what healthy
 * ensembles of Apache ZooKeeper do, and whatever is altered in what was recorded there.
 */
import { type ApacheVersion, apacheVersions } from '../interop/apache.js';
import { Random } from '../interop/back-to-back/random.js';
import { Ensemble } from '../interop/ensemble/ensemble.js';
import { copyOf } from '../interop/load/alterations/copy.js';
import { alterations } from '../interop/load/alterations/index.js';
import { CheckedLoad } from '../interop/load/checked-load.js';
import { judgeLoad, type LoadEvidence } from '../interop/load/judge-all.js';
import { Violation } from '../sim/violation.js';
import type { History } from '../sim/world/history.js';
import { table } from './page.js';
import type { Proof } from './proof.js';

const ATTEMPTS_MOST = 60;
/** A history that is to be altered in every way has so many requests, however long it takes. */
const REQUESTS_LEAST = 400;
const LOOK_MS = 50;
const LOAD_MOST_MS = 30_000;

interface Size {
  readonly histories: number;
  readonly loadMs: number;
  /** Alterations of each property, in each history. */
  readonly alterations: number;
  /** Altered histories that each property has to find by itself. */
  readonly foundLeast: number;
}

const full: Size = { histories: 20, loadMs: 2500, alterations: 6, foundLeast: 10 };
const short: Size = { histories: 2, loadMs: 1500, alterations: 4, foundLeast: 2 };

// Types and not interfaces, so that they are JSON to the compiler.
type Found = {
  /** Found by the property that it goes against. */
  own: number;
  /** Found by another. */
  other: number;
  missed: number;
};

type OneHistory = {
  readonly requests: number;
  /** A sync of Apache's promised nothing. */
  readonly hasEarlySync: boolean;
  /** What was found in the history as it was recorded. */
  readonly alarm: string;
  /** What became of its alterations, by property. */
  readonly found: Record<string, Found>;
};

export const prove: Proof = {
  name: 'checkers',
  what:
    'The judges of the ensemble’s proofs find nothing in histories of healthy Apache ensembles, ' +
    'and each property finds histories that were altered against it.',
  async run({ short: isShort, slice, log }) {
    const size = isShort ? short : full;
    const sums = new Map<string, Found>();
    const alarms: string[] = [];
    let requests = 0;
    let earlySyncs = 0;
    for (let seed = 1; seed <= size.histories; seed++) {
      const version = seed % 4 === 0 ? apacheVersions.oldest : apacheVersions.newest;
      const result = await slice(`history ${seed}`, () => oneHistory(version, seed, size));
      requests += result.requests;
      if (result.hasEarlySync) earlySyncs++;
      if (result.alarm !== '') alarms.push(`history ${seed}: ${result.alarm}`);
      for (const [property, found] of Object.entries(result.found)) {
        const sum = sums.get(property) ?? { own: 0, other: 0, missed: 0 };
        for (const key of ['own', 'other', 'missed'] as const) sum[key] += found[key];
        sums.set(property, sum);
      }
      log(`history ${seed}, Apache ${version}: ${result.requests} requests ${result.alarm}`);
    }
    const rows = [...sums].map(([property, { own, other, missed }]) => {
      return [property, own, other, missed].map(String);
    });
    const all = [...sums.values()];
    const missed = all.reduce((sum, found) => sum + found.missed, 0);
    const least = Math.min(...all.map(({ own }) => own));
    const head = ['property', 'found by it', 'found by another', 'not found'];
    return {
      holds: alarms.length === 0 && missed === 0 && least >= size.foundLeast,
      counts: {
        histories: size.histories,
        requests,
        'false alarms': alarms.length,
        'with a sync of Apache’s that promised nothing': earlySyncs,
        properties: sums.size,
        'altered histories': all.reduce((sum, { own, other }) => sum + own + other, missed),
        'not found': missed,
        'fewest found by a property itself': least,
      },
      versions: { 'Apache ZooKeeper': Object.values(apacheVersions).join(', ') },
      details: [
        '## Altered histories',
        table(head, rows),
        'A leader of Apache’s answers a sync of its own clients at once, though it may not have ' +
          'applied yet what a follower has already told its client of. Where that was seen, C6 is ' +
          'not asked of the syncs of that history.',
        ...alarms.map((alarm) => `- ${alarm}`),
      ].join('\n\n'),
    };
  },
};

async function oneHistory(version: ApacheVersion, seed: number, size: Size): Promise<OneHistory> {
  const evidence = await record(version, seed, size.loadMs);
  const requests = requestsIn(evidence.history);
  const strictly = verdictOn(evidence);
  const hasEarlySync = /^C6: .* behind a sync/.test(strictly);
  const alarm = hasEarlySync ? verdictOn(evidence, true) : strictly;
  const found: Record<string, Found> = {};
  if (alarm === '') {
    for (const [property, alters] of Object.entries(alterations)) {
      if (hasEarlySync && property === 'C6') continue;
      const counts = { own: 0, other: 0, missed: 0 };
      const random = new Random(seed);
      let altered = 0;
      for (let at = 0; at < ATTEMPTS_MOST && altered < size.alterations; at++) {
        const copy = copyOf(evidence);
        if (!alters[at % alters.length]!(copy, random)) continue;
        altered++;
        const verdict = verdictOn(copy, hasEarlySync);
        if (verdict === '') counts.missed++;
        else if (verdict.startsWith(`${property}:`)) counts.own++;
        else counts.other++;
      }
      found[property] = counts;
    }
  }
  return { requests, hasEarlySync, alarm, found };
}

function requestsIn({ connections }: History): number {
  return connections.reduce((sum, each) => sum + each.requests.length, 0);
}

/** What the judges say; nothing when nothing is wrong. */
function verdictOn(evidence: LoadEvidence, syncsLoosely = false): string {
  try {
    judgeLoad(evidence, { readsEarlier: true, syncsLoosely });
    return '';
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  }
}

async function record(version: ApacheVersion, seed: number, loadMs: number): Promise<LoadEvidence> {
  const kinds = [version, version, version];
  const ensemble = await Ensemble.create({ kinds, config: { tickTime: 500 } });
  const load = new CheckedLoad(ensemble, { seed, window: 6 });
  try {
    await ensemble.start();
    await load.start();
    const began = performance.now();
    for (let ms = 0; ms < LOAD_MOST_MS; ms = performance.now() - began) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (ms >= loadMs && requestsIn(load.history) >= REQUESTS_LEAST) break;
    }
    await load.finish();
    return await load.evidence();
  } finally {
    load.leave();
    await ensemble.destroy();
  }
}
