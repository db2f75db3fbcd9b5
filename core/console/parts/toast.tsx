import { signal } from '@preact/signals';

const said = signal<{ readonly text: string; readonly at: number } | undefined>(undefined);
const SEEN_MS = 4_000;

/** Tells that something was done, for a moment. */
export function toast(text: string): void {
  const at = performance.now();
  said.value = { text, at };
  setTimeout(() => {
    if (said.value?.at === at) said.value = undefined;
  }, SEEN_MS);
}

/** Where it is told. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {said.value !== undefined && <div class="toast">{said.value.text}</div>}
    </div>
  );
}
