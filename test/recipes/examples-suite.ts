/** Plays the examples of the cookbook as a person does: by the command, in processes. */
import { examples } from '@vivarium/recipes/examples';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../support/suite.js';
import { vivarium } from '../support/vivarium.js';

/**
 * The examples by the file that plays them, all of a file at one time: each waits for sessions to
 * time out, most of its time, and is some seven processes. Few for a file, as it has a limit.
 */
export const played = {
  locks: ['lock', 'read-write-lock'],
  shares: ['permits', 'partitions'],
  leaders: ['leader-election', 'work-queue'],
  groups: ['group-membership', 'ttl-node'],
  services: ['service-discovery', 'kept-node'],
  barriers: ['barrier', 'double-barrier'],
  steps: ['count-down-latch', 'migration'],
  settings: ['configuration', 'configuration-history'],
  sets: ['configuration-set', 'counter'],
  values: ['shared-value', 'transaction'],
  ids: ['id-generator', 'tree', 'lease'],
} as const;

interface PlayEvent {
  readonly ms: number;
  readonly event: 'begins' | 'said' | 'told' | 'ends';
  readonly who?: string;
  readonly text?: string;
  readonly isKept?: boolean;
}

export function examplesSuite(part: keyof typeof played): void {
  suite(
    `the examples of the cookbook, ${part}`,
    (test) => {
      const names = played[part];
      test(`${names.join(' and ')} end by themselves, with their promise kept`, async (t) => {
        await Promise.all(names.map((name) => playToItsEnd(t, name)));
      });
    },
    { timeoutMs: 170_000 },
  );
}

async function playToItsEnd(t: TestContext, name: string): Promise<void> {
  const child = vivarium(t, ['example', name, '--json']);
  const code = await child.ended;
  const { out, err } = child.output;
  assert.is(err, '', name);
  assert.is(code, 0, `${name}: ${out}`);
  const lines = out.trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as PlayEvent);
  const { promise, cast } = examples[name]!;
  assert.is(events[0]!.event, 'begins');
  const { event, isKept, text } = events.at(-1)!;
  assert.equal({ event, isKept, text }, { event: 'ends', isKept: true, text: promise });
  assert.equal(
    events,
    [...events].sort((a, b) => a.ms - b.ms),
  );
  // Everybody of the cast has come and said something, and something was done to them.
  assert.equal([...new Set(events.flatMap(({ who }) => who ?? []))].sort(), [...cast].sort());
  assert.ok(events.some((each) => each.event === 'told'));
}
