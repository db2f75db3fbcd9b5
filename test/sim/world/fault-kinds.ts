/** Everything that can go wrong on purpose. What each does stands in `faults/`. */
export const faultKinds = [
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
  'pause-client',
] as const;
export type FaultKind = (typeof faultKinds)[number];
