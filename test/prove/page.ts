/** The dated page that a proof leaves under docs/internals/proofs. */
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import type { Proof, Verdict } from './proof.js';

/** Renders the page. `command` is what shows the same again; `began` is when its work began. */
export function renderPage(
  proof: Pick<Proof, 'name' | 'what'>,
  verdict: Verdict,
  command: string,
  began: string,
): string {
  const versions = { Node: process.version.slice(1), ...verdict.versions };
  const facts = [
    ['Result', verdict.holds ? '**holds**' : '**does not hold**'],
    ['Began', began.slice(0, 16).replace('T', ' ')],
    ['Ended', new Date().toISOString().slice(0, 16).replace('T', ' ')],
    ['Commit', commit()],
    ['Machine', machine()],
    ...Object.entries(versions),
    ['Command', `\`${command}\``],
  ];
  const counts = Object.entries(verdict.counts).map(([name, count]) => [name, String(count)]);
  const parts = [`# ${proof.name}`, proof.what, table(['', ''], facts)];
  if (counts.length > 0) parts.push('## Counts', table(['what', 'count'], counts));
  if (verdict.details !== undefined) parts.push(verdict.details.trim());
  return `${parts.join('\n\n')}\n`;
}

/** A markdown table; bars inside cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The class of machine, without anything that names this very one. */
export function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${cpus().length} × ${model}, ${memory} GiB, ${type()} ${release().split('-')[0]}`;
}

function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', '--', 'core', 'recipes', 'test') !== '';
    return `${git('rev-parse', '--short=10', 'HEAD')}${changed ? ' and changes on top' : ''}`;
  } catch {
    return 'unknown';
  }
}
