import { useSignal } from '@preact/signals';
import { type Client, isZkError, type Stat } from '@vivarium/core';
import { useEffect, useRef } from 'preact/hooks';
import { countText, plural } from '../format.js';
import { ConfirmField } from '../parts/confirm-field.js';
import { Dialog } from '../parts/dialog.js';
import { errorWords } from '../parts/error-words.js';
import { Strip } from '../parts/notice.js';
import { toast } from '../parts/toast.js';
import { nameOf, visibleName } from '../paths.js';
import { type DeleteProgress, deleteTree } from './delete-tree.js';

interface DeleteParts {
  readonly zk: Client;
  readonly path: string;
  readonly stat: Stat;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

/** Deletes a node, with everything below it, after its name was typed. */
export function DeleteDialog({ zk, path, stat, onClose, onDeleted }: DeleteParts) {
  const typed = useSignal('');
  const problem = useSignal<string | undefined>(undefined);
  const progress = useSignal<DeleteProgress | undefined>(undefined);
  const below = useSignal<number | undefined>(undefined);
  const stop = useRef<AbortController | undefined>(undefined);
  const name = nameOf(path);
  useEffect(() => {
    // Servers before 3.6 do not count; then the dialog does without.
    zk.allChildrenNumber(path).then(
      (count) => {
        below.value = count;
      },
      () => {},
    );
    return () => stop.current?.abort();
  }, [zk, path, below]);
  const isDeep = stat.numChildren > 0;
  const isBusy = progress.value !== undefined;
  const remove = async () => {
    if (typed.value !== name || isBusy) return;
    const stopping = new AbortController();
    stop.current = stopping;
    problem.value = undefined;
    progress.value = { found: 0, deleted: 0 };
    const tell = (next: DeleteProgress) => {
      progress.value = next;
    };
    try {
      if (isDeep) await deleteTree(zk, path, tell, stopping.signal);
      else await zk.delete(path);
      const words = progress.value.deleted > 1 ? ` and ${progress.value.deleted - 1} below it` : '';
      toast(`Deleted ${visibleName(path)}${words}`);
      onDeleted();
    } catch (error) {
      const { deleted } = progress.value;
      const done = deleted === 0 ? '' : ` ${plural(deleted, 'node was', 'nodes were')} deleted.`;
      if (stopping.signal.aborted) problem.value = `You stopped it.${done}`;
      else if (isZkError(error))
        problem.value = `${error.path ?? path}: ${errorWords(error)}${done}`;
      else problem.value = `${errorWords(error)}${done}`;
    } finally {
      progress.value = undefined;
    }
  };
  const { found = 0, deleted = 0 } = progress.value ?? {};
  return (
    <Dialog title={isDeep ? 'Delete a subtree' : 'Delete a node'} onClose={onClose} isBusy={isBusy}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void remove();
        }}
      >
        <p>
          <code class="path">{visibleName(path)}</code>
          {isDeep ? (
            <>
              {' and '}
              <strong>
                {below.value === undefined
                  ? 'everything below it'
                  : `${plural(below.value, 'node', 'nodes')} below it`}
              </strong>{' '}
              will be gone for everybody.
            </>
          ) : (
            ' will be gone for everybody.'
          )}
        </p>
        <ConfirmField what="its name" typed={typed} isBusy={isBusy}>
          {visibleName(name)}
        </ConfirmField>
        {isBusy && isDeep && (
          <p class="hint numbers" role="status">
            <progress max={Math.max(found, 1)} value={deleted} aria-label="Deleted" />
            {countText(deleted)} of {countText(found)} deleted
          </p>
        )}
        {problem.value !== undefined && (
          <Strip icon="warn" tone="danger">
            <strong>Not all is deleted.</strong> {problem.value}
          </Strip>
        )}
        <footer class="dialog-foot">
          {isBusy ? (
            <button type="button" onClick={() => stop.current?.abort()}>
              Stop
            </button>
          ) : (
            <button type="button" onClick={onClose}>
              Cancel
            </button>
          )}
          <button type="submit" class="danger" disabled={typed.value !== name || isBusy}>
            {isDeep ? 'Delete all of it' : 'Delete'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
