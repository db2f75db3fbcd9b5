import type { PeerCommand } from '../seam/inputs.js';
import type { BackupPoint } from './backup-commands.js';
import { adminCommands, runCommand } from './commands.js';
import { type AdminContext, clientsView } from './facts.js';
import type { PastQuestion } from './past.js';
import { PROMETHEUS_TYPE, renderPrometheus } from './prometheus.js';
import { type AdminObject, renderJson } from './values.js';

/** One HTTP request, as far as it matters here. Host and Origin are checked before. */
export interface HttpQuestion {
  /** Upper case. */
  readonly method: string;
  /** Path and query as they stand in the request line, still percent-encoded. */
  readonly target: string;
  /** Name of the administrator who asks, whose password was right. */
  readonly identity?: string;
}

/** Status, type and body of the answer. A HEAD request gets all but the body from the host. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** The `Allow` header of a 405. */
  readonly allow?: string;
  /** The `WWW-Authenticate` header of a 401. */
  readonly challenge?: string;
  /** To hand to the server. */
  readonly command?: PeerCommand;
  /** To keep and to report as `ProcessFacts.traceMask` from now on. */
  readonly traceMask?: bigint;
  /** To be streamed in place of the body, as a snapshot. */
  readonly backup?: BackupPoint;
  /** To be answered from the files, in place of the body. */
  readonly past?: PastQuestion;
}

/** How a 401 says what is asked for. */
export const CHALLENGE = 'Basic realm="Vivarium", charset="UTF-8"';

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';
const HTML_TYPE = 'text/html; charset=utf-8';

/**
 * Answers HTTP: `/health` (the process lives), `/ready` (it serves), `/commands/<name>`
 * (ZooKeeper's admin commands, where enabled), `/metrics` (Prometheus, where enabled). GET changes
 * nothing.
 */
export function answerHttp(question: HttpQuestion, context: AdminContext): HttpAnswer {
  const { path, query } = splitTarget(question.target);
  const [, area, name, ...rest] = path.split('/');
  if (area === 'commands' && rest.length === 0) {
    if (!context.config.commandsEnabled) return disabled('/commands', 'vivarium.commands');
    return answerCommands(question, name ?? '', query, context);
  }
  const page = name === undefined ? pages[path] : undefined;
  if (page === undefined) {
    return text(
      404,
      `There is nothing at ${path}. See / (the console), ${Object.keys(pages).join(', ')}, /commands.\n`,
    );
  }
  if (question.method !== 'GET' && question.method !== 'HEAD') return notAllowed('GET, HEAD');
  return page(context);
}

const pages: Readonly<Record<string, (context: AdminContext) => HttpAnswer>> = {
  '/health': () => json(200, { status: 'ok' }),
  '/ready': (context) => {
    const view = clientsView(context);
    if (view === undefined) return json(503, { status: 'not serving' });
    return json(200, { status: view.mode === 'read-only' ? 'serving reads only' : 'serving' });
  },
  '/metrics': (context) =>
    context.config.metricsEnabled
      ? { status: 200, contentType: PROMETHEUS_TYPE, body: renderPrometheus(context) }
      : disabled('/metrics', 'vivarium.metrics'),
};

function answerCommands(
  { method, identity }: HttpQuestion,
  name: string,
  query: ReadonlyMap<string, string>,
  context: AdminContext,
): HttpAnswer {
  const asked = method === 'HEAD' ? 'GET' : method;
  if (asked !== 'GET' && asked !== 'POST') return notAllowed('GET, HEAD, POST');
  if (name === '') return asked === 'GET' ? commandIndex() : notAllowed('GET, HEAD');
  const { status, body, ...orders } = runCommand(name, asked, query, context, identity);
  const allow = status === 405 ? { allow: asked === 'GET' ? 'POST' : 'GET, HEAD' } : {};
  const challenge = status === 401 ? { challenge: CHALLENGE } : {};
  return { ...json(status, body), ...allow, ...challenge, ...orders };
}

/** A page with a link for each command that may be asked with GET. */
function commandIndex(): HttpAnswer {
  const names = adminCommands.filter(({ method }) => method === 'GET').map(({ name }) => name);
  const links = names.map((name) => `<a href="/commands/${name}">${name}</a>\n<br/>\n`);
  return { status: 200, contentType: HTML_TYPE, body: links.join('') };
}

function disabled(path: string, key: string): HttpAnswer {
  return text(403, `${path} is off on this address; ${key}=true in the config turns it on.\n`);
}

function notAllowed(allow: string): HttpAnswer {
  return { ...text(405, `Allowed here: ${allow}.\n`), allow };
}

function json(status: number, body: AdminObject): HttpAnswer {
  return { status, contentType: JSON_TYPE, body: renderJson(body) };
}

function text(status: number, body: string): HttpAnswer {
  return { status, contentType: TEXT_TYPE, body };
}

/** Path and query of a request target; of a repeated parameter the first counts. */
function splitTarget(target: string): {
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
} {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = new Map<string, string>();
  for (const pair of mark < 0 ? [] : target.slice(mark + 1).split('&')) {
    const equals = pair.indexOf('=');
    const key = decoded(equals < 0 ? pair : pair.slice(0, equals));
    if (!query.has(key)) query.set(key, equals < 0 ? '' : decoded(pair.slice(equals + 1)));
  }
  return { path: decoded(path), query };
}

/** The text without its percent-encoding; as it is when that is not valid. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
