/** What the sources of recipes and streams have to tell, and what of it one does not. */

/** What every file that holds a recipe opens with. */
const headerFacts: Readonly<Record<string, RegExp>> = {
  'its nodes': /\bnodes?\b/i,
  'what holds while connected': /\bconnected\b/i,
  'what holds while suspended': /\bsuspended\b/i,
  'what holds when the session is lost':
    /\bsession is lost|when its session is lost|loss of a session/i,
};

/** What every observable tells of itself. */
const streamFacts: Readonly<Record<string, RegExp>> = {
  'hot or cold': /\b(?:hot|cold)\b/i,
  'what a subscriber gets first': /\b(?:emits|begins with|first emission)\b/i,
  'when it errors': /\b(?:never an )?errors?\b/i,
  'when it completes': /\bcompletes\b/i,
  'what it does while disconnected': /\b(?:disconnected|suspect|no server)\b/i,
};

/** The facts that a file’s opening comment leaves out; all of them when there is none. */
export function untoldByHeader(text: string): readonly string[] {
  return untold(/^\/\*\*[\s\S]*?\*\//.exec(text)?.[0], headerFacts);
}

/**
 * The observables that a source exports, as functions or as members of interfaces, each with
 * the facts that its comment leaves out. What a program hands in tells nothing.
 */
export function untoldByStreams(text: string): readonly string[] {
  const exported =
    /^(?:export function (\w+\$)| {2}(?:readonly )?(\w+\$)(?:(?:<[^>]*>)?\(|: Observable<[^=\n]*;))/gm;
  const found: string[] = [];
  for (const { index, 1: fn, 2: member } of text.matchAll(exported)) {
    const lacks = untold(commentBefore(text, index), streamFacts);
    if (lacks.length > 0) found.push(`${fn ?? member}: ${lacks.join(', ')}`);
  }
  return found;
}

/** The comment that ends right before a place. */
function commentBefore(text: string, at: number): string | undefined {
  const before = text.slice(0, at).trimEnd();
  return before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : undefined;
}

function untold(
  comment: string | undefined,
  facts: Readonly<Record<string, RegExp>>,
): readonly string[] {
  const text = (comment ?? '').replace(/\s*\n\s*\* ?/g, ' ');
  return Object.keys(facts).filter((fact) => !facts[fact]!.test(text));
}
