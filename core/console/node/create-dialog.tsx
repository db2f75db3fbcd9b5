import { useSignal } from '@preact/signals';
import type { Client, CreateMode } from '@vivarium/core';
import { Dialog } from '../parts/dialog.js';
import { errorWords } from '../parts/error-words.js';
import { Strip } from '../parts/notice.js';
import { toast } from '../parts/toast.js';
import { childPath, nameProblem, visibleName } from '../paths.js';

interface CreateParts {
  readonly zk: Client;
  readonly parent: string;
  readonly onClose: () => void;
  readonly onCreated: (path: string) => void;
}

const modes: readonly (readonly [CreateMode, string])[] = [
  ['persistent', 'Persistent'],
  ['persistentSequential', 'Persistent, with a number behind its name'],
  ['ephemeral', 'Ephemeral, of the session of this page'],
  ['ephemeralSequential', 'Ephemeral, with a number behind its name'],
  ['container', 'Container'],
  ['persistentTtl', 'With a time to live'],
];

/** Asks for a name, a kind and data, and creates a child. */
export function CreateDialog({ zk, parent, onClose, onCreated }: CreateParts) {
  const name = useSignal('');
  const mode = useSignal<CreateMode>('persistent');
  const ttlSeconds = useSignal('3600');
  const data = useSignal('');
  const problem = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const isSequential = mode.value.includes('equential');
  const isTtl = mode.value === 'persistentTtl';
  const wrongName = isSequential && name.value === '' ? undefined : nameProblem(name.value);
  const ttlMs = Number(ttlSeconds.value) * 1000;
  const isWrong = wrongName !== undefined || (isTtl && !(ttlMs >= 1));
  const create = async () => {
    if (isWrong || isBusy.value) return;
    isBusy.value = true;
    problem.value = undefined;
    try {
      const { path } = await zk.create(childPath(parent, name.value), data.value, {
        mode: mode.value,
        ttlMs: isTtl ? ttlMs : undefined,
      });
      toast(`Created ${visibleName(path)}`);
      onCreated(path);
    } catch (error) {
      problem.value = errorWords(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <Dialog title="New child" onClose={onClose} isBusy={isBusy.value}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <label>
          Name
          <span class="affixed">
            <span class="affix mono">{visibleName(parent === '/' ? '/' : `${parent}/`)}</span>
            <input
              class="mono"
              autofocus
              spellcheck={false}
              autocomplete="off"
              value={name.value}
              onInput={({ currentTarget: { value } }) => {
                name.value = value;
              }}
            />
          </span>
          {name.value !== '' && wrongName !== undefined && <span class="bad">{wrongName}</span>}
        </label>
        <label>
          Kind
          <select
            value={mode.value}
            onChange={({ currentTarget: { value } }) => {
              mode.value = value as CreateMode;
            }}
          >
            {modes.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {mode.value.startsWith('ephemeral') && (
          <p class="hint">It goes when this page is closed, or loses its session.</p>
        )}
        {isTtl && (
          <label>
            Seconds without change or children until it may go
            <input
              inputMode="numeric"
              value={ttlSeconds.value}
              onInput={({ currentTarget: { value } }) => {
                ttlSeconds.value = value;
              }}
            />
            <span class="hint">A server takes it where zookeeper.extendedTypesEnabled is on.</span>
          </label>
        )}
        <label>
          Data
          <textarea
            class="mono"
            rows={5}
            spellcheck={false}
            placeholder="No data"
            value={data.value}
            onInput={({ currentTarget: { value } }) => {
              data.value = value;
            }}
          />
        </label>
        {problem.value !== undefined && (
          <Strip icon="warn" tone="danger">
            <strong>Not created.</strong> {problem.value}
          </Strip>
        )}
        <footer class="dialog-foot">
          <button type="button" onClick={onClose} disabled={isBusy.value}>
            Cancel
          </button>
          <button type="submit" class="main" disabled={isWrong || isBusy.value}>
            {isBusy.value ? 'Creating …' : 'Create'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
