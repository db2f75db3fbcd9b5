/**
 * X7: when all programs have ended what they began, nothing of it is left in the tree that belongs
 * to a session which goes on, but for those who are members of the group and have not left.
 */
import { demand } from '../../violation.js';
import type { Model } from '../model.js';
import type { Probe } from '../replay.js';
import { games, placeOf } from './places.js';

/**
 * @param sessions of those who go on, with the names of their clients
 * @param stay paths of what is to be there
 */
export function leftoverProbe(
  zxid: bigint,
  sessions: ReadonlyMap<bigint, string>,
  stay: readonly string[],
): Probe {
  const places = games.map((game) => `${placeOf(game)}/`);
  const look = (model: Model) => {
    for (const [path, { owner }] of model.nodes) {
      const client = sessions.get(owner);
      if (client === undefined || stay.includes(path)) continue;
      const isLeft = places.some((place) => path.startsWith(place));
      demand(!isLeft, 'X7', () => `${client} has ended all it began, and left ${path} behind`);
    }
  };
  return { zxid, look };
}
