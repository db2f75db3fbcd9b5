/** A configuration for tests. */
import type { StandardSchema } from '@vivarium/core';

export interface Limits {
  readonly rps: number;
}
export const limits: StandardSchema<Limits> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      Number.isInteger((value as Limits | null)?.rps)
        ? { value: value as Limits }
        : { issues: [{ message: 'rps must be a whole number' }] },
  },
};
