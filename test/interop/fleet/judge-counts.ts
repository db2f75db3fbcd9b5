/**
 * Judges a number that several add to, by the transaction log alone:
 *
 * - C1: every write of the number makes of what was there exactly one addition of its writer.
 * - C2: what is there at the end is the sum of all additions that are in the log.
 * - C3: whoever was told that it has added finds all of it in the log, and nothing more: unless a
 *   server or the program went, for then some clients add again what they are not sure of.
 */
import type { Change } from './changes.js';
import { type Ground, kindOf, markOf, pairOf } from './names.js';

/** What a participant says that it was told. */
export interface Told {
  readonly participant: string;
  readonly sum: number;
  /** Whether its client promises to add once, whatever happens. */
  readonly isExact: boolean;
}

export interface CountsVerdict {
  readonly problems: readonly string[];
  readonly writes: number;
  readonly sum: number;
  /** Added, but told to nobody: some clients add again when an answer is lost. */
  readonly again: number;
  readonly handOvers: Readonly<Record<string, number>>;
}

/** @param amountOf what a participant adds each time */
export function judgeCounts(
  changes: readonly Change[],
  { site, marks }: Ground,
  decode: (bytes: Uint8Array) => number,
  amountOf: (participant: string) => number,
  told: readonly Told[],
): CountsVerdict {
  const problems: string[] = [];
  const participants = new Map<bigint, string>();
  const logged = new Map<string, number>();
  const handOvers: Record<string, number> = {};
  let value = 0;
  let sum = 0;
  let writes = 0;
  let previous: string | undefined;
  for (const { what, path, session, data, zxid } of changes) {
    const mark = path.startsWith(`${marks}/`) ? markOf(path.slice(marks.length + 1)) : undefined;
    if (mark !== undefined) participants.set(session, mark.participant);
    if (path !== site) continue;
    const at = `zxid ${zxid.toString(16)}`;
    if (what === 'delete') problems.push(`C1: the number is deleted at ${at}`);
    const next = what === 'delete' || data.length === 0 ? 0 : decode(data);
    const difference = next - value;
    value = next;
    if (difference === 0 && what === 'create') continue;
    writes++;
    sum += difference;
    const participant = participants.get(session);
    if (participant === undefined) {
      problems.push(`C1: somebody who is not known has added ${difference} at ${at}`);
      continue;
    }
    if (difference !== amountOf(participant)) {
      const wanted = `adds ${amountOf(participant)}`;
      problems.push(`C1: ${participant}, which ${wanted}, has added ${difference} at ${at}`);
    }
    logged.set(participant, (logged.get(participant) ?? 0) + difference);
    if (previous !== undefined) {
      const pair = pairOf(previous, participant);
      handOvers[pair] = (handOvers[pair] ?? 0) + 1;
    }
    previous = participant;
  }
  if (sum !== value) problems.push(`C2: ${value} is there, and ${sum} was added`);
  let again = 0;
  for (const { participant, sum: said, isExact } of told) {
    const found = logged.get(participant) ?? 0;
    if (found < said) {
      problems.push(`C3: ${participant} was told of ${said}, and the log has ${found}`);
    } else if (isExact && found > said) {
      problems.push(`C3: ${participant} was told of ${said}, and the log has more: ${found}`);
    }
    again += Math.max(0, found - said);
  }
  return { problems, writes, sum, again, handOvers };
}

/** Whether the program of a kind promises to add once, also when servers go. */
export function addsOnce(participant: string): boolean {
  return kindOf(participant) === 'Vivarium';
}
