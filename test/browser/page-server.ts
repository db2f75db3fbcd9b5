/** Serves the page of the browser proof, with the client bundled as a program would bundle it. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

export interface PageServer {
  readonly port: number;
  /** Size of the client as a page loads it, rxjs included. */
  readonly minifiedBytes: number;
  readonly gzippedBytes: number;
  close(): Promise<void>;
}

/** @param folder the sources of the page */
export async function servePage(folder: string): Promise<PageServer> {
  const bundle = await build({
    entryPoints: [join(folder, 'main.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  const script = bundle.outputFiles[0]!.contents;
  const html = await readFile(join(folder, 'index.html'));
  const server = createServer((request, response) => {
    const isScript = request.url === '/main.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    minifiedBytes: script.length,
    gzippedBytes: gzipSync(script, { level: 9 }).length,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
