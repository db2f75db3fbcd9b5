/** What the list of recipes shows: filtered, grouped by kind, sorted by path. */
import { type RecipeKind, recipeKinds } from '@vivarium/core/internal/layouts/recognised';
import { kindNames } from './kind-words.js';
import type { Found } from './survey.js';

/** Which are shown. */
export interface ListFilter {
  /** Part of the path, or of what it is called; whichever case. */
  readonly text: string;
  /** Undefined for all. */
  readonly kind: RecipeKind | undefined;
  /** Whether those are shown that are no more than possible. */
  readonly hasGuesses: boolean;
}

export type ListRow =
  | { readonly kind: 'head'; readonly of: RecipeKind; readonly count: number }
  | { readonly kind: 'found'; readonly found: Found };

export interface Listed {
  readonly rows: readonly ListRow[];
  /** How many of each kind there are before the filter by kind and text. */
  readonly counts: ReadonlyMap<RecipeKind, number>;
  /** Recipes in the rows. */
  readonly shown: number;
  /** Those that are only possible. */
  readonly guesses: number;
}

/** Whether one is no more than possible. */
export function isGuess({ all }: Found): boolean {
  return all[0]!.sure === 'possible';
}

/** Puts what was found in order. */
export function listed(found: Iterable<Found>, filter: ListFilter): Listed {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<RecipeKind, Found[]>();
  const counts = new Map<RecipeKind, number>();
  let guesses = 0;
  for (const one of found) {
    const { kind } = one.all[0]!;
    if (isGuess(one)) {
      guesses++;
      if (!filter.hasGuesses) continue;
    }
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (filter.kind !== undefined && filter.kind !== kind) continue;
    const text = `${one.path} ${kindNames[kind][0]}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    const group = groups.get(kind) ?? [];
    groups.set(kind, group);
    group.push(one);
  }
  const rows: ListRow[] = [];
  let shown = 0;
  for (const kind of recipeKinds) {
    const group = groups.get(kind);
    if (group === undefined) continue;
    rows.push({ kind: 'head', of: kind, count: group.length });
    group.sort((a, b) => (a.path < b.path ? -1 : 1));
    for (const one of group) rows.push({ kind: 'found', found: one });
    shown += group.length;
  }
  return { rows, counts, shown, guesses };
}
