import { useSignal } from '@preact/signals';
import type { ComponentChildren, HTMLAttributes, RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface VirtualParts {
  readonly class: string;
  readonly count: number;
  /** Of every row, px. */
  readonly rowHeight: number;
  readonly row: (index: number) => ComponentChildren;
  /** A row that has to be seen, once for each key: it may move on without the list following. */
  readonly seen?: number | undefined;
  readonly seenKey?: string;
  /** How many rows have come before those it began with: who has scrolled stays where they are. */
  readonly before?: number;
  readonly listRef?: RefObject<HTMLDivElement | null>;
  /** Further attributes of the element that scrolls. */
  readonly list?: HTMLAttributes<HTMLDivElement>;
}

/** Rows beyond what is seen, above and below. */
const SPARE = 8;
/** Browsers lay out nothing that is higher, px. */
const HEIGHT_MAX = 8_000_000;

/**
 * A list of any length of which only what is seen is made. Lists that would be too high for a
 * browser are drawn on a lower one, whose scroll bar stands for the whole.
 */
export function VirtualList(parts: VirtualParts) {
  const { count, rowHeight, row, seen } = parts;
  const own = useRef<HTMLDivElement>(null);
  const ref = parts.listRef ?? own;
  const top = useSignal(0);
  const height = useSignal(600);
  const full = count * rowHeight;
  const drawn = Math.min(full, HEIGHT_MAX);
  // How far a pixel of the scroll bar leads.
  const room = Math.max(drawn - height.value, 1);
  const stretch = full > drawn ? (full - height.value) / room : 1;
  const offset = Math.min(top.value * stretch, Math.max(full - height.value, 0));
  const from = Math.max(0, Math.floor(offset / rowHeight) - SPARE);
  const to = Math.min(count, Math.ceil((offset + height.value) / rowHeight) + SPARE);

  useLayoutEffect(() => {
    const element = ref.current!;
    const measure = () => {
      height.value = element.clientHeight;
      // A list that was hidden for a while comes back where it was, and no event tells that.
      top.value = element.scrollTop;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [height]);
  useLayoutEffect(() => {
    const element = ref.current!;
    if (seen === undefined) return;
    const at = seen * rowHeight;
    const view = element.clientHeight;
    let wanted: number | undefined;
    if (at < offset) wanted = at;
    else if (at + rowHeight > offset + view) wanted = at + rowHeight - view;
    if (wanted === undefined) return;
    // Far away it is shown in the middle, nearby at the edge that it came over.
    if (Math.abs(wanted - offset) > view) wanted = at - view / 2;
    element.scrollTop = Math.max(wanted, 0) / stretch;
    top.value = element.scrollTop;
  }, [parts.seenKey, seen === undefined]);
  const { before = 0 } = parts;
  const wereBefore = useRef(before);
  useLayoutEffect(() => {
    const element = ref.current!;
    const come = before - wereBefore.current;
    wereBefore.current = before;
    if (come <= 0 || element.scrollTop === 0) return;
    element.scrollTop += (come * rowHeight) / stretch;
    top.value = element.scrollTop;
  }, [before]);

  const made: ComponentChildren[] = [];
  for (let index = from; index < to; index++) made.push(row(index));
  const shift = top.value + from * rowHeight - offset;
  return (
    <div
      {...parts.list}
      class={parts.class}
      ref={ref}
      // Rows move with what is seen; a browser that held on to one of them would scroll away.
      style={{ overflowAnchor: 'none' }}
      onScroll={({ currentTarget }) => {
        top.value = currentTarget.scrollTop;
      }}
    >
      <div role="presentation" style={{ height: `${drawn}px`, position: 'relative' }}>
        <div
          role="presentation"
          style={{ position: 'absolute', insetInline: 0, top: `${shift}px` }}
        >
          {made}
        </div>
      </div>
    </div>
  );
}
