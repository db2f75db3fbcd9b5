import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.js';

interface NoticeParts {
  readonly icon: IconName;
  readonly title: string;
  readonly tone?: 'quiet' | 'warn' | 'danger';
  readonly children?: ComponentChildren;
}

/** What stands where there is nothing to show: why that is, and what can be done. */
export function Notice({ icon, title, tone = 'quiet', children }: NoticeParts) {
  return (
    <div class={`notice ${tone}`}>
      <Icon name={icon} size={28} />
      <h3>{title}</h3>
      {children}
    </div>
  );
}

/** A line across the top of something that tells of its state. */
export function Strip({
  icon,
  tone,
  children,
}: {
  readonly icon: IconName;
  readonly tone: 'warn' | 'danger' | 'info';
  readonly children: ComponentChildren;
}) {
  return (
    <div class={`strip ${tone}`} role="status">
      <Icon name={icon} />
      <div class="strip-words">{children}</div>
    </div>
  );
}
