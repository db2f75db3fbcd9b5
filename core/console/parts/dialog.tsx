import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.js';

interface DialogParts {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** While true, neither Escape nor the cross closes it. */
  readonly isBusy?: boolean;
}

/** A window over the page that keeps the keyboard to itself until it is closed. */
export function Dialog({ title, onClose, children, isBusy = false }: DialogParts) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        if (!isBusy) onClose();
      }}
    >
      <header class="dialog-head">
        <h2 id="dialog-title">{title}</h2>
        <button
          type="button"
          class="quiet square"
          aria-label="Close"
          onClick={onClose}
          disabled={isBusy}
        >
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
