import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Answer } from '../ask.js';

const AGAIN_MS = 3_000;

/** How many times the same is to be asked again: a server that was silent may come back. */
export function useAgain(answer: Answer<unknown> | undefined): number {
  const times = useSignal(0);
  useEffect(() => {
    if (answer?.kind !== 'silent') return undefined;
    const timer = setTimeout(() => times.value++, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [answer, times]);
  return times.value;
}
