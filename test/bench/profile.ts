/** Where the time went, from the profile that Node's `--cpu-prof` leaves behind. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileRow {
  /** `functionName  folder/file.js:line`. */
  readonly what: string;
  /** Share of the time that was not idle, 0 to 1, spent in the function itself. */
  readonly share: number;
}

const NOT_WORK = new Set(['(idle)', '(program)', '(root)']);

/** The functions that took most time themselves, most first. */
export function summarizeProfile(text: string, count: number): readonly ProfileRow[] {
  const profile = JSON.parse(text) as CpuProfile;
  const names = new Map<number, string>();
  for (const { id, callFrame } of profile.nodes) {
    const { functionName, url, lineNumber } = callFrame;
    const file = url.split('/').slice(-2).join('/');
    const place = file === '' ? '' : `  ${file}:${lineNumber + 1}`;
    names.set(id, `${functionName === '' ? '(anonymous)' : functionName}${place}`);
  }
  const times = new Map<string, number>();
  let busy = 0;
  for (const [index, id] of profile.samples.entries()) {
    const what = names.get(id) ?? '(unknown)';
    if (NOT_WORK.has(what)) continue;
    const time = profile.timeDeltas[index] ?? 0;
    busy += time;
    times.set(what, (times.get(what) ?? 0) + time);
  }
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([what, time]) => ({ what, share: time / busy }));
}

/** The newest profile in a folder, as text; undefined when there is none. */
export function newestProfile(folder: string): string | undefined {
  const names = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  const newest = names.sort().at(-1);
  return newest === undefined ? undefined : readFileSync(join(folder, newest), 'utf8');
}
