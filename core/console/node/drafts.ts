/** What was typed and not saved, by path: nothing of it is lost by looking at something else. */
import { signal } from '@preact/signals';
import type { Form } from './value-forms.js';

export interface Draft {
  readonly form: Form;
  readonly text: string;
  /** The value that it began from. */
  readonly base: Uint8Array;
  readonly baseVersion: number;
}

export const drafts = signal<ReadonlyMap<string, Draft>>(new Map());

/** Keeps a draft, or forgets it. */
export function setDraft(path: string, draft: Draft | undefined): void {
  const next = new Map(drafts.value);
  if (draft === undefined) next.delete(path);
  else next.set(path, draft);
  drafts.value = next;
}

/** Forgets the drafts of a node that was deleted, and of those below it. */
export function forgetDrafts(path: string): void {
  const isKept = (each: string) => each !== path && !each.startsWith(`${path}/`);
  drafts.value = new Map([...drafts.value].filter(([each]) => isKept(each)));
}

/** Lets the browser ask before the page is closed with drafts in it. */
export function guardDrafts(): void {
  addEventListener('beforeunload', (event) => {
    if (drafts.value.size > 0) event.preventDefault();
  });
}
