/** The files of this repository, as the house tests see them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceFile } from './import-rules.js';

/** The top folder of the repository, with a slash at its end. */
export const top = fileURLToPath(new URL('../../..', import.meta.url));

const notOurs = new Set(['node_modules', 'dist', 'data', 'coverage', '.git', '.cache']);

/** Every file below `folder` whose name ends with one of `endings`. */
export function filesBelow(folder: string, ...endings: readonly string[]): readonly SourceFile[] {
  const found: SourceFile[] = [];
  for (const entry of readdirSync(join(top, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!notOurs.has(entry.name)) found.push(...filesBelow(path, ...endings));
    } else if (endings.some((ending) => entry.name.endsWith(ending))) {
      found.push({ path, text: readFileSync(join(top, path), 'utf8') });
    }
  }
  return found;
}
