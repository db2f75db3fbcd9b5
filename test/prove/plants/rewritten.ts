/** Bugs in a recipe: another copy of the built package, in which a few words are changed. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { RecipesModule } from '../../sim/programs/recipes/player.js';
import type { Plant } from './plant.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
/** Inside this folder, so that a copy finds the same client and the same rxjs. */
const copies = join(root, '.cache', 'planted');

/** A module, as its path in the built package; what stands there once; what is put in its place. */
type Edit = readonly [file: string, from: string, to: string];

export function rewritten(name: string, ...edits: readonly Edit[]): Plant {
  return {
    name,
    put: (boot) => ({ boot, remove: () => {} }),
    async recipes() {
      mkdirSync(copies, { recursive: true });
      const copy = mkdtempSync(join(copies, 'recipes-'));
      try {
        cpSync(join(root, 'recipes', 'dist'), copy, { recursive: true });
        for (const edit of edits) rewrite(name, copy, edit);
        return (await import(pathToFileURL(join(copy, 'index.js')).href)) as RecipesModule;
      } finally {
        // All of it has been read by now.
        rmSync(copy, { recursive: true });
      }
    },
  };
}

function rewrite(name: string, copy: string, [file, from, to]: Edit): void {
  const path = join(copy, file);
  const [before = '', after, ...more] = readFileSync(path, 'utf8').split(from);
  if (after === undefined || more.length > 0) {
    throw new Error(`'${name}' does not fit any more: ${file} has not '${from}' once`);
  }
  writeFileSync(path, `${before}${to}${after}`);
}
