/** Runs test files, each in a process of its own, and believes only what adds up. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPORT_VARIABLE, type TestRecord } from './report.js';

/** How one file went. */
export interface FileResult {
  readonly path: string;
  readonly passed: number;
  readonly failed: number;
  readonly ms: number;
  /** Why the file is not green, one sentence each; none when it is. */
  readonly problems: readonly string[];
  /** All it wrote to its two outputs, cut to the last megabyte. */
  readonly output: string;
}

const OUTPUT_KEPT_CHARS = 1 << 20;
const running = new Set<number>();

/**
 * Every `*.test.js` under `root`, the folder of built tests, sorted, without those in folders named
 * `fixtures`. One whose source has gone from the folder above is a left-over of an earlier build.
 */
export function findTests(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.js') && !path.split('/').includes('fixtures'))
    .filter((path) => existsSync(join(root, '..', path.replace(/\.js$/, '.ts'))))
    .sort();
}

/** Ends every file that is running, for use when the runner itself is told to stop. */
export function killRunning(): void {
  for (const pid of running) killGroup(pid);
}

/**
 * Runs one file with a limit, then judges it: it is green only if it declared tests, ran every one
 * of them to its end, none failed, it ended by itself with code 0, and it left nothing running.
 */
export async function runFile(
  path: string,
  limitMs: number,
  args: readonly string[] = [],
): Promise<FileResult> {
  const folder = mkdtempSync(join(tmpdir(), 'vivarium-test-'));
  const reportPath = join(folder, 'report');
  const began = performance.now();
  try {
    const ended = await runProcess([path, ...args], reportPath, limitMs);
    const records = readRecords(reportPath);
    const ms = Math.round(performance.now() - began);
    return { path, ms, output: ended.output, ...judge(records, ended) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly late: boolean;
  readonly leftProcesses: boolean;
  readonly output: string;
  readonly limitMs: number;
}

function runProcess(words: readonly string[], reportPath: string, limitMs: number): Promise<Ended> {
  return new Promise((resolve) => {
    // Its own process group, so that what it leaves behind can be found and ended with it.
    const child = spawn(process.execPath, words, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, [REPORT_VARIABLE]: reportPath, FORCE_COLOR: '0' },
    });
    const pid = child.pid;
    let output = '';
    let late = false;
    const collect = (bytes: string) => {
      output = (output + bytes).slice(-OUTPUT_KEPT_CHARS);
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const timer = setTimeout(() => {
      late = true;
      if (pid !== undefined) killGroup(pid);
    }, limitMs);
    let leftProcesses = false;
    child.on('error', (error) => collect(`could not be started: ${error.message}\n`));
    child.on('exit', () => {
      // A process left behind would keep the pipes open and 'close' waiting.
      if (pid !== undefined) leftProcesses = killGroup(pid) && !late;
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (pid !== undefined) running.delete(pid);
      resolve({ code, signal, late, leftProcesses, output, limitMs });
    });
    if (pid !== undefined) running.add(pid);
  });
}

/** Ends a process group; false when nothing of it was alive. */
function killGroup(pid: number): boolean {
  try {
    process.kill(-pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

function readRecords(reportPath: string): readonly TestRecord[] {
  let text = '';
  try {
    text = readFileSync(reportPath, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as TestRecord);
}

function judge(
  records: readonly TestRecord[],
  ended: Ended,
): Pick<FileResult, 'passed' | 'failed' | 'problems'> {
  let declared = 0;
  let passed = 0;
  let failed = 0;
  let end = false;
  let left = false;
  const problems: string[] = [];
  const unfinished = new Map<string, string>();
  for (const record of records) {
    if (record.type === 'declared') declared += record.tests;
    else if (record.type === 'start') unfinished.set(record.suite, record.name);
    else if (record.type === 'end') end = true;
    else if (record.type === 'left') {
      left = true;
      problems.push(`something was left open: ${record.left.join('; ')}`);
    } else {
      unfinished.delete(record.suite);
      if (record.errors.length === 0) passed += 1;
      else {
        failed += 1;
        const told = record.errors.join('\n');
        const brief = ended.output.includes(record.name) ? told.split('\n')[0] : told;
        problems.push(`failed: ${record.suite} › ${record.name}: ${brief}`);
      }
    }
  }
  for (const [suiteTitle, name] of unfinished) {
    problems.push(`never ended: ${suiteTitle} › ${name}`);
  }
  if (declared === 0) problems.push('declared no test through test/support/suite.ts');
  else if (passed + failed !== declared) {
    problems.push(`ran ${passed + failed} of ${declared} tests`);
  }
  if (ended.late) problems.push(`was killed after its limit of ${ended.limitMs} ms`);
  else if (ended.signal !== null) problems.push(`was ended by ${ended.signal}`);
  else if (ended.code !== 0 && failed === 0 && !left) {
    problems.push(`ended with exit code ${ended.code}`);
  }
  if (ended.leftProcesses) problems.push('left a process running');
  if (!end && !ended.late && declared > 0) problems.push('did not report its own end');
  return { passed, failed: Math.max(failed, problems.length > 0 ? 1 : 0), problems };
}
