/** What every page of the cookbook has to tell. */
import { fencesOf } from './fences.js';
import type { SourceFile } from './import-rules.js';

/** The sections of every page, in their order; others may stand in between. */
const sections = [
  'Promises',
  'What happens when …',
  'See it happen',
  'In the tree',
  'What it costs',
  'What it is not for',
] as const;

/** What may go wrong in every program, each as it is spoken of. */
const troubles = {
  'the connection': /connection|cut off/,
  'the session': /session/,
  'a server': /\bservers?\b/,
  'the process': /process|killed|dies|dead|stopped/,
} as const;

/** The rest of what happens is told by another page, which is said and linked to. */
const tellsElsewhere = /said (?:of the )?.*holds/s;

/** Name of a page, which is that of its example. */
export function pageName({ path }: SourceFile): string {
  return path.slice(path.lastIndexOf('/') + 1, -'.md'.length);
}

/** What a page lacks, one sentence each. */
export function pageProblems(page: SourceFile): readonly string[] {
  const problems: string[] = [];
  const told = [...page.text.matchAll(/^## (.*)$/gm)].map(([, title]) => title!);
  const own = told.filter((title) => (sections as readonly string[]).includes(title));
  if (own.join() !== sections.join()) {
    problems.push(`has the sections ${own.join(', ')}; each page has ${sections.join(', ')}`);
  }
  const before = page.text.slice(0, Math.max(page.text.indexOf('\n## '), 0));
  if (!/^# .*\n\n[^`#\n]/.test(before)) problems.push('does not begin with the problem');
  if (fencesOf({ ...page, text: before }).length === 0) {
    problems.push('has no program before its first section');
  }
  const happens = sectionOf(page, 'What happens when …');
  if (!(tellsElsewhere.test(happens) && /\]\([\w-]+\.md/.test(happens))) {
    for (const [trouble, pattern] of Object.entries(troubles)) {
      if (!pattern.test(happens)) problems.push(`does not say what happens to ${trouble}`);
    }
  }
  if (!/^```\n\/\S/m.test(sectionOf(page, 'In the tree'))) problems.push('draws no nodes');
  if (!/\b(?:writes?|reads?)\b/.test(sectionOf(page, 'What it costs'))) {
    problems.push('does not say how many writes or reads it costs');
  }
  const command = `\n\`\`\`sh\nnpx vivarium example ${pageName(page)}\n\`\`\`\n`;
  if (!sectionOf(page, 'See it happen').includes(command)) {
    problems.push('does not name the command of its example');
  }
  return problems.map((problem) => `${page.path} ${problem}`);
}

function sectionOf({ text }: SourceFile, title: string): string {
  const from = text.indexOf(`\n## ${title}\n`);
  if (from < 0) return '';
  const to = text.indexOf('\n## ', from + 1);
  return text.slice(from, to < 0 ? text.length : to);
}
