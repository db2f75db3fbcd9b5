/** Recipes that are about one node: numbers, barriers, leases, nodes with a time to live. */
import { isWriteMarker, numberIn } from '@vivarium/core/internal/layouts/counter';
import { isLease, leaseIn } from '@vivarium/core/internal/layouts/lease';
import { nodeKindOf } from '@vivarium/core/internal/layouts/node-kind';
import { agoText, countText, spanText } from '../format.js';
import { visibleName } from '../paths.js';
import { numberText } from './kind-words.js';
import { type Fact, type RecipeState, type RecipeView, rowOf, shownData, tokenOf } from './view.js';

const forms = {
  int64: 'eight bytes: counter and ids of Vivarium, DistributedAtomicLong of Curator',
  int32: 'four bytes: SharedCount and DistributedAtomicInteger of Curator',
  text: 'digits: Counter of kazoo, or any value',
} as const;

/** A counter. */
export function counterView(state: RecipeState, now: number): RecipeView {
  const { data, stat, names } = state;
  const number = numberIn(data);
  const writers = names.filter(isWriteMarker);
  const rows = writers.map((name) => {
    return rowOf(state, name, { role: 'writes', tone: 'held', library: 'Vivarium', who: '' });
  });
  const facts: Fact[] = [{ name: 'Written', value: changedText(stat.mtime, stat.version, now) }];
  if (number !== undefined) facts.push({ name: 'Form', value: forms[number.form] });
  const group = { title: 'Who is writing', rows, count: writers.length, none: '' };
  return {
    headline: number === undefined ? 'No number any more' : numberText(number.text),
    tone: 'held',
    facts,
    groups: writers.length === 0 ? [] : [group],
  };
}

function changedText(mtime: number, version: number, now: number): string {
  if (version === 0) return 'never since it was made';
  return `${agoText(mtime, now)}, ${countText(version)} times in all`;
}

/** A barrier that is there, which is all that there is to it. */
export function barrierView({ stat }: RecipeState, now: number): RecipeView {
  return {
    headline: 'Closed: who comes waits',
    tone: 'held',
    facts: [{ name: 'Raised', value: agoText(stat.ctime, now) }],
    groups: [],
  };
}

/** A lease, which lasts for a time and not for a session. */
export function leaseView(state: RecipeState, now: number): RecipeView {
  const names = state.names.filter(isLease);
  let held = '';
  const rows = names.map((name) => {
    const entry = state.entries.get(name);
    const known = entry === undefined || entry === 'hidden' ? undefined : entry;
    const terms = known && leaseIn(known.data);
    const { mtime = 0 } = known?.stat ?? {};
    const left = terms?.ttlMs === undefined ? undefined : mtime + terms.ttlMs - now;
    const isOver = left !== undefined && left <= 0;
    if (!isOver && terms !== undefined) held = visibleName(terms.id);
    const notes = [
      ...(terms?.ttlMs === undefined ? [] : [`for ${spanText(terms.ttlMs)} at a time`]),
      ...(left === undefined ? [] : [isOver ? 'its time is over' : `${spanText(left)} left`]),
      ...(known !== undefined && known.stat.version > 0 ? [`renewed ${agoText(mtime, now)}`] : []),
    ];
    return rowOf(state, name, {
      role: isOver ? 'over' : 'holds',
      tone: isOver ? 'quiet' : 'held',
      who: terms === undefined ? shownData(known?.data ?? new Uint8Array()) : visibleName(terms.id),
      notes,
      token: tokenOf(state, name),
      library: 'Vivarium',
    });
  });
  return {
    headline: held === '' ? 'Free: nobody has it' : `Held by ${held}`,
    tone: held === '' ? 'quiet' : 'held',
    facts: [],
    groups: [{ title: 'Lease', rows, count: rows.length, none: 'Nobody has it.' }],
  };
}

/** A node that stays as long as somebody touches it. */
export function ttlNodeView(state: RecipeState, now: number): RecipeView {
  const touch = state.entries.get('touch');
  const stat = touch === undefined || touch === 'hidden' ? undefined : touch.stat;
  const ttlMs = stat === undefined ? 0 : nodeKindOf(stat.ephemeralOwner).ttlMs;
  const left = stat === undefined ? undefined : stat.mtime + ttlMs - now;
  const facts: Fact[] = [{ name: 'Data', value: shownData(state.data) || 'none' }];
  if (stat !== undefined && ttlMs > 0) {
    facts.push({ name: 'Time to live', value: spanText(ttlMs) });
    facts.push({ name: 'Touched', value: agoText(stat.mtime, now) });
  }
  const isKept = left !== undefined && left > 0;
  return {
    headline: isKept ? `Kept; goes in ${spanText(left)} unless touched` : 'Goes soon',
    tone: isKept ? 'held' : 'quiet',
    facts,
    groups: [],
  };
}
