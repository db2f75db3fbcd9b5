import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Zxid } from '../../../base/ids.js';
import { exitCodes, StartError, systemCode } from '../../start-error.js';

/** Whose snapshot is asked for, and by whom. */
export interface SnapshotQuestion {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface FetchedSnapshot {
  readonly zxid: Zxid;
  readonly size: number;
}

/** A server may read long before it answers; after this silence it is given up. */
const SILENCE_MS = 600_000;
/** Errors are short. */
const LONGEST_REFUSAL = 65_536;

/**
 * Asks a server for a snapshot and hands its bytes on as they come.
 *
 * @param take is waited for
 * @throws StartError saying what the server said, or where its answer ended
 */
export async function fetchSnapshot(
  question: SnapshotQuestion,
  signal: AbortSignal,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<FetchedSnapshot> {
  const { host, port } = question;
  const server = `${host}:${port}`;
  let response: IncomingMessage;
  try {
    response = await ask(question, signal);
  } catch (error) {
    signal.throwIfAborted();
    const why = systemCode(error) === 'ECONNREFUSED' ? 'nobody listens there' : messageOf(error);
    throw failed(server, `${why}. Check host and port (the port of the clients).`);
  }
  if (response.statusCode !== 200 || response.headers.last_zxid === undefined) {
    throw failed(server, await refusalOf(response));
  }
  const size = Number(response.headers.snapshot_size);
  const zxid = BigInt(String(response.headers.last_zxid));
  let taken = 0;
  try {
    for await (const bytes of response as AsyncIterable<Uint8Array>) {
      await take(bytes);
      taken += bytes.length;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StartError) throw error;
    throw cutOff(server, taken, size);
  }
  if (taken !== size) throw cutOff(server, taken, size);
  return { zxid, size };
}

async function ask(
  { host, port, user, password }: SnapshotQuestion,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const asked = request({
    host,
    port,
    method: 'POST',
    path: '/commands/snapshot?streaming=true',
    auth: `${user}:${password}`,
    // A server tells browsers by its names; who is none may use the one that every server has.
    headers: { Host: `localhost:${port}` },
    agent: false,
    signal,
  });
  asked.setTimeout(SILENCE_MS, () => asked.destroy(new Error('it was silent for ten minutes')));
  const answered = once(asked, 'response');
  // What befalls it later is told by the response.
  asked.on('error', () => {});
  asked.end();
  const [response] = (await answered) as [IncomingMessage];
  return response;
}

/** What a server says that sends no snapshot. */
async function refusalOf(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const part of response.setEncoding('utf8') as AsyncIterable<string>) {
      text += part;
      if (text.length > LONGEST_REFUSAL) break;
    }
  } catch {
    // What has come of it is said.
  }
  return `the server answers ${response.statusCode}: ${errorIn(text).trim()}`;
}

function errorIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // It is a text.
  }
  return text;
}

function cutOff(server: string, taken: number, size: number): StartError {
  return failed(server, `the connection ended after ${taken} of ${size} bytes. Try again.`);
}

function failed(server: string, why: string): StartError {
  return new StartError(`There is no backup of ${server}: ${why}`, exitCodes.unexpected);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
