/** Plays an example of the cookbook as a person does: by the command, in processes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { examples } from '@vivarium/recipes/examples';
import * as assert from 'uvu/assert';
import { PROGRAM } from '../support/vivarium.js';

interface PlayEvent {
  readonly ms: number;
  readonly event: 'begins' | 'said' | 'told' | 'ends';
  readonly who?: string;
  readonly text?: string;
  readonly isKept?: boolean;
}

const LIMIT_MS = 170_000;
const run = promisify(execFile);

/**
 * Plays it to its end.
 *
 * @returns how many events it told
 * @throws when it ends badly, does not keep its promise, or somebody of its cast says nothing
 */
export async function playToItsEnd(name: string, signal: AbortSignal): Promise<number> {
  const words = [PROGRAM, 'example', name, '--json'];
  const env = { ...process.env, NO_COLOR: '1' };
  const { stdout, stderr } = await run(process.execPath, words, { env, signal, timeout: LIMIT_MS });
  assert.is(stderr, '', name);
  const lines = stdout.trim().split('\n');
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
  return events.length;
}
