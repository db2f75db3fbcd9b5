import { useSignal } from '@preact/signals';
import { clockText, countText, hexText } from '../format.js';
import { download } from '../parts/download.js';
import { Icon } from '../parts/icon.js';
import { VirtualList } from '../parts/virtual-list.js';
import { visibleName } from '../paths.js';
import { go } from '../route.js';
import {
  type Change,
  type ChangeKind,
  type ChangeStream,
  changeKinds,
  exported,
  filtered,
} from './change-stream.js';

const ROW_HEIGHT = 24;
const kinds = Object.keys(changeKinds) as ChangeKind[];

/** Changes as they come, to be filtered, held still and taken along. */
export function StreamPanel({ stream }: { readonly stream: ChangeStream }) {
  const isOpen = useSignal(false);
  const text = useSignal('');
  const chosen = useSignal<ReadonlySet<ChangeKind>>(new Set(kinds));
  const isPaused = stream.isPaused.value;
  const shown = isOpen.value
    ? filtered(stream.changes.value, { text: text.value, kinds: chosen.value }).toReversed()
    : [];
  const toggle = (kind: ChangeKind) => {
    const next = new Set(chosen.value);
    if (!next.delete(kind)) next.add(kind);
    chosen.value = next;
  };
  return (
    <section class={`stream ${isOpen.value ? 'open' : ''}`} aria-label="Changes">
      <div class="stream-head">
        <button
          type="button"
          class="quiet stream-title"
          aria-expanded={isOpen.value}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          <Icon name="chevron" /> Changes{' '}
          <span class="count numbers">{countText(stream.total.value)}</span>
          {isPaused && <span class="tag">held, {countText(stream.missed.value)} more</span>}
        </button>
        {isOpen.value && (
          <>
            <input
              type="search"
              class="mono"
              placeholder="/path or part of it"
              aria-label="Filter changes by path"
              value={text.value}
              onInput={({ currentTarget: { value } }) => {
                text.value = value;
              }}
            />
            <fieldset class="kinds">
              <legend class="unseen">Kinds of changes</legend>
              {kinds.map((kind) => (
                <button
                  key={kind}
                  type="button"
                  class={`kind ${changeKinds[kind]}`}
                  aria-pressed={chosen.value.has(kind)}
                  onClick={() => toggle(kind)}
                >
                  {changeKinds[kind]}
                </button>
              ))}
            </fieldset>
            <span class="grow" />
            <button type="button" class="quiet" onClick={() => stream.pause(!isPaused)}>
              <Icon name={isPaused ? 'play' : 'pause'} /> {isPaused ? 'Go on' : 'Hold'}
            </button>
            <button
              type="button"
              class="quiet"
              disabled={shown.length === 0}
              onClick={() => {
                const lines = exported(shown.toReversed());
                download('changes.jsonl', lines, 'application/x-ndjson');
              }}
            >
              <Icon name="down" /> Export
            </button>
            <button type="button" class="quiet" onClick={() => stream.clear()}>
              Clear
            </button>
          </>
        )}
      </div>
      {isOpen.value &&
        (shown.length === 0 ? (
          <p class="verdict pending">
            {stream.total.value === 0
              ? 'Nothing has changed since this page was opened.'
              : 'No change is let through by this filter.'}
          </p>
        ) : (
          <VirtualList
            class="changes"
            count={shown.length}
            rowHeight={ROW_HEIGHT}
            row={(index) => <ChangeRow change={shown[index]!} />}
          />
        ))}
    </section>
  );
}

function ChangeRow({ change }: { readonly change: Change }) {
  const { at, kind, path, zxid } = change;
  return (
    <button
      type="button"
      class="change"
      key={change.number}
      onClick={() => go({ page: 'tree', path, query: {} })}
    >
      <span class="muted numbers">{clockText(at)}</span>
      <span class={`dot ${changeKinds[kind]}`}>{changeKinds[kind]}</span>
      <span class="mono change-path">{visibleName(path)}</span>
      <span class="muted mono numbers">{zxid < 0n ? '' : hexText(zxid)}</span>
    </button>
  );
}
