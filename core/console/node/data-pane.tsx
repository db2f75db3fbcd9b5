import { useSignal } from '@preact/signals';
import type { Client, Stat } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { bytesText } from '../format.js';
import { download } from '../parts/download.js';
import { errorWords } from '../parts/error-words.js';
import { Icon } from '../parts/icon.js';
import { Strip } from '../parts/notice.js';
import { toast } from '../parts/toast.js';
import { nameOf } from '../paths.js';
import { goQuery, route } from '../route.js';
import { Conflict } from './conflict.js';
import { drafts, setDraft } from './drafts.js';
import {
  asciiBeside,
  bestForm,
  type Form,
  forms,
  isCompact,
  read,
  show,
  textOf,
} from './value-forms.js';

/** What a server takes in one request unless its `jute.maxbuffer` says otherwise, bytes. */
const USUAL_LIMIT_BYTES = 1_048_575;
/** What a request takes besides path and data. */
const REQUEST_BYTES = 32;

interface DataParts {
  readonly zk: Client;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly stat: Stat;
}

const labels: Readonly<Record<Form, string>> = { text: 'Text', json: 'JSON', hex: 'Hex' };

/** The data of a node, to be read and changed. */
export function DataPane({ zk, path, bytes: told, stat }: DataParts) {
  /** What was saved here, until the server has told it. */
  const saved = useSignal<{ readonly bytes: Uint8Array; readonly version: number } | undefined>(
    undefined,
  );
  const isAhead = saved.value !== undefined && saved.value.version > stat.version;
  const { bytes, version } = isAhead ? saved.value! : { bytes: told, version: stat.version };
  const isSaving = useSignal(false);
  const problem = useSignal<unknown>(undefined);
  const wasTooLarge = useSignal(false);
  const draft = drafts.value.get(path);
  const wanted = forms.find((form) => form === route.value.query.as);
  const form = draft?.form ?? wanted ?? bestForm(bytes);
  const shown = show(draft?.base ?? bytes, form);
  const text = draft?.text ?? shown.text;
  const typed = read(text, form, draft?.base ?? bytes);
  const isBehind = draft !== undefined && draft.baseVersion !== version;
  const size = typed.ok ? typed.bytes.length : 0;
  const isTooLarge = draft !== undefined && size + path.length + REQUEST_BYTES > USUAL_LIMIT_BYTES;

  const type = (next: string) => {
    const { base = bytes, baseVersion = version } = draft ?? {};
    setDraft(path, next === shown.text ? undefined : { form, text: next, base, baseVersion });
  };
  const turn = (next: Form) => {
    if (draft !== undefined) {
      // What was typed goes along, as far as it stands for bytes.
      if (!typed.ok) return;
      const turned = show(typed.bytes, next);
      if (turned.fixed !== undefined) return;
      setDraft(path, { ...draft, form: next, text: turned.text });
    }
    goQuery('as', next === bestForm(bytes) ? undefined : next);
  };
  const save = async (expected: number) => {
    if (!typed.ok || isSaving.value) return;
    isSaving.value = true;
    problem.value = undefined;
    try {
      const { version: made } = await zk.set(path, typed.bytes, { version: expected });
      saved.value = { bytes: typed.bytes, version: made };
      // Whoever goes on typing while it is saved goes on from what was saved.
      const later = drafts.value.get(path);
      const isTyped = later !== undefined && later.text !== text;
      setDraft(path, isTyped ? { ...later, base: typed.bytes, baseVersion: made } : undefined);
      toast(`Saved ${nameOf(path)} as version ${made}`);
    } catch (error) {
      wasTooLarge.value = isTooLarge;
      problem.value = error;
      toast(`${nameOf(path)} is not saved. ${errorWords(error)}`);
    } finally {
      isSaving.value = false;
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== 's') return;
    event.preventDefault();
    if (draft !== undefined && !isBehind && !isTooLarge) void save(draft.baseVersion);
  };
  const isRefused =
    problem.value !== undefined && !(isBehind && isZkError(problem.value, 'BAD_VERSION'));
  const lines = Math.max(text.split('\n').length, 3);
  return (
    <section class="data" aria-label="Data" onKeyDown={onKeyDown}>
      <div class="bar">
        <fieldset class="segments">
          <legend class="unseen">Form of the data</legend>
          {forms.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === form}
              disabled={draft !== undefined && !typed.ok && each !== form}
              onClick={() => turn(each)}
            >
              {labels[each]}
            </button>
          ))}
        </fieldset>
        <span class="size muted numbers">
          {bytesText(draft === undefined ? bytes.length : size)}
        </span>
        <span class="grow" />
        {draft !== undefined && <span class="edited">not saved</span>}
        <button
          type="button"
          class="quiet square"
          aria-label="Download the stored bytes"
          title="Download the stored bytes"
          onClick={() => download(nameOf(path), bytes)}
        >
          <Icon name="down" />
        </button>
        <button
          type="button"
          disabled={draft === undefined || isSaving.value}
          onClick={() => {
            setDraft(path, undefined);
            problem.value = undefined;
          }}
        >
          Discard
        </button>
        <button
          type="button"
          class="main"
          disabled={draft === undefined || !typed.ok || isSaving.value || isBehind || isTooLarge}
          onClick={() => draft !== undefined && void save(draft.baseVersion)}
        >
          {isSaving.value ? 'Saving …' : 'Save'}
        </button>
      </div>
      {isBehind && typed.ok && (
        <Conflict
          mine={text}
          theirs={show(bytes, form).text}
          baseVersion={draft.baseVersion}
          stat={stat}
          isBusy={isSaving.value}
          onOverwrite={() => void save(version)}
          onTakeTheirs={() => setDraft(path, undefined)}
          onGoOn={() => setDraft(path, { ...draft, base: bytes, baseVersion: version })}
        />
      )}
      {isTooLarge && (
        <Strip icon="warn" tone="warn">
          <strong>{bytesText(size)} is over the limit.</strong> A server takes 1 MiB in one request
          unless its jute.maxbuffer says otherwise, and closes the connection of whoever sends more.
          <button
            type="button"
            disabled={isSaving.value}
            onClick={() => void save(draft.baseVersion)}
          >
            Send it all the same
          </button>
        </Strip>
      )}
      {isRefused && (
        <Strip icon="warn" tone="danger">
          <strong>Not saved.</strong> {errorWords(problem.value)}{' '}
          {wasTooLarge.value && 'It was most likely too large for the server. '}
          What you typed is kept.
        </Strip>
      )}
      {form === 'json' && !typed.ok && (
        <p class="verdict bad" role="status">
          Not JSON: {typed.problem}
        </p>
      )}
      {form === 'hex' && !typed.ok && (
        <p class="verdict bad" role="status">
          Not hexadecimal: {typed.problem}
        </p>
      )}
      {shown.fixed !== undefined && <p class="verdict">{shown.fixed}</p>}
      <div class={`value ${form}`}>
        <textarea
          aria-label={`Data of ${path} as ${labels[form]}`}
          spellcheck={false}
          autocomplete="off"
          rows={form === 'hex' ? lines : undefined}
          value={text}
          readOnly={shown.fixed !== undefined && draft === undefined}
          placeholder="No data"
          onInput={(event) => type(event.currentTarget.value)}
        />
        {form === 'hex' && (
          <pre class="ascii" aria-hidden="true">
            {asciiBeside(text)}
          </pre>
        )}
      </div>
      {form === 'json' && typed.ok && isCompact(textOf(bytes) ?? '') && (
        <p class="verdict">Stored on one line, and saved on one line.</p>
      )}
    </section>
  );
}
