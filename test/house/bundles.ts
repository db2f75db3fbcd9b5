/** What a page loads: the client in a browser's bundle, and what each recipe adds to it. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { top } from './repository.js';

/** A row of the README's table of recipes. */
export interface RecipeRow {
  /** The name of its page. */
  readonly name: string;
  readonly functions: readonly string[];
}

export interface Bundle {
  readonly minifiedBytes: number;
  readonly gzippedBytes: number;
  /** Files of the recipes that are in it: `lock/lock.js`. */
  readonly recipeFiles: readonly string[];
}

/** What a bundle of some public names takes: those of the client's package, and of the recipes'. */
export async function bundleOf(ofClient: string, ofRecipes: string): Promise<Bundle> {
  const lines = [`export ${ofClient} from '@vivarium/core';`];
  if (ofRecipes !== '') lines.push(`export ${ofRecipes} from '@vivarium/recipes';`);
  const result = await build({
    stdin: { contents: lines.join('\n'), resolveDir: top, loader: 'js' },
    ...{ bundle: true, minify: true, format: 'esm', platform: 'browser' },
    ...{ write: false, metafile: true, logLevel: 'silent' },
  });
  const script = result.outputFiles![0]!.contents;
  const [output] = Object.values(result.metafile!.outputs);
  const used = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const recipeFiles = used.flatMap(
    ([path]) => /(?:^|\/)recipes\/dist\/(.+)$/.exec(path)?.[1] ?? [],
  );
  return {
    minifiedBytes: script.length,
    gzippedBytes: gzipSync(script, { level: 9 }).length,
    recipeFiles: recipeFiles.sort(),
  };
}

/** The rows of a README's table of recipes. */
export function recipeRows(readme: string): readonly RecipeRow[] {
  const rows: RecipeRow[] = [];
  for (const [, names, name] of readme.matchAll(/^\|[^|]+\| (`[^|]+) \| \[([^\]]+)\]\(/gm)) {
    const functions = [...names!.matchAll(/`([^`]+)`/g)].map((one) => one[1]!);
    // What is the client's own comes with it.
    if (functions.every((each) => !each.startsWith('zk.'))) rows.push({ name: name!, functions });
  }
  return rows;
}

/** A row of the table of sizes, in bytes. */
export type SizeRow = readonly [what: string, minified: number, gzipped: number];

const HEAD = '| A page loads | Minified, kB | Gzipped, kB |\n| --- | --- | --- |\n';

/** The table of sizes as it stands in a README. */
export function sizeTable(rows: readonly SizeRow[]): string {
  const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1);
  const lines = rows.map(([what, minified, gzipped]) => {
    return `| ${what} | ${kilobytes(minified)} | ${kilobytes(gzipped)} |\n`;
  });
  return HEAD + lines.join('');
}

/** Where a README has its table of sizes, and the table. @throws when it has none */
export function findSizeTable(readme: string): { readonly at: number; readonly text: string } {
  const at = readme.indexOf(HEAD);
  if (at === -1) throw new Error('README.md has no table of sizes');
  return { at, text: /^(?:\|.*\n)+/.exec(readme.slice(at))![0] };
}

/** The rows that a table tells, in kilobytes. */
export function readSizeTable(text: string): readonly SizeRow[] {
  return [...text.matchAll(/^\| (.+) \| ([\d.]+) \| ([\d.]+) \|$/gm)].map(
    ([, what, minified, gzipped]) => [what!, Number(minified), Number(gzipped)],
  );
}

/** Whether what a table tells, in kilobytes, is what was measured, in bytes, or nearly so. */
export function isNearly(told: number, bytes: number): boolean {
  const kilobytes = bytes / 1000;
  return Math.abs(told - kilobytes) <= Math.max(0.11, kilobytes * 0.02);
}
