import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { fileURLToPath } from 'node:url';
import { systemCode } from './start-error.js';

/** What a page has to know of whoever serves it: the answer of `/console/about`. */
export interface ConsoleAbout {
  /** A server of Vivarium, or a relay in front of servers of any kind. */
  readonly kind: 'server' | 'relay';
  /** Where the bytes of a WebSocket go. */
  readonly servers: readonly string[];
  /** Vivarium's version. */
  readonly version: string;
}

/** An answer with all its headers but those that every answer has. */
export interface ConsoleAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array | string;
}

interface File {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly gzipped: Uint8Array | undefined;
  readonly etag: string;
}

const AREA = '/console/';
const PAGE = 'index.html';

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/**
 * The page loads what this server has, and nothing else; it runs no script and takes no style that
 * stands in a document, and makes no HTML out of texts: browsers refuse to.
 */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

/** The built console: files that do not change while the program runs, read once and kept. */
export class ConsoleFiles {
  readonly #folder: string;
  readonly #about: () => ConsoleAbout;
  #files: ReadonlyMap<string, File> | undefined;

  /** @param folder where the build has put them; that of this package unless given */
  constructor(
    about: () => ConsoleAbout,
    folder = fileURLToPath(new URL('../console/', import.meta.url)),
  ) {
    this.#about = about;
    this.#folder = folder;
  }

  /** Whether a path, with its query, is the console's to answer. */
  static isAt(target: string): boolean {
    return pathOf(target) === '/' || target.startsWith(AREA);
  }

  /** Answers a request for a path for which {@link isAt} holds. */
  answer(method: string, target: string, headers: IncomingHttpHeaders): ConsoleAnswer {
    if (method !== 'GET' && method !== 'HEAD') {
      const answer = told(405, 'Allowed here: GET, HEAD.\n');
      return { ...answer, headers: { ...answer.headers, Allow: 'GET, HEAD' } };
    }
    const path = pathOf(target);
    if (path === `${AREA}about`) {
      const type = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
      return { status: 200, headers: type, body: JSON.stringify(this.#about()) };
    }
    const name = path === '/' ? PAGE : path.slice(AREA.length);
    this.#files ??= readFiles(this.#folder);
    const file = this.#files.get(name);
    if (file === undefined) {
      return this.#files.size === 0
        ? told(
            404,
            'The console was not built; `npm run build` does it. See /commands, /metrics.\n',
          )
        : told(404, `There is nothing at ${path}. The console is at /.\n`);
    }
    return answerFile(file, name === PAGE, headers);
  }
}

function answerFile(file: File, isPage: boolean, asked: IncomingHttpHeaders): ConsoleAnswer {
  const headers: OutgoingHttpHeaders = {
    'Content-Type': file.type,
    'Cache-Control': isPage ? 'no-cache' : 'public, max-age=31536000, immutable',
    ETag: file.etag,
    Vary: 'Accept-Encoding',
    ...(isPage && { 'Content-Security-Policy': PAGE_POLICY }),
  };
  const tags = (asked['if-none-match'] ?? '').split(',');
  // What has come through a proxy may be marked as weak.
  const known = tags.map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(file.etag) || known.includes('*')) return { status: 304, headers, body: '' };
  if (file.gzipped === undefined || !takesGzip(asked['accept-encoding'])) {
    return { status: 200, headers, body: file.bytes };
  }
  return { status: 200, headers: { ...headers, 'Content-Encoding': 'gzip' }, body: file.gzipped };
}

/** Whether `gzip` is among what a browser takes, and not with a weight of nothing. */
function takesGzip(accepted: string | string[] | undefined): boolean {
  const codings = String(accepted ?? '')
    .toLowerCase()
    .split(',');
  return codings.some((one) => {
    const [name, weight = 'q=1'] = one.split(';').map((part) => part.trim());
    return (name === 'gzip' || name === '*') && Number(weight.replace('q=', '')) > 0;
  });
}

function told(status: number, text: string): ConsoleAnswer {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };
  return { status, headers, body: text };
}

function pathOf(target: string): string {
  const mark = target.indexOf('?');
  return mark < 0 ? target : target.slice(0, mark);
}

/** Every file of a folder by its name; none when there is no folder. */
function readFiles(folder: string): ReadonlyMap<string, File> {
  const names = namesIn(folder);
  const files = new Map<string, File>();
  for (const name of names) {
    const type = types[name.slice(name.lastIndexOf('.') + 1)];
    if (type === undefined) continue;
    const bytes = readFileSync(`${folder}/${name}`);
    const gzipped = names.includes(`${name}.gz`) ? readFileSync(`${folder}/${name}.gz`) : undefined;
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    files.set(name, { type, bytes, gzipped, etag });
  }
  return files;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
