/** Parts of the web console that need no page, as a test in Node can call them. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('../../../core/console/', import.meta.url));
const ESBUILD = createRequire(import.meta.url).resolve('esbuild/bin/esbuild');

/**
 * Loads one module of `core/console`, bundled with what it imports, by a process that has ended
 * when the bundle is there.
 *
 * @param path below `core/console`, with its ending
 */
export async function consoleModule<T>(path: string): Promise<T> {
  const words = ['--bundle', '--format=esm', '--platform=browser', '--log-level=error'];
  const bundle = execFileSync(ESBUILD, [`${SOURCES}${path}`, ...words]);
  return (await import(`data:text/javascript;base64,${bundle.toString('base64')}`)) as T;
}
