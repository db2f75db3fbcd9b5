/** Runs the round of one client against one server, and keeps what the client was told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { endWithThisProcess } from '../apache.js';
import { CutProxy } from './cut-proxy.js';
import { commands, markerOf, readAnswer } from './zkcli.js';

/** A client program that is ready to run. */
export interface Program {
  readonly command: string;
  /** `ADDRESS` stands for `host:port`. */
  readonly words: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it is ZooKeeper's shell, which is typed into. */
  readonly shell?: boolean;
}

const LIMIT_MS = 120_000;
/** What the shell prints when it has a connection. */
const CONNECTED = 'state:SyncConnected type:None';

/** The transcript of a round. @throws when it does not end well, with what it said */
export async function runRound(program: Program, port: number): Promise<readonly string[]> {
  if (program.command.startsWith('/') && !existsSync(program.command)) {
    throw new Error(`${program.command} is not there`);
  }
  const proxy = await CutProxy.open(port);
  const words = program.words.map((word) => word.replace('ADDRESS', `127.0.0.1:${proxy.port}`));
  const child = spawn(program.command, words, { env: { ...process.env, ...program.env } });
  const forget = endWithThisProcess(child);
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  try {
    return await (program.shell === true ? typed(child, proxy) : told(child, proxy));
  } finally {
    clearTimeout(limit);
    child.kill('SIGKILL');
    forget();
    await proxy.close();
  }
}

/** A program that speaks by itself, and asks for the cut with a line `@cut`. */
function told(child: ChildProcess, proxy: CutProxy): Promise<readonly string[]> {
  let out = '';
  let err = '';
  let cuts = 0;
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (cuts === 0 && out.includes('@cut\n')) {
      cuts++;
      proxy.cut();
    }
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    err = (err + text).slice(-4000);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const lines = out.trimEnd().split('\n');
      if (code === 0 && cuts === 1 && lines.at(-1)!.startsWith('done')) resolve(lines);
      else reject(new Error(`it ended with ${code ?? signal}: ${out.slice(-3000)}\n${err}`));
    });
  });
}

/** ZooKeeper's shell: after each command comes one whose answer is known, to tell the end. */
async function typed(child: ChildProcess, proxy: CutProxy): Promise<readonly string[]> {
  let said = '';
  let over = false;
  let wake = (): void => {};
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      wake();
    });
  }
  child.once('close', () => {
    over = true;
    wake();
  });
  const until = async (pattern: string, from: number): Promise<number> => {
    for (;;) {
      const at = said.indexOf(pattern, from);
      if (at >= 0) return at;
      if (over) throw new Error(`it ended: ${said.slice(-3000)}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const transcript: string[] = [];
  const events: string[] = [];
  let at = await until('\n', await until(CONNECTED, 0));
  for (const [number, command] of commands.entries()) {
    transcript.push(`> ${command}`);
    if (command === '@cut') {
      proxy.cut();
      at = await until('\n', await until(CONNECTED, at));
      continue;
    }
    const marker = markerOf(number);
    child.stdin!.write(`${command}\n${marker.command}\n`);
    const end = await until(marker.answer, at);
    const answer = readAnswer(said.slice(at, end));
    at = end + marker.answer.length;
    // The identities of a connection are a set, which Apache prints in the order of its hashes.
    transcript.push(...(command === 'whoami' ? [...answer.lines].sort() : answer.lines));
    events.push(...answer.events);
  }
  child.stdin!.write('quit\n');
  await new Promise<void>((resolve) => {
    if (over) resolve();
    else child.once('close', () => resolve());
  });
  events.push(...readAnswer(said.slice(at)).events);
  return [...transcript, 'events, in any order:', ...events.sort()];
}
