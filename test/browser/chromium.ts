/** A headless Chromium, spoken to by its DevTools protocol. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--remote-debugging-port=0',
];
const START_LIMIT_MS = 30_000;

export interface Page {
  /**
   * Runs the body of an async function in the page and returns what it returns, which must be
   * something that JSON can hold.
   *
   * @throws with the page's own words when the body throws
   */
  run(body: string): Promise<unknown>;
}

export interface Chromium {
  readonly version: string;
  /** Opens a page and waits until its scripts have run. */
  open(url: string): Promise<Page>;
  close(): Promise<void>;
}

interface Reply {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** @param hosts names that the browser takes for 127.0.0.1 */
export async function startChromium(
  hosts: readonly string[] = [],
  program = process.env.CHROMIUM ?? 'chromium',
): Promise<Chromium> {
  const profile = await mkdtemp(join(tmpdir(), 'vivarium-chromium-'));
  const rules = hosts.map((host) => `MAP ${host} 127.0.0.1`).join(',');
  const child = spawn(
    program,
    [...FLAGS, `--user-data-dir=${profile}`, `--host-resolver-rules=${rules}`, 'about:blank'],
    { stdio: 'ignore' },
  );
  let failure: Error | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      failure = error;
      resolve();
    });
  });
  const end = async () => {
    child.kill('SIGTERM');
    const forced = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(forced);
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const address = await debuggerOf(profile, () => failure ?? gone(child.exitCode));
    const devTools = await DevTools.connect(address);
    const { product } = await devTools.ask('Browser.getVersion', {});
    return {
      version: String(product),
      open: (url) => openPage(devTools, url),
      close: async () => {
        devTools.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function gone(exitCode: number | null): Error | undefined {
  return exitCode === null ? undefined : new Error(`Chromium ended with code ${exitCode}`);
}

/** Where the browser listens, which it writes into its profile once it does. */
async function debuggerOf(profile: string, failed: () => Error | undefined): Promise<string> {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const failure = failed();
    if (failure !== undefined) throw failure;
    const text = await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '');
    const [port, path] = text.split('\n');
    if (path !== undefined) return `ws://127.0.0.1:${port}${path}`;
    if (performance.now() > deadline) throw new Error('Chromium did not start in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function openPage(devTools: DevTools, url: string): Promise<Page> {
  const { targetId } = await devTools.ask('Target.createTarget', { url });
  const { sessionId } = await devTools.ask('Target.attachToTarget', { targetId, flatten: true });
  const run = async (body: string): Promise<unknown> => {
    const { result, exceptionDetails } = await devTools.ask(
      'Runtime.evaluate',
      { expression: `(async () => { ${body} })()`, awaitPromise: true, returnByValue: true },
      String(sessionId),
    );
    if (exceptionDetails !== undefined) {
      const { exception, text } = exceptionDetails as {
        exception?: { description?: string };
        text: string;
      };
      throw new Error(exception?.description ?? text);
    }
    return (result as { value?: unknown }).value;
  };
  const page = { run };
  const deadline = performance.now() + START_LIMIT_MS;
  while (
    (await run("return document.readyState === 'complete' && 'core' in globalThis")) !== true
  ) {
    if (performance.now() > deadline) throw new Error(`${url} did not load in time`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return page;
}

class DevTools {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #asked = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const reply = JSON.parse(String(data)) as Reply;
      if (reply.id === undefined) return;
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
    socket.on('close', () => {
      const error = { message: 'Chromium has gone' };
      for (const tell of this.#waiting.values()) tell({ error });
    });
  }

  static connect(address: string): Promise<DevTools> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(address, { perMessageDeflate: false });
      socket.once('open', () => resolve(new DevTools(socket)));
      socket.once('error', reject);
    });
  }

  ask(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }

  close(): void {
    this.#socket.close();
  }
}
