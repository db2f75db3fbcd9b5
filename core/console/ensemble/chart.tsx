import { signal } from '@preact/signals';
import { clockText } from '../format.js';
import { axisEnd, axisText, type ChartSpec } from './charts.js';
import { figure, type Mark, type Sample } from './history.js';
import { toneOf } from './marks.js';

/** The moment that is pointed at, in all charts together; undefined when there is none. */
const pointed = signal<number | undefined>(undefined);

const WIDTH = 900;
const HEIGHT = 100;
/** Two samples further apart than so many intervals are not joined: the server was away. */
const GAP = 2.5;

interface ChartParts {
  readonly spec: ChartSpec;
  readonly samples: readonly Sample[];
  readonly marks: readonly Mark[];
  /** The right edge. */
  readonly end: number;
  /** How much time is shown, ms. */
  readonly span: number;
  readonly intervalMs: number;
}

/** The last minutes of a few figures: lines over time, and what happened as strokes across. */
export function Chart({ spec, samples, marks, end, span, intervalMs }: ChartParts) {
  const begin = end - span;
  const third = span / 180_000;
  const all = spec.series.map(({ column }) => samples.map((sample) => figure(sample, column)));
  const most = Math.max(0, ...all.flat().map((value) => value ?? 0));
  const top = axisEnd(most);
  const x = (at: number) => ((at - begin) / span) * WIDTH;
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT;
  const at = nearest(samples, pointed.value);
  const told = at ?? samples.length - 1;
  const point = (clientX: number, box: DOMRect) => {
    pointed.value = begin + ((clientX - box.left) / box.width) * span;
  };
  const values = all.map((list) => {
    const value = list[told] ?? null;
    return value === null ? 'none' : spec.shown(value);
  });
  const summary = spec.series.map(({ name }, index) => `${name} ${values[index]}`).join(', ');
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{spec.title}</span> <span class="muted">{spec.unit}</span>
        <span class="grow" />
        {at !== undefined && <span class="muted numbers">{clockText(samples[at]!.at)}</span>}
      </figcaption>
      <p class="legend">
        {spec.series.map(({ name }, index) => (
          <span key={name} class="key">
            <span class={`swatch s${index + 1}`} aria-hidden="true" />
            {(spec.series.length > 1 || at !== undefined) && (
              <span class="muted">{spec.series.length > 1 ? name : 'then'}</span>
            )}
            <strong class="numbers">{values[index]}</strong>
          </span>
        ))}
      </p>
      <div class="plot">
        <span class="axis-y numbers" aria-hidden="true">
          {axisText(spec, top)}
        </span>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={
            `${spec.title}${spec.unit === '' ? '' : `, ${spec.unit}`}: ${summary}; ` +
            `most in ${third * 3} minutes ${spec.shown(most)}`
          }
          onPointerMove={({ clientX, currentTarget }) => {
            point(clientX, currentTarget.getBoundingClientRect());
          }}
          onPointerLeave={() => {
            pointed.value = undefined;
          }}
        >
          <path class="grid" d={`M0 0H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT}H${WIDTH}`} />
          {marks.map(({ id, at: when, kind }) => (
            <path
              key={id}
              class={`mark ${toneOf(kind)}`}
              d={`M${x(when).toFixed(1)} 0V${HEIGHT}`}
            />
          ))}
          {all.map((list, index) => (
            <path
              key={spec.series[index]!.column}
              class={`line s${index + 1}`}
              d={lineOf(samples, list, x, y, intervalMs * GAP)}
            />
          ))}
          {at !== undefined && (
            <path class="pointer" d={`M${x(samples[at]!.at).toFixed(1)} 0V${HEIGHT}`} />
          )}
        </svg>
        <div class="axis-x numbers" aria-hidden="true">
          <span>{third * 3} min ago</span>
          <span>{third * 2}</span>
          <span>{third}</span>
          <span>now</span>
        </div>
      </div>
    </figure>
  );
}

/** The line through what is there; where nothing is, or the server was away, it is broken. */
function lineOf(
  samples: readonly Sample[],
  values: readonly (number | null)[],
  x: (at: number) => number,
  y: (value: number) => number,
  gapMs: number,
): string {
  let path = '';
  let before: number | undefined;
  for (const [index, value] of values.entries()) {
    const { at } = samples[index]!;
    if (value === null) {
      before = undefined;
      continue;
    }
    const isJoined = before !== undefined && at - before <= gapMs;
    const place = `${x(at).toFixed(1)} ${y(value).toFixed(2)}`;
    // A sample that stands alone is a dot: a line of no length with round ends.
    path += isJoined ? `L${place}` : `M${place}h0.01`;
    before = at;
  }
  return path;
}

/** The sample closest to a moment; undefined when none is near. */
function nearest(samples: readonly Sample[], at: number | undefined): number | undefined {
  if (at === undefined || samples.length === 0) return undefined;
  let best = 0;
  for (let index = 1; index < samples.length; index++) {
    if (Math.abs(samples[index]!.at - at) < Math.abs(samples[best]!.at - at)) best = index;
  }
  return Math.abs(samples[best]!.at - at) < 60_000 ? best : undefined;
}
