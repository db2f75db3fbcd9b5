import { useSignal } from '@preact/signals';
import { type Answer, administrator, order } from '../ask.js';
import { hexText } from '../format.js';
import { ConfirmField } from '../parts/confirm-field.js';
import { Dialog } from '../parts/dialog.js';
import { LoginFields } from '../parts/login-fields.js';
import { NoAdministrator } from '../parts/no-administrator.js';
import { Strip } from '../parts/notice.js';
import { toast } from '../parts/toast.js';
import { ephemeralsText } from './words.js';

interface CloseParts {
  readonly id: bigint;
  readonly ephemerals: number;
  readonly onClose: (isDone: boolean) => void;
}

/** Ends a session after its id was typed, as an administrator where the server asks for one. */
export function CloseDialog({ id, ephemerals, onClose }: CloseParts) {
  const name = hexText(id);
  const typed = useSignal('');
  const isBusy = useSignal(false);
  const failure = useSignal<Exclude<Answer<never>, { kind: 'answered' }> | undefined>(undefined);
  const user = useSignal(administrator.value?.name ?? '');
  const password = useSignal('');
  const isAsked = failure.value?.kind === 'refused' && failure.value.status === 401;
  const isTyped = typed.value.trim().toLowerCase() === name;
  const isReady = isTyped && !isBusy.value && (!isAsked || user.value !== '');
  const close = async () => {
    if (!isReady) return;
    if (isAsked) administrator.value = { name: user.value, password: password.value };
    isBusy.value = true;
    const answer = await order('close_session', { id: name });
    isBusy.value = false;
    if (answer.kind === 'answered') {
      toast(`Session ${name} is closed`);
      onClose(true);
      return;
    }
    // What was wrong once is not sent again by itself.
    if (answer.kind === 'refused' && answer.status === 401) administrator.value = undefined;
    failure.value = answer;
  };
  return (
    <Dialog title="Close a session" onClose={() => onClose(false)} isBusy={isBusy.value}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void close();
        }}
      >
        <p>
          Session <code class="path">{name}</code> will end as if it had expired: its client is
          told, its watches go
          {ephemerals > 0 && (
            <>
              {' '}
              and <strong>{ephemeralsText(ephemerals)}</strong> will be gone for everybody
            </>
          )}
          . Locks and memberships that it holds pass to others.
        </p>
        <ConfirmField what="its id" typed={typed} isBusy={isBusy.value}>
          {name}
        </ConfirmField>
        {failure.value !== undefined && <Failure failure={failure.value} />}
        {isAsked && (
          <>
            <LoginFields who="Administrator" user={user} password={password} />
            <p class="hint">
              It is sent as it is, to this server alone, and kept until the page is closed.
            </p>
          </>
        )}
        <footer class="dialog-foot">
          <button type="button" disabled={isBusy.value} onClick={() => onClose(false)}>
            Cancel
          </button>
          <button type="submit" class="danger" disabled={!isReady}>
            Close the session
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Why the session is still there, and what can be done. */
function Failure({ failure }: { readonly failure: Exclude<Answer<never>, { kind: 'answered' }> }) {
  if (failure.kind === 'silent') {
    return (
      <Strip icon="plug" tone="danger">
        <strong>No answer.</strong> The session may be closed, or not: look again.
      </Strip>
    );
  }
  if (failure.status === 401) {
    return (
      <Strip icon="key" tone="warn">
        <strong>An administrator is needed.</strong> {failure.words}
      </Strip>
    );
  }
  if (failure.status === 403) return <NoAdministrator words={failure.words} />;
  return (
    <Strip icon="warn" tone="danger">
      <strong>The session is not closed.</strong> {failure.words}
    </Strip>
  );
}
