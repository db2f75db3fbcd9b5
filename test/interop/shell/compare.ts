/** Types the same lines into ZooKeeper's shell and into ours, each with a server of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { apacheJars, endWithThisProcess } from '../apache.js';
import { PROGRAM } from '../vivarium.js';
import { lines, meant, readTranscript, singles } from './lines.js';

/** How to start a shell. */
export interface Shell {
  readonly name: string;
  readonly command: string;
  readonly words: readonly string[];
}

const LIMIT_MS = 240_000;

/** ZooKeeper's own, of the newest release. */
export async function theirShell(port: number): Promise<Shell> {
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off';
  const words = [quiet, '-XX:TieredStopAtLevel=1', '-cp', join(await apacheJars(), '*')];
  return {
    name: 'zkCli',
    command: 'java',
    words: [...words, 'org.apache.zookeeper.ZooKeeperMain', '-server', `127.0.0.1:${port}`],
  };
}

/** Ours. */
export function ourShell(port: number): Shell {
  const words = [PROGRAM, 'shell', '-server', `127.0.0.1:${port}`];
  return { name: 'vivarium shell', command: process.execPath, words };
}

/** What a shell said of one line. */
export interface Answer {
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** One session of a shell. */
export interface Transcript {
  readonly answers: ReadonlyMap<number, Answer>;
  /** Watch events of the whole session, sorted: nobody promises when they are printed. */
  readonly events: readonly string[];
}

/** Between two lines: each output gets a word that nobody else says. */
const markOf = (number: number) => `mark-${number}-`;

/** Runs all lines in one session. The node `/marks` has to be there. */
export async function typeLines(shell: Shell, address: string): Promise<Transcript> {
  const typed = lines.map((line) => line.replace('ADDRESS', address));
  const said = await run(shell, [], `${marked(typed).join('\n')}\nquit\n`);
  return { answers: cutApart(said.out, said.err), events: eventsOf(said.out) };
}

/** After each line one that says its mark on standard output, and one on standard error. */
function marked(typed: readonly string[]): readonly string[] {
  return typed.flatMap((line, number) => {
    if (lines[number] === 'close' || lines[number - 1] === 'close') return [line];
    return [line, `ls -R /marks/${markOf(number)}`, `get /marks/${markOf(number)}none`];
  });
}

/** Nodes that the marks are read from. */
export const markNodes: readonly string[] = lines.map((_, number) => `/marks/${markOf(number)}`);

function cutApart(out: string, err: string): ReadonlyMap<number, Answer> {
  const answers = new Map<number, Answer>();
  let [outAt, errAt] = [0, 0];
  for (const number of lines.keys()) {
    const outMark = `/marks/${markOf(number)}\n`;
    const errMark = `Node does not exist: /marks/${markOf(number)}none\n`;
    const outEnd = out.indexOf(outMark, outAt);
    const errEnd = err.indexOf(errMark, errAt);
    if (outEnd < 0 || errEnd < 0) continue;
    answers.set(number, {
      out: readTranscript(out.slice(outAt, outEnd)).lines,
      err: readTranscript(err.slice(errAt, errEnd)).lines,
    });
    outAt = outEnd + outMark.length;
    errAt = errEnd + errMark.length;
  }
  return answers;
}

function eventsOf(out: string): readonly string[] {
  return readTranscript(out).events.sort();
}

/** What the two say differently where they should not. */
export function differencesOf(theirs: Transcript, ours: Transcript): readonly string[] {
  const differences: string[] = [];
  for (const [number, line] of lines.entries()) {
    const [one, other] = [theirs.answers.get(number), ours.answers.get(number)];
    const how = meant[line];
    if (how === 'scope') continue;
    const streams = how === 'wording' ? (['out'] as const) : (['out', 'err'] as const);
    for (const stream of streams) {
      const sides = [one, other].map((answer) => {
        const said = [...(answer?.[stream] ?? ['(no answer)'])];
        return (how === 'order' ? said.sort() : said).join('\n');
      });
      // Between closing and connecting no line can be told from the next.
      if (one === undefined && other === undefined) continue;
      if (sides[0] !== sides[1]) {
        differences.push(
          `${line} (std${stream}): zkCli ${JSON.stringify(sides[0])}, ` +
            `ours ${JSON.stringify(sides[1])}`,
        );
      }
    }
  }
  const [a, b] = [theirs.events.join('\n'), ours.events.join('\n')];
  if (a !== b) differences.push(`events: zkCli ${JSON.stringify(a)}, ours ${JSON.stringify(b)}`);
  return differences;
}

/** Exit codes of single commands that differ and should not. */
export async function compareSingles(theirs: Shell, ours: Shell): Promise<readonly string[]> {
  const differences: string[] = [];
  for (const { words, ours: meantCode } of singles) {
    const [one, other] = [await run(theirs, words, ''), await run(ours, words, '')];
    const expected = meantCode ?? one.code;
    if (other.code !== expected || (one.code === 0) !== (other.code === 0)) {
      differences.push(`${words.join(' ')}: zkCli ends with ${one.code}, ours with ${other.code}`);
    }
  }
  return differences;
}

/** Runs a shell to its end. */
function run(
  { command, words }: Shell,
  more: readonly string[],
  input: string,
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...words, ...more], {
      env: { ...process.env, NO_COLOR: '1', TZ: 'UTC' },
    });
    const forget = endWithThisProcess(child);
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.err += text;
    });
    child.stdin.on('error', () => {}); // It may end without reading.
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      forget();
      resolve({ code, ...said });
    });
  });
}
