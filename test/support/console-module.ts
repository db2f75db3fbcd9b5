/** Parts of the web console that need no page, as a test in Node can call them. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SOURCES = fileURLToPath(new URL('../../../core/console/', import.meta.url));

/**
 * Loads one module of `core/console`, bundled with what it imports.
 *
 * @param path below `core/console`, with its ending
 */
export async function consoleModule<T>(path: string): Promise<T> {
  const { outputFiles } = await build({
    entryPoints: [`${SOURCES}${path}`],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  const code = Buffer.from(outputFiles[0]!.contents).toString('base64');
  return (await import(`data:text/javascript;base64,${code}`)) as T;
}
