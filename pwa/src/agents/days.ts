/** Days as agents' pages count them: the town's calendar, whatever the computer's zone. */
import { dayAt } from '../planning/dates';

export { addDays, mondayOf } from '../planning/dates';

/** Today in the town, YYYY-MM-DD. */
export const townToday = (): string => dayAt(Date.now());
