import { compareSequences, sequentialName } from './sequence.js';
import { hasOnly, isCount, objectIn, plainTextIn } from './stored-text.js';

/** A request for permits, as its name tells it. */
export interface PermitRequest {
  readonly name: string;
  readonly sequence: number;
  /** How many it is for. */
  readonly permits: number;
  /** Has them, as far as names and the limit tell; waits otherwise. */
  readonly holds: boolean;
}

const PERMITS = /(?:-(\d+))?-permit-$/;
/** What the data of a request says that has not been granted its permits. */
const WAITING = '{"waiting":true}';

/**
 * Requests in a folder of permits, first come first: each has its permits when they and those of
 * all before it are within the limit.
 *
 * @param limit undefined when the folder does not say it: then nobody is told to wait
 */
export function permitsIn(
  names: readonly string[],
  limit: number | undefined,
): readonly PermitRequest[] {
  const all = names.flatMap((name) => {
    const parts = sequentialName(name);
    const match = parts && PERMITS.exec(parts.stem);
    if (parts === undefined || !match) return [];
    return [{ name, sequence: parts.sequence, permits: Number(match[1] ?? 1) }];
  });
  all.sort((a, b) => compareSequences(a.sequence, b.sequence));
  let sum = 0;
  return all.map((one) => {
    sum += one.permits;
    return { ...one, holds: limit === undefined || sum <= limit };
  });
}

/** The limit that the folder of permits says; undefined when its data is none. */
export function permitLimitIn(data: Uint8Array): number | undefined {
  const found = objectIn(data);
  if (found === undefined || !hasOnly(found, ['limit'])) return undefined;
  return isCount(found.limit, 1) ? found.limit : undefined;
}

/** The number of leases that kazoo's `Semaphore` has written into its folder. */
export function leaseLimitIn(data: Uint8Array): number | undefined {
  const text = plainTextIn(data);
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** Whether the data of a request is only the hint that it waits, and no word of its program's. */
export function isWaitingHint(data: Uint8Array): boolean {
  return plainTextIn(data) === WAITING;
}
