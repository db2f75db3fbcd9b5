/** Rules that neither the compiler nor the linter knows. Each names the line and the remedy. */
import { coreFolderOf, examplesFolder, machineFolders, type SourceFile } from './import-rules.js';
import { readSource } from './source-text.js';

const COLUMNS_MAX = 100;
const LINES_MAX = 400;
/** What only tests lean on may be somewhat longer: tables of samples, generators. */
const TEST_LINES_MAX = 500;

interface BannedWord {
  readonly pattern: RegExp;
  readonly instead: string;
}

/** Outside the hosts that meet the real world. */
const impure: readonly BannedWord[] = [
  { pattern: /\bDate\.now\b/, instead: 'take the time from an input or a scheduler' },
  {
    pattern: /\bnew Date(?:\(\s*\)|\b(?!\s*\())|(?<!\bnew )\bDate\(/,
    instead: 'take the time from an input or a scheduler',
  },
  {
    pattern: /\bMath\.random\b|\bgetRandomValues\b|\brandomUUID\b/,
    instead: 'take randomness from the host',
  },
  { pattern: /\bconsole\b/, instead: 'log through the host: libraries are silent' },
  {
    pattern: /\blocaleCompare\b/,
    instead: 'compare code units: order must not hang on the locale',
  },
];

/** Outside every host. */
const timers: readonly BannedWord[] = [
  {
    pattern:
      /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|performance|AbortSignal\.timeout)\b/,
    instead: 'only hosts have clocks and timers',
  },
];

/** In the machines, which run each step to its end. */
const waiting: readonly BannedWord[] = [
  { pattern: /\b(?:async|await)\b|\bPromise\b/, instead: 'a machine awaits nothing' },
];

const everywhere: readonly BannedWord[] = [
  { pattern: /\bexport default\b/, instead: 'export it by name' },
];

const markers = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);
const machinePaths = /(?:^|[^\w.])\/(?:home|Users|root|work)\/(?:[\w.-]+\/)+/;

/** What is wrong with one TypeScript or JavaScript file. */
export function checkSource(file: SourceFile): readonly string[] {
  const problems: string[] = [];
  const { codeOnly } = readSource(file.text);
  const lines = file.text.split('\n');
  const wall = file.path.startsWith('test/') ? TEST_LINES_MAX : LINES_MAX;
  if (lines.length - 1 > wall) {
    problems.push(`${file.path}: ${lines.length - 1} lines; the wall is ${wall}: split it`);
  }
  const codeLines = codeOnly.split('\n');
  for (const [index, line] of lines.entries()) {
    if ([...line].length <= COLUMNS_MAX || /https?:\/\/\S{60}/.test(line)) continue;
    // A text stays in one piece, so that it can be searched for: only what is around it counts.
    const code = codeLines[index]!.trimEnd().replace(/`[^`]*`/g, '``');
    const isCode = code.trim() !== '' && !/\/[/*]/.test(line.replace(/https?:\/\//g, ''));
    if (isCode && code.replace(/(?<=\S) +/g, ' ').length <= COLUMNS_MAX) continue;
    problems.push(`${file.path}:${index + 1}: longer than ${COLUMNS_MAX} columns`);
  }
  for (const [index, line] of codeLines.entries()) {
    for (const { pattern, instead } of bannedIn(file.path)) {
      const found = pattern.exec(line)?.[0];
      if (found !== undefined) problems.push(`${file.path}:${index + 1}: '${found}': ${instead}`);
    }
  }
  return [...problems, ...checkText(file)];
}

/** What is wrong with one markdown document. */
export function checkDocument(file: SourceFile): readonly string[] {
  const headings = file.text
    .replace(/^(`{3,}|~{3,})[\s\S]*?^\1/gm, '')
    .split('\n')
    .filter((line) => /^# /.test(line));
  const problems = [...checkText(file)];
  if (headings.length !== 1) {
    problems.push(`${file.path}: has ${headings.length} headings of the first level, not one`);
  }
  return problems;
}

/** What no text of the repository may hold. */
export function checkText(file: SourceFile): readonly string[] {
  const problems: string[] = [];
  for (const [index, line] of file.text.split('\n').entries()) {
    if (markers.test(line)) {
      problems.push(`${file.path}:${index + 1}: work left to do belongs in an issue, not here`);
    }
    if (machinePaths.test(line)) {
      problems.push(`${file.path}:${index + 1}: names a path of somebody's machine`);
    }
  }
  return problems;
}

function bannedIn(path: string): readonly BannedWord[] {
  const folder = coreFolderOf(path);
  const banned = [...everywhere];
  const isRecipe = path.startsWith('recipes/src/') && !path.startsWith(examplesFolder);
  if (folder !== undefined || isRecipe) {
    if (folder !== 'node' && folder !== 'web') banned.push(...impure);
    if (folder !== 'node' && folder !== 'web' && folder !== 'local') banned.push(...timers);
    if (folder !== undefined && machineFolders.has(folder)) banned.push(...waiting);
  }
  return banned;
}
