import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { timeText } from '../format.js';
import { isTime, momentOf, momentText, type Span, WRONG_MOMENT } from './past.js';

/** Steps of the line from the first transaction to the last. */
const STEPS = 1_000;

/** What a moment was found to be. */
export interface Found {
  readonly zxid: string;
  readonly time: number | null;
}

/** Where a moment is chosen: by a number or a time, or on the line from the first to the last. */
export function MomentField({
  label,
  moment,
  found,
  span,
  onChoose,
}: {
  readonly label: string;
  /** What is chosen; undefined for nothing yet. */
  readonly moment: string | undefined;
  /** The transaction that it was found to be; its time is not always known. */
  readonly found: Found | undefined;
  readonly span: Span;
  readonly onChoose: (moment: string) => void;
}) {
  const typed = useSignal(momentText(moment));
  const isWrong = useSignal(false);
  const drawn = useSignal<number | undefined>(undefined);
  useEffect(() => {
    typed.value = momentText(moment);
    isWrong.value = false;
    drawn.value = undefined;
  }, [moment]);
  const { first_time: first, last_time: last } = span;
  const chosenTime = moment !== undefined && isTime(moment) ? Number(moment) : undefined;
  const foundTime = found === undefined ? last : (found.time ?? first);
  const at = drawn.value ?? chosenTime ?? foundTime ?? 0;
  const step = Math.max(1, Math.floor(((last ?? 0) - (first ?? 0)) / STEPS));
  // The line ends with a whole step, which stands for the last transaction.
  const end = (first ?? 0) + Math.ceil(((last ?? 0) - (first ?? 0)) / step) * step;
  const timeAt = (value: string) => Math.min(Number(value), last ?? 0);
  const isLast = last !== null && at >= last;
  return (
    <form
      class="moment"
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = momentOf(typed.value);
        isWrong.value = wanted === undefined;
        if (wanted !== undefined) onChoose(wanted);
      }}
    >
      <label class="moment-text">
        <span class="moment-name">{label}</span>
        <input
          class="mono"
          spellcheck={false}
          placeholder="0x100000007 or 2026-11-30 08:15:02"
          aria-invalid={isWrong.value}
          value={typed.value}
          onInput={({ currentTarget: { value } }) => {
            typed.value = value;
            isWrong.value = false;
          }}
        />
      </label>
      <button type="submit">Go</button>
      {first !== null && last !== null && first < last && (
        <input
          type="range"
          aria-label={`${label}, on the line from the first to the last transaction`}
          aria-valuetext={timeText(at)}
          min={first}
          max={end}
          step={step}
          // A value between two steps would become the nearest of them, before the last.
          value={isLast ? end : at}
          onInput={({ currentTarget: { value } }) => {
            drawn.value = timeAt(value);
            typed.value = timeText(timeAt(value));
          }}
          onChange={({ currentTarget: { value } }) => onChoose(`${timeAt(value)}`)}
        />
      )}
      <span class="verdict" role="status">
        {isWrong.value ? (
          <span class="bad">{WRONG_MOMENT}</span>
        ) : (
          found !== undefined && <>right after transaction {found.zxid}</>
        )}
      </span>
    </form>
  );
}
