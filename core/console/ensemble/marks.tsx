import { clockText, countText } from '../format.js';
import type { Mark } from './history.js';

/** Kinds of events in words, and how much each should disturb. */
const kinds: Readonly<Record<string, readonly [name: string, tone: 'quiet' | 'warn' | 'bad']>> = {
  start: ['start', 'warn'],
  election: ['election', 'warn'],
  role: ['role', 'warn'],
  'learner-serves': ['server in step', 'quiet'],
  'learner-left': ['lost a server', 'bad'],
  snapshot: ['snapshot', 'quiet'],
  'slow-fsync': ['slow flush', 'warn'],
  damage: ['damage', 'bad'],
  halt: ['halt', 'bad'],
};

/** How much an event should disturb; of a kind that this page does not know, little. */
export function toneOf(kind: string): 'quiet' | 'warn' | 'bad' {
  return kinds[kind]?.[1] ?? 'quiet';
}

/** What happened at the server, the newest first. */
export function Marks({ marks }: { readonly marks: readonly Mark[] }) {
  return (
    <section class="panel" aria-labelledby="events-title">
      <h2 id="events-title">
        Events <span class="count numbers">{countText(marks.length)}</span>
      </h2>
      {marks.length === 0 ? (
        <p class="verdict">None: no election, restart, snapshot or slow flush is remembered.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
        <div class="marks" tabIndex={0}>
          <ul>
            {marks.toReversed().map(({ id, at, kind, message }) => (
              <li key={id}>
                <span class="muted numbers">{clockText(at)}</span>
                <span class={`event ${toneOf(kind)}`}>{kinds[kind]?.[0] ?? kind}</span>
                <span class="event-words">{message}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
