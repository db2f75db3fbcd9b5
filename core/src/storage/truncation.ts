import type { BootDisk, DiskStep } from './disk.js';

/** Steps that cut the history behind a zxid. */
export function truncationSteps(_disk: BootDisk, _high: number, _low: number): DiskStep[] {
  throw new Error('not built yet');
}
