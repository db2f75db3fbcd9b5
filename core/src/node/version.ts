import { readFileSync, statSync } from 'node:fs';

const manifest = new URL('../../package.json', import.meta.url);

/** Version of the package this file belongs to. */
export const version: string = readVersion();

/** When it was built, such as `2026-11-24 15:00 UTC`. */
export function builtAt(): string {
  const time = statSync(new URL(import.meta.url)).mtime.toISOString();
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}

function readVersion(): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version;
}
