/** What was typed and not saved, by path: nothing of it is lost by looking at something else. */
import { signal } from '@preact/signals';
import type { Acl } from '@vivarium/core';
import type { LimitName } from './quota.js';
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

/** What a form about a node holds until it is sent. */
export interface Forms {
  readonly quota: Partial<Readonly<Record<LimitName, string>>>;
  readonly acl: {
    readonly acl: readonly Acl[];
    /** The version that it began from. */
    readonly base: number;
  };
}

const forms = signal<ReadonlyMap<string, Partial<Forms>>>(new Map());

/** What was typed into a form about a node, and not sent. */
export function formOf<K extends keyof Forms>(path: string, kind: K): Forms[K] | undefined {
  return forms.value.get(path)?.[kind];
}

/** Keeps what was typed into a form, or forgets it. */
export function setForm<K extends keyof Forms>(
  path: string,
  kind: K,
  form: Forms[K] | undefined,
): void {
  const { [kind]: _, ...rest } = forms.value.get(path) ?? {};
  const own = form === undefined ? rest : { ...rest, [kind]: form };
  const next = new Map(forms.value);
  if (Object.keys(own).length === 0) next.delete(path);
  else next.set(path, own as Partial<Forms>);
  forms.value = next;
}

/** Whether something was typed about a node and not saved. */
export function hasDraft(path: string): boolean {
  return drafts.value.has(path) || forms.value.has(path);
}

/** Forgets what was typed about a node that was deleted, and about those below it. */
export function forgetDrafts(path: string): void {
  const without = <T>(all: ReadonlyMap<string, T>) => {
    return new Map([...all].filter(([each]) => each !== path && !each.startsWith(`${path}/`)));
  };
  drafts.value = without(drafts.value);
  forms.value = without(forms.value);
}

/** Lets the browser ask before the page is closed with drafts in it. */
export function guardDrafts(): void {
  addEventListener('beforeunload', (event) => {
    if (drafts.value.size > 0 || forms.value.size > 0) event.preventDefault();
  });
}
