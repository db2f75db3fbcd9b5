/** Takes the programs out of the documents, so that they can be compiled and run. */
import type { SourceFile } from './import-rules.js';

export interface Fence {
  /** `docs/x.md:12`, where the program begins. */
  readonly where: string;
  readonly language: 'ts' | 'js';
  /** Words behind the language: `run`, `continues`. */
  readonly marks: readonly string[];
  readonly code: string;
}

/**
 * Every ts and js fence of a document, in order. One marked `continues` begins with all the code
 * of the one before it, so that a document can tell its program in pieces.
 */
export function fencesOf(file: SourceFile): readonly Fence[] {
  const fences: Fence[] = [];
  const lines = file.text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const open = /^(\s*)(`{3,})(\w*)(.*)$/.exec(lines[at]!);
    if (open === null) continue;
    const [, indent = '', ticks = '', language = '', rest = ''] = open;
    const from = at + 1;
    at = from;
    while (at < lines.length && lines[at]!.trim() !== ticks) at++;
    if (!['ts', 'js', 'typescript', 'javascript'].includes(language)) continue;
    const own = lines
      .slice(from, at)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join('\n');
    const marks = rest.trim().split(/\s+/).filter(Boolean);
    const before = marks.includes('continues') ? `${fences.at(-1)?.code ?? ''}\n` : '';
    fences.push({
      where: `${file.path}:${from + 1}`,
      language: language.startsWith('t') ? 'ts' : 'js',
      marks,
      code: `${before}${own}\n`,
    });
  }
  return fences;
}
