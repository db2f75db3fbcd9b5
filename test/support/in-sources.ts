import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

const maps = new Map<string, SourceMap | undefined>();

/**
 * An error whose stack tells of the sources, not of what was built of them. Node does that by
 * itself with `--enable-source-maps`, and then reads the maps of all that is loaded: a fifth of the
 * time of all tests, for the sake of those that fail.
 */
export function inSources(error: Error): Error {
  const { stack } = error;
  if (stack !== undefined) error.stack = stack.replace(/(file:\/\/\S+?\.js):(\d+):(\d+)/g, placeOf);
  return error;
}

function placeOf(known: string, url: string, line: string, column: string): string {
  const entry = mapOf(url)?.findEntry(Number(line) - 1, Number(column) - 1);
  if (entry === undefined || !('originalSource' in entry)) return known;
  const source = fileURLToPath(new URL(entry.originalSource, url));
  return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

function mapOf(url: string): SourceMap | undefined {
  if (!maps.has(url)) maps.set(url, readMap(url));
  return maps.get(url);
}

function readMap(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8')));
  } catch {
    return undefined; // built without one: then its own places have to do
  }
}
