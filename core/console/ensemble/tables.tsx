import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { clockText } from '../format.js';
import { charts } from './charts.js';
import { figure, type Sample } from './history.js';
import type { Place } from './places.js';

/** The picture of the servers in words. */
export function PlacesTable({ places }: { readonly places: readonly Place[] }) {
  return (
    <Unfolded title="Servers as a table">
      {() => (
        <table>
          <thead>
            <tr>
              <th scope="col">Server</th>
              <th scope="col">Role</th>
              <th scope="col">Address</th>
              <th scope="col">Link</th>
            </tr>
          </thead>
          <tbody>
            {places.map(({ id, role, address, link, page, isHere }) => (
              <tr key={id}>
                <th scope="row">{id === 0 ? 'this one' : id}</th>
                <td>{role}</td>
                <td class="mono">
                  {page === undefined || isHere ? address : <a href={page}>{address}</a>}
                </td>
                <td>{link}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Unfolded>
  );
}

/** All charts in figures, the newest first. */
export function FiguresTable({ samples }: { readonly samples: readonly Sample[] }) {
  return (
    <Unfolded title="Figures as a table">
      {() => (
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Time</th>
              {charts.flatMap(({ title, series, unit }) =>
                series.map(({ column, name }) => (
                  <th key={column} scope="col">
                    {title}
                    {series.length > 1 && `, ${name}`}
                    {unit !== '' && <span class="muted">, {unit}</span>}
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {samples.toReversed().map((sample) => (
              <tr key={sample.at}>
                <th scope="row">{clockText(sample.at)}</th>
                {charts.flatMap(({ series, shown }) =>
                  series.map(({ column }) => {
                    const value = figure(sample, column);
                    return <td key={column}>{value === null ? '–' : shown(value)}</td>;
                  }),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Unfolded>
  );
}

/** Something that is made when it is asked for. */
function Unfolded({
  title,
  children,
}: {
  readonly title: string;
  readonly children: () => ComponentChildren;
}) {
  const isOpen = useSignal(false);
  return (
    <details
      class="unfolded"
      onToggle={({ currentTarget }) => {
        isOpen.value = currentTarget.open;
      }}
    >
      <summary>{title}</summary>
      {isOpen.value && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
        <section class="unfolded-body" tabIndex={0} aria-label={title}>
          {children()}
        </section>
      )}
    </details>
  );
}
