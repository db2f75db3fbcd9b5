/** Light or dark: what the system prefers, until somebody chooses. */
import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'vivarium.theme';
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

/** What was chosen. */
export const theme = signal<Theme>(remembered());

/** Keeps the page's colours as they were chosen, from now on. */
export function followTheme(): void {
  const apply = () => {
    const isDark = theme.value === 'dark' || (theme.value === 'system' && systemIsDark.matches);
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  };
  effect(apply);
  systemIsDark.addEventListener('change', apply);
}

/** The next of the three, and remembers it where the browser lets it. */
export function turnTheme(): void {
  const next: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
  theme.value = next[theme.value];
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // A browser that keeps nothing has it until the page is closed.
  }
}

function remembered(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system';
  }
}
