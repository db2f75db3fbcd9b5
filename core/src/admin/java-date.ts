import type { WallMillis } from '../base/ids.js';

const WEEKDAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const MS_PER_DAY = 86_400_000;

/** A time as Java's `Date.toString` writes it in UTC: `Tue Nov 24 15:19:36 UTC 2026`. */
export function javaDate(wall: WallMillis): string {
  const days = Math.floor(wall / MS_PER_DAY);
  const seconds = Math.floor((wall - days * MS_PER_DAY) / 1000);
  const { year, month, day } = civilDate(days);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const weekday = WEEKDAYS[((days % 7) + 7) % 7];
  return `${weekday} ${MONTHS[month - 1]} ${two(day)} ${clock.map(two).join(':')} UTC ${year}`;
}

/**
 * The Gregorian date of a day counted from 1970-01-01. Years begin in March here, so that the leap
 * day is the last of one, and months then follow a line of slope 30.6.
 */
function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leapless =
    dayOfEra -
    Math.floor(dayOfEra / 1460) +
    Math.floor(dayOfEra / 36_524) -
    Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor(leapless / 365);
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}
