/** Everything that can go wrong on purpose. What each does stands in `faults/`. */

const anywhere = [
  'kill',
  'power',
  'stop',
  'pause',
  'reset',
  'break',
  'stall',
  'isolate',
  'forsake',
  'expire',
  'slow-disk',
  'disk-error',
  'disk-full',
  'wall-jump',
  'drift',
  'pause-client',
] as const;

/** Kinds that need more than one server. */
const amongSeveral = [
  'wipe',
  'rot',
  'roll',
  'isolate-server',
  'one-way',
  'partition',
  'bridge',
  'flap',
  'clog',
  'strand',
  'maroon',
  'ambush',
] as const;

export type FaultKind = (typeof anywhere)[number] | (typeof amongSeveral)[number];

/** The kinds that may come where so many servers are. */
export function kindsFor(servers: number): readonly FaultKind[] {
  return servers > 1 ? [...anywhere, ...amongSeveral] : anywhere;
}
