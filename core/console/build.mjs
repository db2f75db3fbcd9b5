/**
 * Bundles the web console into static files under `core/dist/console`: one page, and assets whose
 * names carry a hash of what is in them, each with a compressed copy beside it. The same sources
 * give the same bytes. `npm run build` calls it, so that whoever installs the package builds
 * nothing.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const target = fileURLToPath(new URL('../dist/console/', import.meta.url));

const { outputFiles } = await build({
  absWorkingDir: here,
  entryPoints: { console: 'main.tsx', icon: 'icon.svg' },
  outdir: target,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  legalComments: 'eof',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.svg': 'copy' },
  write: false,
  logLevel: 'warning',
});

const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
const page = await readFile(join(here, 'index.html'), 'utf8');
const named = page.replace(/%(\w+)\.(\w+)%/g, (_, name, ending) => {
  const found = [...files.keys()].find((file) => {
    return file.startsWith(`${name}-`) && file.endsWith(`.${ending}`);
  });
  if (found === undefined) throw new Error(`index.html wants ${name}.${ending}, which is not made`);
  return `/console/${found}`;
});
files.set('index.html', new TextEncoder().encode(named));
for (const [name, contents] of [...files]) {
  files.set(`${name}.gz`, gzipSync(contents, { level: 9 }));
}

await mkdir(target, { recursive: true });
const old = (await readdir(target)).filter((name) => !files.has(name));
for (const [name, contents] of files) {
  const path = join(target, name);
  // What is there already stays: a build that changes nothing touches nothing.
  const before = await readFile(path).catch(() => undefined);
  if (before === undefined || !before.equals(contents)) await writeFile(path, contents);
}
for (const name of old) await rm(join(target, name), { recursive: true });
