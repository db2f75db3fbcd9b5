import { useRef } from 'preact/hooks';

interface FlashParts {
  /** What is to be seen, as a text: another one flashes. */
  readonly of: string;
  /** Whether it flashes at once, since it has come while somebody looks. */
  readonly isNew: boolean;
}

/** Lights up what it lies in, once for each change. */
export function Flash({ of, isNew }: FlashParts) {
  const first = useRef(isNew ? undefined : of);
  if (first.current === of) return null;
  first.current = undefined;
  return <span key={of} class="flash" aria-hidden="true" />;
}
