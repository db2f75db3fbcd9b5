/** What a test file tells the runner about itself: lines of JSON in a file named by the runner. */
import { appendFileSync } from 'node:fs';

/** Names the file to append to. Absent when a test file is run by hand. */
export const REPORT_VARIABLE = 'VIVARIUM_TEST_REPORT';

export type TestRecord =
  | { readonly type: 'declared'; readonly suite: string; readonly tests: number }
  | { readonly type: 'start'; readonly suite: string; readonly name: string }
  | {
      readonly type: 'result';
      readonly suite: string;
      readonly name: string;
      readonly ms: number;
      /** Stacks; none when the test passed. */
      readonly errors: readonly string[];
    }
  | { readonly type: 'left'; readonly left: readonly string[] }
  | {
      readonly type: 'end';
      readonly declared: number;
      readonly finished: number;
      readonly failed: number;
    };

/** Writes one record, at once, so that it survives whatever happens next. */
export function report(record: TestRecord): void {
  const path = process.env[REPORT_VARIABLE];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(record)}\n`);
}
