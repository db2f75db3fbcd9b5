import { useSignal } from '@preact/signals';
import { bytesText, countText, timeText } from '../format.js';
import { lineDiff } from '../node/line-diff.js';
import { bestForm, type Form, show } from '../node/value-forms.js';
import { bytesOf, type PastAcl, type PastNode } from './past.js';

/** Text beyond this is compared in part, characters. */
const MOST_TEXT = 400_000;

/** A node at two moments: its data line by line, and what else is not the same. */
export function NodeSides({
  before,
  after,
  names,
}: {
  readonly before: PastNode | null;
  readonly after: PastNode | null;
  /** What the two moments are called. */
  readonly names: readonly [before: string, after: string];
}) {
  const isWhole = useSignal(false);
  if (before === null && after === null) {
    return <p class="verdict">There was no node at this path, before or after.</p>;
  }
  const form = formOf(before, after);
  const lines = linesOf(textOf(before, form), textOf(after, form));
  const isSame = before !== null && after !== null && lines.every(({ kind }) => kind === 'same');
  const shown = isWhole.value ? lines : nearChanges(lines);
  const facts = factsOf(before, after);
  return (
    <>
      {facts.length > 0 && (
        <table class="time-facts">
          <thead>
            <tr>
              <th scope="col">
                <span class="unseen">What</span>
              </th>
              <th scope="col">{names[0]}</th>
              <th scope="col">{names[1]}</th>
            </tr>
          </thead>
          <tbody>
            {facts.map(([name, left, right]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{left}</td>
                <td class={left === right ? '' : 'is-new'}>{right}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div class="bar">
        <h3 class="owned-title">Data</h3>
        <span class="muted">
          {isSame
            ? lines.length === 0
              ? 'none, before and after'
              : 'is the same'
            : `as ${form === 'hex' ? 'hex' : form === 'json' ? 'JSON' : 'text'}`}
        </span>
        <span class="grow" />
        {(isWhole.value || shown.length < lines.length) && (
          <button
            type="button"
            class="quiet"
            aria-expanded={isWhole.value}
            onClick={() => {
              isWhole.value = !isWhole.value;
            }}
          >
            {isWhole.value ? 'Changes alone' : `All ${countText(lines.length)} lines`}
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by keys */}
      <section class="time-diff" tabIndex={0} aria-label="Data before and after">
        <pre>
          {shown.map((line, index) =>
            line === undefined ? (
              <span key={index} class="skip">
                {' ⋯\n'}
              </span>
            ) : (
              <span key={index} class={line.kind}>
                <span class="sign">
                  {line.kind === 'left' ? '−' : line.kind === 'right' ? '+' : ' '}
                </span>
                {`${line.text}\n`}
              </span>
            ),
          )}
        </pre>
      </section>
    </>
  );
}

/** The form that suits both: what is no text on one side is shown as bytes on both. */
function formOf(before: PastNode | null, after: PastNode | null): Form {
  const [one, two] = [before, after].map((node) => {
    return node === null || node.data.length === 0 ? undefined : bestForm(bytesOf(node.data));
  });
  if (one === 'hex' || two === 'hex') return 'hex';
  if (one === undefined || two === undefined) return one ?? two ?? 'text';
  return one === two ? one : 'text';
}

function textOf(node: PastNode | null, form: Form): string {
  if (node === null) return '';
  return show(bytesOf(node.data), form).text.slice(0, MOST_TEXT);
}

/** Where there is nothing on one side, that is no line. */
function linesOf(left: string, right: string): ReturnType<typeof lineDiff> {
  if (left === '' && right === '') return [];
  if (left !== '' && right !== '') return lineDiff(left, right);
  const kind = left === '' ? 'right' : 'left';
  return `${left}${right}`.split('\n').map((text) => ({ kind, text }));
}

type Line = ReturnType<typeof lineDiff>[number];

/** The lines that are not the same, with three around each; undefined where some are left out. */
function nearChanges(lines: readonly Line[]): readonly (Line | undefined)[] {
  const near = new Set<number>();
  for (const [at, { kind }] of lines.entries()) {
    if (kind === 'same') continue;
    for (let each = at - 3; each <= at + 3; each++) near.add(each);
  }
  if (near.size === 0) return lines.length > 40 ? [...lines.slice(0, 40), undefined] : lines;
  const shown: (Line | undefined)[] = [];
  for (const [at, line] of lines.entries()) {
    if (near.has(at)) shown.push(line);
    else if (shown.length === 0 || shown.at(-1) !== undefined) shown.push(undefined);
  }
  return shown;
}

function factsOf(
  before: PastNode | null,
  after: PastNode | null,
): readonly (readonly [name: string, before: string, after: string])[] {
  const words = (tell: (node: PastNode) => string) => {
    const of = (node: PastNode | null) => (node === null ? '–' : tell(node));
    return [of(before), of(after)] as const;
  };
  const all = [
    ['Node', ...words(({ czxid }) => `created by ${czxid}`)],
    ['Data version', ...words(({ version }) => countText(version))],
    ['Size', ...words(({ data }) => bytesText(data.length))],
    ['Changed', ...words(({ mtime }) => (mtime === 0 ? 'never' : timeText(mtime)))],
    ['Children', ...words(({ num_children: count }) => countText(count))],
    ['Owner', ...words(({ owner }) => (owner === '0x0' ? 'none' : owner))],
    ['ACL', ...words(({ acl }) => aclText(acl))],
  ] as const;
  return all.filter(([name, left, right]) => left !== right || name === 'Data version');
}

/** An ACL as shells take it. */
export function aclText(acl: readonly PastAcl[] | null): string {
  if (acl === null) return 'not known';
  return acl.map(({ scheme, id, perms }) => `${scheme}:${id}:${perms}`).join(', ') || 'empty';
}
