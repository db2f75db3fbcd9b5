import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { AdminContext } from '../admin/facts.js';
import { answerHttp, CHALLENGE, type HttpAnswer, type HttpQuestion } from '../admin/http.js';
import type { PastQuestion } from '../admin/past.js';
import { hexLong } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { AdminDesk } from './admin-desk.js';
import { Administrators, type Login } from './administrators.js';
import { type ConsoleAnswer, ConsoleFiles } from './console-files.js';
import { HttpBackup } from './http-backup.js';
import { usualHeaders } from './http-headers.js';
import type { Log } from './logger.js';
import { originProblem } from './origin-policy.js';
import { HttpPast } from './past/http-past.js';
import { orderOfPast } from './past/past-order.js';
import type { ClientStream, StreamEvents } from './stream.js';
import { endGently } from './tcp-stream.js';
import { version } from './version.js';
import { WebSocketStream } from './websocket-stream.js';

export interface HttpConsoleParts {
  readonly config: Config;
  readonly desk: AdminDesk;
  readonly log: Log;
  /** Takes a WebSocket as a client's connection. */
  readonly attach: (socket: Socket, open: (events: StreamEvents) => ClientStream) => void;
}

/**
 * Longest WebSocket message. Messages are no frames: one may carry many of them, or a piece of one.
 */
const MESSAGE_MAX_BYTES = 4 * 1_048_576;

/**
 * HTTP on the port of the clients: pages for people and machines, and the way to a WebSocket. It
 * listens to nothing itself; sockets that turn out to speak HTTP are handed to it.
 *
 * A connection carries one request. Who asks for a page can ask again, and nobody can hold a
 * connection by sending the next request slowly.
 */
export class HttpConsole {
  readonly #parts: HttpConsoleParts;
  readonly #http: Server;
  readonly #webSockets: WebSocketServer;
  readonly #administrators: Administrators;
  readonly #console: ConsoleFiles;
  readonly #backup: HttpBackup;
  readonly #past: HttpPast;
  /** Sockets that have not come to their request, and what ends them then. */
  readonly #waiting = new Map<Duplex, NodeJS.Timeout>();

  constructor(parts: HttpConsoleParts) {
    this.#parts = parts;
    this.#administrators = new Administrators(parts.config.administrators);
    this.#console = new ConsoleFiles(() => ({
      kind: 'server',
      servers: [`${parts.config.clientPortAddress ?? '0.0.0.0'}:${parts.desk.facts.clientPort}`],
      version,
    }));
    this.#backup = new HttpBackup({ ...parts, facts: parts.desk.facts });
    this.#past = new HttpPast({ config: parts.config, facts: parts.desk.facts });
    this.#http = createServer({ maxHeaderSize: 16_384 });
    this.#http.on('request', (request, response) => void this.#answer(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#webSockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: Math.max(MESSAGE_MAX_BYTES, parts.config.juteMaxBuffer + 4),
    });
  }

  /** Takes over a socket whose first bytes are HTTP; `bytes` are all that came so far. */
  take(socket: Socket, bytes: Uint8Array): void {
    const { handshakeTimeoutMs, httpIdleTimeoutMs } = this.#parts.config;
    this.#waiting.set(
      socket,
      setTimeout(() => socket.destroy(), handshakeTimeoutMs),
    );
    socket.on('close', () => void this.#arrived(socket));
    socket.setTimeout(httpIdleTimeoutMs, () => socket.destroy());
    socket.unshift(bytes);
    this.#http.emit('connection', socket);
    socket.resume();
  }

  /** Cuts the sockets that have not come to their request. */
  close(): void {
    for (const socket of this.#waiting.keys()) socket.destroy();
    this.#past.close();
  }

  /** The request of a socket has come. @returns false when another had come before */
  #arrived(socket: Duplex): boolean {
    clearTimeout(this.#waiting.get(socket));
    return this.#waiting.delete(socket);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Hundreds fit into one packet, and nobody would get their answers.
    if (!this.#arrived(request.socket)) return;
    const problem = this.#problemOf(request);
    if (problem !== undefined) {
      send(response, { status: 403, contentType: TEXT, body: `${problem}\n` });
      return;
    }
    const { desk } = this.#parts;
    const asked = { method: request.method ?? 'GET', target: request.url ?? '/' };
    try {
      if (ConsoleFiles.isAt(asked.target)) {
        this.#answerConsole(asked.method, asked.target, request, response);
        return;
      }
      const login = await this.#loginOf(request);
      if (login !== undefined && login.result !== 'known') {
        send(response, refusals[login.result]);
        return;
      }
      const question = { ...asked, ...(login !== undefined && { identity: login.name }) };
      const answer = desk.perform((context: AdminContext) => answerHttp(question, context));
      this.#noteOrder(request, question, answer);
      if (answer.backup !== undefined) await this.#backup.send(answer.backup, response);
      else if (answer.past !== undefined) await this.#sendPast(question, answer.past, response);
      else send(response, answer);
    } catch (error) {
      this.#parts.log({
        level: 'error',
        event: 'http.failed',
        message: `${asked.method} ${asked.target} could not be answered: ${String(error)}`,
      });
      send(response, { status: 500, contentType: TEXT, body: 'This could not be answered.\n' });
    }
  }

  async #sendPast(
    { identity, target }: HttpQuestion,
    question: PastQuestion,
    response: ServerResponse,
  ): Promise<void> {
    const command = /^\/commands\/(\w+)/.exec(target)?.[1] ?? question.type;
    const isAdministrator = identity !== undefined;
    const { view } = this.#parts.desk;
    if (view === undefined) throw new Error('the server has ended');
    await this.#past.send({ command, question, isAdministrator, view }, response);
  }

  /** Who asks, if they say so: whoever says it wrong gets nothing, even what all may have. */
  async #loginOf(request: IncomingMessage): Promise<Login | undefined> {
    const { authorization } = request.headers;
    if (authorization === undefined) return undefined;
    const login = await this.#administrators.login(authorization);
    if (login.result !== 'known') {
      this.#parts.log({
        level: 'warn',
        event: 'http.login-refused',
        message:
          `an administrator's name or password from ${request.socket.remoteAddress} was ` +
          (login.result === 'wrong' ? 'wrong' : 'not looked at: too many came at once'),
      });
    }
    return login;
  }

  /** What an administrator changes or takes away is said in the logs, with who it was. */
  #noteOrder(request: IncomingMessage, question: HttpQuestion, answer: HttpAnswer): void {
    const order = orderOf(answer) ?? orderOfPast(answer.past, question.identity);
    if (order === undefined) return;
    const { remoteAddress: address } = request.socket;
    const user = question.identity ?? 'anonymous';
    this.#parts.log({
      level: 'info',
      event: 'admin.order',
      message: `${user} from ${address} has ordered: ${order}`,
      fields: { user, address, order },
    });
    this.#parts.desk.audit?.write({
      operation: 'adminOrder',
      result: 'invoked',
      users: [user],
      address,
      order,
    });
  }

  #answerConsole(
    method: string,
    target: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    if (this.#parts.config.consoleEnabled) {
      sendConsole(response, this.#console.answer(method, target, request.headers));
      return;
    }
    const body =
      'The console is off on this address; vivarium.console=true in the config turns it on. ' +
      'See /health, /ready, /metrics, /commands.\n';
    send(response, { status: 403, contentType: TEXT, body });
  }

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const socket = duplex as Socket;
    if (!this.#arrived(socket)) {
      socket.destroy();
      return;
    }
    socket.setTimeout(0);
    socket.on('error', () => socket.destroy());
    const { config } = this.#parts;
    const problem = config.webSocketEnabled
      ? this.#problemOf(request)
      : 'WebSocket is off on this address; vivarium.webSocket=true in the config turns it on.';
    if (problem !== undefined) {
      refuse(socket, `${problem}\n`);
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', (error) => {
        this.#parts.log({
          level: 'warn',
          event: 'connection.malformed',
          message: `a WebSocket from ${socket.remoteAddress} is closed: ${error.message}`,
        });
      });
      this.#parts.attach(socket, (events) => new WebSocketStream(webSocket, socket, events));
    });
  }

  #problemOf(request: IncomingMessage): string | undefined {
    const { host, origin } = request.headers;
    const problem = originProblem({ host, origin }, this.#parts.config);
    if (problem !== undefined) {
      const { remoteAddress } = request.socket;
      this.#parts.log({
        level: 'warn',
        event: 'http.refused',
        message: `a request from ${remoteAddress} was refused: ${problem}`,
      });
    }
    return problem;
  }
}

/** What an answer orders, as the log says it; nothing for those that only tell. */
function orderOf({ command, traceMask, backup }: HttpAnswer): string | undefined {
  if (backup !== undefined) return `snapshot ${hexLong(backup.zxid)}`;
  if (traceMask !== undefined) return `trace mask ${traceMask}`;
  if (command?.name === 'close-session') return `close-session ${hexLong(command.session)}`;
  return command?.name;
}

const TEXT = 'text/plain; charset=utf-8';

/** What is said to those who could not be let in. */
const refusals: Readonly<Record<'wrong' | 'busy', HttpAnswer>> = {
  wrong: {
    status: 401,
    contentType: TEXT,
    body: 'No administrator of this server has that name and password.\n',
    challenge: CHALLENGE,
  },
  busy: {
    status: 429,
    contentType: TEXT,
    body: 'Too many passwords wait to be checked. Try again in a few seconds.\n',
  },
};

/** Sends what belongs to the console, whose own headers go before the usual ones. */
export function sendConsole(response: ServerResponse, answer: ConsoleAnswer): void {
  const length = answer.status === 304 ? {} : { 'Content-Length': Buffer.byteLength(answer.body) };
  response.writeHead(answer.status, { ...usualHeaders, ...answer.headers, ...length });
  response.end(answer.body);
}

function send(response: ServerResponse, answer: HttpAnswer): void {
  const { status, contentType, body, allow, challenge } = answer;
  response.writeHead(status, {
    ...usualHeaders,
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    ...(allow === undefined ? {} : { Allow: allow }),
    ...(challenge === undefined ? {} : { 'WWW-Authenticate': challenge }),
  });
  response.end(body);
}

/** A 403 on a socket that has no response object any more. */
function refuse(socket: Socket, body: string): void {
  endGently(
    socket,
    `HTTP/1.1 403 Forbidden\r\nContent-Type: ${TEXT}\r\nContent-Length: ` +
      `${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
