/** Small pictures, drawn with lines of the text's colour. */

const shapes = {
  chevron: 'M6 4l4 4-4 4',
  search: 'M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM10.8 10.8L14 14',
  plus: 'M8 3v10M3 8h10',
  bin: 'M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v3.5M9.2 7v3.5',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.5v-7h7',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5l7 4.5-7 4.5z',
  down: 'M8 3v7M4.8 7.2L8 10.4l3.2-3.2M3 13h10',
  close: 'M4 4l8 8M12 4l-8 8',
  back: 'M10 4L6 8l4 4',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4M3.2 3.2l1 1M11.8 11.8l1 1M3.2 12.8l1-1M11.8 4.2l1-1',
  moon: 'M13 9.6A5.4 5.4 0 0 1 6.4 3 5.4 5.4 0 1 0 13 9.6z',
  screen: 'M2.5 3.5h11v7.5h-11zM6 13.5h4',
  key: 'M6 11.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 7.6l5.4-4.4M11.2 5l1.4 1.6',
  lock: 'M4 7.5h8v6H4zM5.8 7.5V5.2a2.2 2.2 0 0 1 4.4 0v2.3',
  gone: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM3.8 3.8l8.4 8.4',
  warn: 'M8 2.2l6.4 11.3H1.6zM8 6.5v3.2M8 11.6v.1',
  plug: 'M5.5 2v3M10.5 2v3M4 5h8v3a4 4 0 0 1-8 0zM8 12v2.5',
  empty: 'M2.5 9l2-5.5h7l2 5.5v4h-11zM2.5 9h3.2l.8 1.6h3l.8-1.6h3.2',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6',
  pulse: 'M1.5 8.5h3l2-5 3 9 2-4h3',
} as const;

export type IconName = keyof typeof shapes;

/** An icon beside a text that says the same; it is nothing to a screen reader. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}
