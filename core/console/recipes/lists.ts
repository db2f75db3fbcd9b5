/** What long lists mean, worked out once for each list: a page is drawn every second. */
import {
  claimsIn as readClaims,
  itemsIn as readItems,
} from '@vivarium/core/internal/layouts/items';
import { contendersIn as readContenders } from '@vivarium/core/internal/layouts/queue';

type Names = readonly string[];

/** As the function of that name in `layouts`. */
export const contendersIn = remembered(readContenders);
/** As the function of that name in `layouts`. */
export const itemsIn = remembered(readItems);
/** As the function of that name in `layouts`. */
export const claimsIn = remembered(readClaims);

function remembered<T>(read: (names: Names) => T): (names: Names) => T {
  const known = new WeakMap<Names, T>();
  return (names) => {
    const found = known.get(names) ?? read(names);
    known.set(names, found);
    return found;
  };
}
