import { useSignal } from '@preact/signals';
import type { Stat } from '@vivarium/core';
import { agoText } from '../format.js';
import { now } from '../link.js';
import { Strip } from '../parts/notice.js';
import { lineDiff } from './line-diff.js';

interface ConflictParts {
  /** What was typed, and what is stored, in the same form. */
  readonly mine: string;
  readonly theirs: string;
  readonly baseVersion: number;
  readonly stat: Stat;
  readonly isBusy: boolean;
  readonly onOverwrite: () => void;
  readonly onTakeTheirs: () => void;
  readonly onGoOn: () => void;
}

/** Two people have changed a node: both sides, and what can be done. Nothing is lost by itself. */
export function Conflict(parts: ConflictParts) {
  const { mine, theirs, baseVersion, stat, isBusy } = parts;
  const isOpen = useSignal(true);
  const lines = isOpen.value ? lineDiff(theirs, mine) : [];
  return (
    <div class="conflict">
      <Strip icon="warn" tone="warn">
        <strong>Changed by somebody else.</strong> You began from version {baseVersion}; version{' '}
        {stat.version} was stored {agoText(stat.mtime, now.value)}. What you typed is below, not
        saved.
      </Strip>
      {isOpen.value && (
        <div class="sides">
          <div class="side-name">Stored now, version {stat.version}</div>
          <div class="side-name">Yours</div>
          <pre class="side">
            {lines
              .filter(({ kind }) => kind !== 'right')
              .map(({ kind, text }, index) => (
                <span key={index} class={kind === 'left' ? 'only' : undefined}>{`${text}\n`}</span>
              ))}
          </pre>
          <pre class="side">
            {lines
              .filter(({ kind }) => kind !== 'left')
              .map(({ kind, text }, index) => (
                <span key={index} class={kind === 'right' ? 'only' : undefined}>{`${text}\n`}</span>
              ))}
          </pre>
        </div>
      )}
      <div class="bar">
        <button
          type="button"
          class="quiet"
          aria-expanded={isOpen.value}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          {isOpen.value ? 'Hide both sides' : 'Show both sides'}
        </button>
        <span class="grow" />
        <button type="button" disabled={isBusy} onClick={parts.onTakeTheirs}>
          Discard mine
        </button>
        <button type="button" disabled={isBusy} onClick={parts.onGoOn}>
          Go on from version {stat.version}
        </button>
        <button type="button" class="danger" disabled={isBusy} onClick={parts.onOverwrite}>
          Overwrite version {stat.version}
        </button>
      </div>
    </div>
  );
}
