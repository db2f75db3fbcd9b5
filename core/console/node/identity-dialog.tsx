import { useSignal } from '@preact/signals';
import type { Client, ClientInfo } from '@vivarium/core';
import { useEffect } from 'preact/hooks';
import { Dialog } from '../parts/dialog.js';
import { errorWords } from '../parts/error-words.js';
import { LoginFields } from '../parts/login-fields.js';
import { Strip } from '../parts/notice.js';
import { toast } from '../parts/toast.js';

/** Adds an identity to the page's connection; it is kept until the page is closed. */
export function IdentityDialog({
  zk,
  onClose,
}: {
  readonly zk: Client;
  readonly onClose: (isAdded: boolean) => void;
}) {
  const user = useSignal('');
  const password = useSignal('');
  const problem = useSignal<string | undefined>(undefined);
  const known = useSignal<readonly ClientInfo[]>([]);
  useEffect(() => {
    // Servers before 3.7 do not say; then nothing is shown.
    zk.whoAmI().then(
      (all) => {
        known.value = all;
      },
      () => {},
    );
  }, [zk, known]);
  const add = async () => {
    try {
      await zk.addAuth({ scheme: 'digest', auth: `${user.value}:${password.value}` });
      toast(`This page acts as ${user.value}, too`);
      onClose(true);
    } catch (error) {
      problem.value = errorWords(error);
    }
  };
  return (
    <Dialog title="Identity" onClose={() => onClose(false)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        {known.value.length > 0 && (
          <p>
            The server knows this page as{' '}
            {known.value.map(({ authScheme, user: name }, index) => (
              <span key={index}>
                {index > 0 && ', '}
                <code>{`${authScheme}:${name}`}</code>
              </span>
            ))}
            .
          </p>
        )}
        <LoginFields who="User" user={user} password={password} isFirst />
        <p class="hint">
          The scheme is digest. It is sent as it is and kept until this page is closed. A server
          takes any password: a wrong one opens nothing.
        </p>
        {problem.value !== undefined && (
          <Strip icon="warn" tone="danger">
            {problem.value}
          </Strip>
        )}
        <footer class="dialog-foot">
          <button type="button" onClick={() => onClose(false)}>
            Cancel
          </button>
          <button
            type="submit"
            class="main"
            disabled={user.value === '' || user.value.includes(':')}
          >
            Add
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
