/** One request over HTTP, on a connection of its own. */
import { type IncomingHttpHeaders, request } from 'node:http';

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answered {
  readonly status: number;
  readonly bytes: Buffer;
  /** The bytes as text. */
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** Asks a server of this machine. */
export function httpAsk(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: Asked = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path, method, headers, agent: false });
    asked.on('error', reject);
    asked.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const { statusCode: status = 0, headers: told } = response;
        const bytes = Buffer.concat(parts);
        resolve({ status, bytes, body: bytes.toString(), headers: told });
      });
    });
    asked.end();
  });
}

/** The header by which one says who one is. */
export function basic(name: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
}
