/** What Prometheus' own tool says of `/metrics`. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../server-process.js';
import { setScene } from './scene.js';

export interface MetricsCheck {
  readonly version: string;
  /** Metrics that were read. */
  readonly families: number;
  /** Lines about metrics that are not ZooKeeper's, or about the text as a whole. */
  readonly problems: readonly string[];
  /** What it says of the alarms under docs/deploy. */
  readonly rules: string;
  readonly rulesHold: boolean;
}

/** Metrics that Vivarium named itself, and those that every program has. */
const OWN = /^(vivarium_|process_)/;

const ALERTS = fileURLToPath(new URL('../../../../docs/deploy/alerts.yml', import.meta.url));

/** Exit code of promtool when it could read everything and has something to say of names. */
const LINT_ONLY = 3;

/** Lets promtool read the metrics of a server that has work to tell of. */
export async function checkMetrics(): Promise<MetricsCheck> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vivarium-promtool-'));
  const server = await startServer('vivarium', { dataDir });
  try {
    const leave = await setScene(server.port);
    const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    const text = await response.text();
    leave();
    const said = await promtool(['check', 'metrics'], text);
    const lines = said.text.split('\n').filter((line) => line !== '');
    const rules = await promtool(['check', 'rules', ALERTS]);
    const readable = said.code === 0 || said.code === LINT_ONLY;
    return {
      version: /version ([\d.]+)/.exec((await promtool(['--version'])).text)?.[1] ?? 'unknown',
      rules: rules.text.trim(),
      rulesHold: rules.code === 0,
      families: [...text.matchAll(/^# TYPE /gm)].length,
      problems: readable ? lines.filter((line) => OWN.test(line)) : lines,
    };
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Runs promtool with `input`. @throws when it is not there, with how to get it */
function promtool(
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('promtool', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
    }
    child.once('error', (cause) => {
      reject(new Error("promtool is missing: install Debian's package prometheus", { cause }));
    });
    child.once('close', (code) => resolve({ code: code ?? -1, text }));
    child.stdin.on('error', () => {}); // it may end without reading
    child.stdin.end(input);
  });
}
