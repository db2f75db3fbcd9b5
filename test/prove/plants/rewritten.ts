/** Bugs in a recipe: another copy of the built package, in which a few words are changed. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { RecipesModule } from '../../sim/programs/recipes/player.js';
import type { Plant } from './plant.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const original = join(root, 'recipes');
const built = join(original, 'dist');
/** Below the same folder, so that a copy finds the same client and the same rxjs. */
const copies = join(root, '.cache', 'planted');

/** A module, as its path in the built package; what stands there once; what is put in its place. */
export type Edit = readonly [file: string, from: string, to: string];

export interface RecipePlant extends Plant {
  readonly edits: readonly Edit[];
}

export function rewritten(name: string, ...edits: readonly Edit[]): RecipePlant {
  return {
    name,
    edits,
    put: (boot) => ({ boot, remove: () => {} }),
    async recipes() {
      mkdirSync(copies, { recursive: true });
      const whole = mkdtempSync(join(copies, 'recipes-'));
      const copy = join(whole, 'dist');
      try {
        // It says which file stands for a name that differs from platform to platform.
        cpSync(join(original, 'package.json'), join(whole, 'package.json'));
        cpSync(built, copy, { recursive: true });
        for (const edit of edits) writeFileSync(join(copy, edit[0]), textWith(name, edit, copy));
        return (await import(pathToFileURL(join(copy, 'index.js')).href)) as RecipesModule;
      } finally {
        // All of it has been read by now.
        rmSync(whole, { recursive: true });
      }
    },
  };
}

/** A module with the bug in it. @throws when it does not fit what is built */
export function textWith(name: string, [file, from, to]: Edit, folder = built): string {
  const [before = '', after, ...more] = readFileSync(join(folder, file), 'utf8').split(from);
  if (after === undefined || more.length > 0) {
    throw new Error(`'${name}' does not fit any more: ${file} has not '${from}' once`);
  }
  return `${before}${to}${after}`;
}
