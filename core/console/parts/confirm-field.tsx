import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

/** Where somebody types what is about to go, so that nothing goes by a slip. */
export function ConfirmField({
  what,
  children,
  typed,
  isBusy,
}: {
  /** What is to be typed: `its name`. */
  readonly what: string;
  /** The very text. */
  readonly children: ComponentChildren;
  readonly typed: Signal<string>;
  readonly isBusy: boolean;
}) {
  return (
    <label>
      <span>
        To confirm, type {what}: <code class="path">{children}</code>
      </span>
      <input
        class="mono"
        autofocus
        spellcheck={false}
        autocomplete="off"
        disabled={isBusy}
        value={typed.value}
        onInput={({ currentTarget: { value } }) => {
          typed.value = value;
        }}
      />
    </label>
  );
}
