/**
 * Numbers, times and names as people read them.
 *
 * @module
 */

/** `12 840`, with narrow spaces. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

/** `1 change`, `118 changes`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A number with as many digits as say something. */
export function figure(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 1000) return count(value);
  return String(Number(value.toPrecision(digits)));
}

/** Money with a sign and two decimals, as text: it may be larger than a number holds. */
export function money(amount: string): string {
  const [, sign = "", whole = "0", part = ""] =
    /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount) ?? [];
  if (/^0*$/.test(whole + part)) return "0.00";
  return `${sign || "+"}${whole.replace(/\B(?=(\d{3})+$)/g, "\u202f")}.${
    part.padEnd(2, "0").slice(0, 2)
  }`;
}

/** A time in milliseconds, with its unit. */
export function millis(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value >= 1000
    ? `${figure(value / 1000)}\u202fs`
    : `${figure(value)}\u202fms`;
}

/** `0:42`, `12:05`, `3:10:00`. */
export function clockOf(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (part: number) => String(part).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor(s / 60) % 60;
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(s % 60)}`
    : `${minutes}:${two(s % 60)}`;
}

const TIME = new Intl.DateTimeFormat([], {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat([], {
  year: "numeric",
  month: "short",
  day: "numeric",
});

/** The time in the viewer's zone, with the day where it is not today. */
export function timeOf(instant: string | number): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return String(instant);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday
    ? TIME.format(date)
    : `${DAY.format(date)} ${TIME.format(date)}`;
}

const NAMES: Readonly<Record<string, string>> = {
  feature_store: "FeatureStore",
  event_bus: "EventBus",
  settings_store: "SettingsStore",
  sequence: "SequencePort",
  near: "near cache",
  redis: "Redis",
  postgres: "Postgres",
  sqlite: "SQLite",
  database: "database",
  memory: "memory",
  noop: "nothing",
};

/** What people call a port or an adapter. */
export function nameOf(name: string): string {
  return NAMES[name] ?? name;
}

/** A value of JSON in one line. */
export function oneLine(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "–";
}
