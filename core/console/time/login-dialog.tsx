import { useSignal } from '@preact/signals';
import { administrator, tryLogin } from '../ask.js';
import { Dialog } from '../parts/dialog.js';
import { LoginFields } from '../parts/login-fields.js';
import { Strip } from '../parts/notice.js';
import { toast } from '../parts/toast.js';

/** Asks who is looking. What was typed is tried at once, and kept only if it is right. */
export function LoginDialog({ onClose }: { readonly onClose: (isKnown: boolean) => void }) {
  const user = useSignal('');
  const password = useSignal('');
  const isBusy = useSignal(false);
  const problem = useSignal<string | undefined>(undefined);
  const tryIt = async () => {
    if (user.value === '' || isBusy.value) return;
    isBusy.value = true;
    const login = { name: user.value, password: password.value };
    const answer = await tryLogin(login);
    isBusy.value = false;
    const isWrong = answer.kind === 'refused' && [401, 429].includes(answer.status);
    if (answer.kind !== 'silent' && !isWrong) {
      administrator.value = login;
      toast(`You look as ${user.value}`);
      onClose(true);
      return;
    }
    problem.value = answer.kind === 'silent' ? 'The server does not answer.' : answer.words;
  };
  return (
    <Dialog title="Look as an administrator" onClose={() => onClose(false)} isBusy={isBusy.value}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void tryIt();
        }}
      >
        <p>
          Administrators see nodes that are deleted or protected, too. Others see what everybody may
          read today.
        </p>
        <LoginFields who="Administrator" user={user} password={password} isFirst />
        <p class="hint">
          It is sent as it is, to this server alone and with questions about the past and orders
          alone, and kept until the page is closed.
        </p>
        {problem.value !== undefined && (
          <Strip icon="key" tone="danger">
            <strong>Not let in.</strong> {problem.value} A server without administrators knows no
            password: <code>npx vivarium admin-user NAME</code> makes one.
          </Strip>
        )}
        <footer class="dialog-foot">
          <button type="button" disabled={isBusy.value} onClick={() => onClose(false)}>
            Cancel
          </button>
          <button type="submit" class="main" disabled={user.value === '' || isBusy.value}>
            Look
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
