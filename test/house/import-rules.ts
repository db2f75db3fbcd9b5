/** Who may import whom, as a table. What is not in it is not allowed. */
import { posix } from 'node:path';
import { type ImportSite, importsOf } from './source-text.js';

export interface SourceFile {
  /** Relative to the top of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

interface Rule {
  /** Folders of core/src. */
  readonly folders: readonly string[];
  /** Packages; `node:*` stands for all of Node's own. */
  readonly packages?: readonly string[];
  /** Folders of which only types may be imported. */
  readonly typesOf?: readonly string[];
}

const machines = [
  'base',
  'wire',
  'tree',
  'storage',
  'config',
  'seam',
  'zab',
  'peer',
  'admin',
  'session',
  'layouts',
];

/** For each folder of core/src; the empty name is core/src itself. */
const rules: Readonly<Record<string, Rule>> = {
  base: { folders: [] },
  wire: { folders: ['base'] },
  tree: { folders: ['base', 'wire'] },
  storage: { folders: ['base', 'wire', 'tree'] },
  config: { folders: ['base'] },
  seam: { folders: ['base', 'storage'] },
  zab: { folders: ['base', 'wire', 'tree', 'storage', 'config', 'seam'] },
  peer: { folders: ['base', 'wire', 'tree', 'storage', 'config', 'seam', 'zab'] },
  admin: { folders: ['base', 'wire', 'config'], typesOf: ['peer', 'seam'] },
  session: { folders: ['base', 'wire'] },
  layouts: { folders: [] },
  client: { folders: ['base', 'wire', 'session'], packages: ['rxjs', '#host'] },
  local: { folders: [...machines, 'client'], packages: ['rxjs'] },
  web: { folders: ['base', 'wire', 'session', 'client'], packages: ['nanoid'] },
  node: { folders: [...machines, 'client', 'local'], packages: ['node:*', 'ws', 'nanoid'] },
  '': { folders: ['base', 'wire', 'client'] },
};

const recipePackages = ['@vivarium/core', 'rxjs', '#context'];

/** The one folder of recipes/src that may know Node. */
const NODE_RECIPES = 'recipes/src/node/';
/** What plays the recipes, in processes of Node's. No recipe leans on it. */
export const examplesFolder = 'recipes/src/examples/';

/**
 * The web console: a page, which is a client like any other and knows only public doors, but for
 * what nodes and the texts of quotas mean to somebody who looks on.
 */
const consoleFolder = 'core/console/';
const consolePackages = ['@vivarium/core', 'preact', 'preact/hooks', '@preact/signals'];
const consoleDoors = ['layouts/', 'tree/quota-text'].map(
  (door) => `@vivarium/core/internal/${door}`,
);
/** What bundles it, which is no part of it. */
const consoleBuild = `${consoleFolder}build.mjs`;

/** Folders whose code is deterministic and waits for nothing. */
export const machineFolders: ReadonlySet<string> = new Set(machines);

/** The folder of core/src that a path lies in, '' for core/src itself, undefined elsewhere. */
export function coreFolderOf(path: string): string | undefined {
  if (!path.startsWith('core/src/')) return undefined;
  const parts = path.split('/');
  return parts.length === 3 ? '' : parts[2];
}

/** What is wrong with the imports of one file, one sentence each. */
export function checkImports(file: SourceFile): readonly string[] {
  const problems: string[] = [];
  for (const site of importsOf(file.text)) {
    const problem = problemOf(file.path, site);
    if (problem !== undefined) problems.push(`${file.path}:${site.line}: ${problem}`);
  }
  return problems;
}

function problemOf(path: string, site: ImportSite): string | undefined {
  const { specifier } = site;
  if (specifier === 'uvu' && !path.startsWith('test/support/')) {
    return `only test/support may import 'uvu'; use suite() of test/support/suite.ts`;
  }
  const from = coreFolderOf(path);
  if (from !== undefined) return coreProblem(from, path, site);
  if (path.startsWith(consoleFolder)) return consoleProblem(path, specifier);
  if (!path.startsWith('recipes/src/')) return undefined;
  const isExample = path.startsWith(examplesFolder);
  if (specifier.startsWith('.')) {
    const leads = posix.join(posix.dirname(path), specifier).startsWith(examplesFolder);
    return leads && !isExample ? 'recipes may not import their examples' : undefined;
  }
  if (recipePackages.includes(specifier)) return undefined;
  const mayUseNode = isExample || path.startsWith(NODE_RECIPES);
  if (mayUseNode && specifier.startsWith('node:')) return undefined;
  return `recipes may import ${recipePackages.join(' and ')}, not '${specifier}'`;
}

function consoleProblem(path: string, specifier: string): string | undefined {
  if (path === consoleBuild) return undefined;
  if (specifier.startsWith('.')) {
    const leads = posix.join(posix.dirname(path), specifier).startsWith(consoleFolder);
    return leads ? undefined : `'${specifier}' leads out of core/console`;
  }
  if (consolePackages.includes(specifier)) return undefined;
  if (consoleDoors.some((door) => specifier.startsWith(door))) return undefined;
  return `the console may import ${consolePackages.join(', ')}, not '${specifier}'`;
}

function coreProblem(from: string, path: string, site: ImportSite): string | undefined {
  const rule = rules[from];
  if (rule === undefined) return `core/src/${from} has no row in the import rules`;
  const name = from === '' ? 'core/src' : `${from}/`;
  const { specifier } = site;
  if (!specifier.startsWith('.')) {
    const allowed = (rule.packages ?? []).some(
      (each) => each === specifier || (each === 'node:*' && specifier.startsWith('node:')),
    );
    return allowed ? undefined : `${name} may not import '${specifier}'`;
  }
  const target = posix.join(posix.dirname(path), specifier);
  const to = coreFolderOf(target);
  if (to === undefined) return `'${specifier}' leads out of core/src`;
  if (to === from || rule.folders.includes(to)) return undefined;
  if (rule.typesOf?.includes(to) === true) {
    return site.typeOnly ? undefined : `${name} may import only types of ${to}/`;
  }
  return `${name} may not import ${to === '' ? 'core/src' : `${to}/`}`;
}

/** Circles of imports that load code, each as the paths along it. */
export function findCircles(files: readonly SourceFile[]): readonly string[] {
  const targets = new Map<string, readonly string[]>();
  const known = new Set(files.map(({ path }) => path));
  for (const { path, text } of files) {
    const own = importsOf(text).filter((site) => !site.typeOnly && site.specifier.startsWith('.'));
    const resolve = (site: ImportSite) => {
      const target = posix.join(posix.dirname(path), site.specifier).replace(/\.js$/, '.ts');
      return known.has(`${target}x`) ? `${target}x` : target;
    };
    targets.set(path, own.map(resolve));
  }
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const seen = trail.indexOf(path);
    if (seen >= 0) {
      circles.push([...trail.slice(seen), path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return circles;
}
