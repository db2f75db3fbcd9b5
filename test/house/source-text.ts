/** Reads a source text just well enough to tell code from comments and strings. */

export interface SourceText {
  /** The text with every comment blanked out; lines and columns stay. */
  readonly withoutComments: string;
  /** The text with comments and what stands inside quotes blanked out. */
  readonly codeOnly: string;
}

/** One import or re-export. */
export interface ImportSite {
  readonly specifier: string;
  /** Only types come in: nothing is loaded when the program runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\breturn|\btypeof|\bcase|=>)\s*$/;

/** Blanks out what is not code. Template literals keep the code inside `${…}`. */
export function readSource(text: string): SourceText {
  const withoutComments = [...text];
  const codeOnly = [...text];
  const blank = (target: string[], from: number, to: number) => {
    for (let at = from; at < to; at++) if (target[at] !== '\n') target[at] = ' ';
  };
  // Depths of braces at which a template literal goes on when the brace closes.
  const templates: number[] = [];
  const chars = [...text];
  let depth = 0;
  let at = 0;
  while (at < chars.length) {
    const two = `${chars[at]}${chars[at + 1] ?? ''}`;
    const char = chars[at]!;
    let end = at + 1;
    if (two === '//') {
      while (end < chars.length && chars[end] !== '\n') end++;
      blank(withoutComments, at, end);
      blank(codeOnly, at, end);
    } else if (two === '/*') {
      while (
        end < chars.length &&
        !(chars[end - 1] === '*' && chars[end] === '/' && end > at + 2)
      ) {
        end++;
      }
      end++;
      blank(withoutComments, at, Math.min(end, chars.length));
      blank(codeOnly, at, Math.min(end, chars.length));
    } else if (char === "'" || char === '"') {
      end = endOfQuoted(chars, at + 1, char);
      blank(codeOnly, at + 1, end - 1);
    } else if (char === '`' || (char === '}' && templates.at(-1) === depth)) {
      if (char === '}') templates.pop();
      end = endOfTemplatePart(chars, at + 1);
      blank(codeOnly, at + 1, end - 1);
      if (chars[end - 1] === '{') templates.push(depth);
    } else if (char === '/' && BEFORE_REGEX.test(lineBefore(codeOnly, at))) {
      end = endOfRegex(chars, at + 1);
      blank(codeOnly, at + 1, end - 1);
    } else if (char === '{') depth++;
    else if (char === '}') depth--;
    at = end;
  }
  return { withoutComments: withoutComments.join(''), codeOnly: codeOnly.join('') };
}

/** Every import of a source text, static and dynamic, in order. */
export function importsOf(text: string): readonly ImportSite[] {
  const { withoutComments, codeOnly } = readSource(text);
  const sites: ImportSite[] = [];
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g;
  for (const match of withoutComments.matchAll(pattern)) {
    if (codeOnly[match.index] === ' ') continue; // a text that only looks like an import
    const before = withoutComments.slice(0, match.index);
    const statement = before.slice(Math.max(before.lastIndexOf(';'), before.lastIndexOf("'")) + 1);
    sites.push({
      specifier: match[2]!,
      typeOnly: /\b(?:import|export)\s+type\b[^;]*$/.test(statement),
      line: before.split('\n').length,
    });
  }
  return sites;
}

function lineBefore(chars: readonly string[], at: number): string {
  let from = at;
  while (from > 0 && chars[from - 1] !== '\n' && at - from < 200) from--;
  return chars.slice(from, at).join('');
}

function endOfQuoted(chars: readonly string[], from: number, quote: string): number {
  let at = from;
  while (at < chars.length && chars[at] !== quote && chars[at] !== '\n') {
    at += chars[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

/** Ends behind the closing backtick, or behind the `{` that opens a piece of code. */
function endOfTemplatePart(chars: readonly string[], from: number): number {
  let at = from;
  while (at < chars.length && chars[at] !== '`') {
    if (chars[at] === '$' && chars[at + 1] === '{') return at + 2;
    at += chars[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

function endOfRegex(chars: readonly string[], from: number): number {
  let at = from;
  let inClass = false;
  while (at < chars.length && chars[at] !== '\n' && (inClass || chars[at] !== '/')) {
    if (chars[at] === '[') inClass = true;
    else if (chars[at] === ']') inClass = false;
    at += chars[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}
