import { signal } from '@preact/signals';
import { Icon } from '../parts/icon.js';
import { NoAdministrator } from '../parts/no-administrator.js';
import { Strip } from '../parts/notice.js';
import type { Failure } from './past.js';

/** Whether the dialog that asks who is looking is open. */
export const isLoggingIn = signal(false);

/** Why there is nothing to be shown of the past, and what can be done about it. */
export function PastFailure({ what, why }: { readonly what: string; readonly why: Failure }) {
  if (why.kind === 'silent') {
    return (
      <Strip icon="plug" tone="danger">
        <strong>The server does not answer.</strong> {what} is asked for again and again.
      </Strip>
    );
  }
  if (why.status === 401) {
    return (
      <Strip icon="key" tone="warn">
        <strong>An administrator is needed.</strong> On this server trees of earlier moments are
        made for its administrators.{' '}
        <button
          type="button"
          onClick={() => {
            isLoggingIn.value = true;
          }}
        >
          <Icon name="key" /> Log in
        </button>
      </Strip>
    );
  }
  if (why.status === 403 && why.words.includes('this server has none')) {
    return <NoAdministrator words={why.words} />;
  }
  return (
    <Strip icon={why.status === 403 ? 'lock' : 'warn'} tone="warn">
      <strong>{what} is not shown.</strong> {sentence(why.words)}
    </Strip>
  );
}

/** As a sentence of its own. */
function sentence(words: string): string {
  const text = words.trim();
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
