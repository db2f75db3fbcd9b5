import { ZkError } from '@vivarium/core';

/** @throws ZkError BAD_ARGUMENTS unless the value is a whole number from 1 to `most` */
export function assertCount(path: string, name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  const reason = `${name} is ${value}; give a whole number from 1 to ${most}`;
  throw new ZkError('BAD_ARGUMENTS', { path, reason });
}
