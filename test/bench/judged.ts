/** What is to be reached against Apache ZooKeeper in the same run, as ratios ours : theirs. */
import { type Ratio, ratioOf } from './records.js';

export interface Judged {
  readonly what: string;
  readonly demand: string;
  readonly ratio: Ratio;
  readonly holds: boolean;
}

export interface Target<T> {
  readonly what: string;
  readonly least?: number;
  readonly most?: number;
  /** The number to compare in each record; `undefined` in those that it is not about. */
  readonly of: (record: T) => number | undefined;
}

/** Judges every target that the records say something about. */
export function judgeTargets<T extends { readonly round: number; readonly subject: string }>(
  records: readonly T[],
  targets: readonly Target<T>[],
): Judged[] {
  return targets.flatMap(({ what, least, most, of }) => {
    const matching = records.filter((record) => of(record) !== undefined);
    const ratio = ratioOf(matching, of);
    if (ratio === undefined) return [];
    const holds =
      ratio.least > 0 && // what was measured as nothing or less was not measured
      (least === undefined || ratio.median >= least) &&
      (most === undefined || ratio.median <= most);
    const demand = least === undefined ? `≤ ${Number(most!.toFixed(2))}` : `≥ ${least}`;
    return [{ what, ratio, holds, demand }];
  });
}
