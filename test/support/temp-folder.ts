import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from './suite.js';

/** A new folder that is removed when the test has ended. */
export function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vivarium-'));
  t.cleanup(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
