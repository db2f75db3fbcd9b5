import { isWriteMarker } from '@vivarium/core/internal/layouts/counter';
import { permitsIn } from '@vivarium/core/internal/layouts/permits';
import type { RecipeKind } from '@vivarium/core/internal/layouts/recognised';
import { compareSequences, sequentialName } from '@vivarium/core/internal/layouts/sequence';
import { contendersIn, itemsIn } from './lists.js';

/** So many of those who take part are read and shown. */
export const SHOWN_MAX = 200;

/**
 * The names in a folder of a recipe in the order in which they count there: of queues who comes
 * first; others as they come.
 */
export function orderOf(kind: RecipeKind | undefined, names: readonly string[]): readonly string[] {
  switch (kind) {
    case 'lock':
    case 'readWriteLock':
    case 'election':
      return contendersIn(names).map(({ name }) => name);
    case 'permits': {
      const requests = permitsIn(names, undefined).map(({ name }) => name);
      return requests.length > 0 ? requests : bySequence(names);
    }
    case 'queue': {
      const items = itemsIn(names).map(({ name }) => name);
      return items.length > 0 ? items : bySequence(names);
    }
    case 'counter':
      return names.filter(isWriteMarker);
    default:
      return bySequence(names);
  }
}

/** Where it stands, below the folder of the dead letters, why a letter was given up. */
export function reasonOf(letter: string): string {
  return `${letter}/reason`;
}

/** Sequential names by their number, all others as they are. */
function bySequence(names: readonly string[]): readonly string[] {
  const numbers = new Map(names.map((name) => [name, sequentialName(name)?.sequence]));
  return names.toSorted((a, b) => {
    const [one, other] = [numbers.get(a), numbers.get(b)];
    if (one === undefined || other === undefined) {
      return Number(one === undefined) - Number(other === undefined);
    }
    return compareSequences(one, other);
  });
}
