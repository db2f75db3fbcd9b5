/** Bugs in a recipe: another copy of the built package, in which a few words are changed. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { RecipesModule } from '../../sim/programs/recipes/player.js';
import type { Plant } from './plant.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
/** Inside this folder, so that a copy finds the same client and the same rxjs. */
const copies = join(root, '.cache', 'planted');

/**
 * @param file the module, as its path in the built package
 * @param from what is changed; it stands there once
 */
export function rewritten(name: string, file: string, from: string, to: string): Plant {
  return {
    name,
    put: (boot) => ({ boot, remove: () => {} }),
    async recipes() {
      await mkdir(copies, { recursive: true });
      const copy = mkdtempSync(join(copies, 'recipes-'));
      try {
        cpSync(join(root, 'recipes', 'dist'), copy, { recursive: true });
        const path = join(copy, file);
        const text = readFileSync(path, 'utf8');
        const [before = '', after, ...more] = text.split(from);
        if (after === undefined || more.length > 0) {
          throw new Error(`'${name}' does not fit any more: ${file} has not '${from}' once`);
        }
        writeFileSync(path, `${before}${to}${after}`);
        return (await import(pathToFileURL(join(copy, 'index.js')).href)) as RecipesModule;
      } finally {
        // All of it has been read by now.
        rmSync(copy, { recursive: true });
      }
    },
  };
}
