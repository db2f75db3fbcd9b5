import { Strip } from './notice.js';

/** A server that lets nobody do what administrators may: what it says, and how to make one. */
export function NoAdministrator({ words }: { readonly words: string }) {
  return (
    <Strip icon="lock" tone="warn">
      <strong>Nobody may do this here yet.</strong> {words} Run{' '}
      <code>npx vivarium admin-user NAME</code>, put the line that it prints into the{' '}
      <code>zoo.cfg</code> of each server, and restart them one after the other.
    </Strip>
  );
}
