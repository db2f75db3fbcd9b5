/** Memory that is really in use: asked for after a forced collection. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { residentBytes } from './cpu.js';
import type { Subject } from './subjects.js';

const run = promisify(execFile);

export interface MemoryUse {
  /**
   * Live objects on the JVM's heap, as a histogram of their classes adds them up: the heap's own
   * figure counts free space in regions that are in use, which is more than what is looked for
   * here. Of Node the heap and all that lies outside it, array buffers once.
   */
  readonly liveBytes: number;
  /** As `liveBytes`, but Node's array buffers counted twice: heapUsed + external + arrayBuffers. */
  readonly strictBytes: number;
  readonly residentBytes: number;
}

/** Node's options that let `memoryOf` ask. */
export const inspectable = (port: number): readonly string[] => [
  '--expose-gc',
  `--inspect=127.0.0.1:${port}`,
];

/** Forces a collection, then asks. `inspectPort` is for Vivarium only. */
export async function memoryOf(subject: Subject, inspectPort: number): Promise<MemoryUse> {
  if (subject.name === 'apache') {
    const pid = String(subject.pid);
    await run('jcmd', [pid, 'GC.run']);
    const { stdout } = await run('jcmd', [pid, 'GC.class_histogram'], { maxBuffer: 1 << 26 });
    const found = /^Total\s+\d+\s+(\d+)\s*$/m.exec(stdout);
    if (found === null)
      throw new Error(`jcmd does not tell what is live:\n${stdout.slice(0, 500)}`);
    const liveBytes = Number(found[1]);
    return { liveBytes, strictBytes: liveBytes, residentBytes: residentBytes(subject.pid) };
  }
  const text = await evaluate(
    inspectPort,
    '(async () => { for (let i = 0; i < 4; i++) { gc(); await new Promise((r) => setTimeout(r, 50)); }' +
      ' return JSON.stringify(process.memoryUsage()); })()',
  );
  const { heapUsed, external, arrayBuffers } = JSON.parse(text) as NodeJS.MemoryUsage;
  return {
    liveBytes: heapUsed + external,
    strictBytes: heapUsed + external + arrayBuffers,
    residentBytes: residentBytes(subject.pid),
  };
}

/**
 * Evaluates an expression in a Node process that was started `inspectable`; promises are awaited.
 */
export async function evaluate(inspectPort: number, expression: string): Promise<string> {
  const list = await fetch(`http://127.0.0.1:${inspectPort}/json/list`);
  const [target] = (await list.json()) as { readonly webSocketDebuggerUrl: string }[];
  if (target === undefined) throw new Error('the inspected process names no target');
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  try {
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    const answer = new Promise<string>((resolve, reject) => {
      socket.once('error', reject);
      socket.on('message', (data) => resolve(String(data)));
    });
    const params = { expression, awaitPromise: true, returnByValue: true };
    socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params }));
    const { result } = JSON.parse(await answer) as {
      readonly result?: {
        readonly result: { readonly value?: unknown };
        readonly exceptionDetails?: unknown;
      };
    };
    if (result === undefined || result.exceptionDetails !== undefined) {
      throw new Error(`the inspected process cannot evaluate: ${await answer}`);
    }
    return String(result.result.value);
  } finally {
    socket.close();
  }
}
