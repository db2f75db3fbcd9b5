interface Waiting {
  readonly told: Set<() => void>;
  readonly tell: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Tells `aborted` when a signal that has not aborted yet does. However many requests share a
 * signal, it has one listener: Node warns of more than ten, and finds one among many slowly.
 */
export function tellOfAbort(signal: AbortSignal, aborted: () => void): void {
  const known = waiting.get(signal);
  if (known !== undefined) {
    known.told.add(aborted);
    return;
  }
  const told = new Set([aborted]);
  const tell = () => {
    waiting.delete(signal);
    for (const one of told) one();
  };
  waiting.set(signal, { told, tell });
  signal.addEventListener('abort', tell, { once: true });
}

/** What {@link tellOfAbort} was given is told no more. */
export function forgetAbort(signal: AbortSignal, aborted: () => void): void {
  const known = waiting.get(signal);
  if (known === undefined) return;
  known.told.delete(aborted);
  if (known.told.size > 0) return;
  waiting.delete(signal);
  signal.removeEventListener('abort', known.tell);
}
