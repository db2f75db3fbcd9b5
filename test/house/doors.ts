/** The doors of the packages: what a program can import, and all the names behind each. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The entry points whose names are promised to users. */
export const doors = [
  '@vivarium/core',
  '@vivarium/core/server',
  '@vivarium/core/local',
  '@vivarium/recipes',
  '@vivarium/recipes/examples',
] as const;

/** The file that remembers the names. `npm test` fails when they differ from it. */
export const namesFile = new URL('../../house/public-names.txt', import.meta.url);

/** Every name that a door exports, types included, sorted: one per line, types marked. */
export function namesOf(door: string): readonly string[] {
  const built = builtFile(door);
  return [...new Set(namesIn(built.replace(/\.js$/, '.d.ts')))].sort();
}

/** Whether the file behind a door is there. */
export function isBuilt(door: string): boolean {
  return existsSync(builtFile(door));
}

function builtFile(door: string): string {
  return fileURLToPath(import.meta.resolve(door));
}

function namesIn(path: string): readonly string[] {
  const text = readFileSync(path, 'utf8');
  const names: string[] = [];
  for (const [, typeWord, from] of text.matchAll(/export\s+(type\s+)?\*\s+from\s+'([^']+)'/g)) {
    const inner = namesIn(join(dirname(path), from!.replace(/\.js$/, '.d.ts')));
    const plain = inner.map((name) => name.replace(/^type /, ''));
    names.push(...(typeWord === undefined ? inner : plain.map((name) => `type ${name}`)));
  }
  for (const [, typeWord, list] of text.matchAll(/export\s+(type\s+)?\{([^}]*)\}/g)) {
    for (const entry of (list ?? '').split(',')) {
      const words = entry.trim().split(/\s+/).filter(Boolean);
      if (words.length === 0) continue;
      const isType = typeWord !== undefined || words[0] === 'type';
      names.push(`${isType ? 'type ' : ''}${words.at(-1)}`);
    }
  }
  const declared =
    /export\s+(?:declare\s+)?(?:async\s+)?(function|const|class|interface|type)\s+(\w+\$?)/g;
  for (const [, kind, name] of text.matchAll(declared)) {
    names.push(`${kind === 'interface' || kind === 'type' ? 'type ' : ''}${name}`);
  }
  return names;
}

/** The names of all doors as one text, to be compared with the remembered one. */
export function allNames(): string {
  return doors
    .map((door) => {
      const names = isBuilt(door) ? namesOf(door) : ['(not there)'];
      return `${door}\n${names.map((name) => `  ${name}\n`).join('')}`;
    })
    .join('\n');
}
