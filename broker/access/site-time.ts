/** The hour and the weekday at a site, as policies ask for them. */
import type { ContextInput } from "../policy/access-input.ts";

const MINUTE_MS = 60_000;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

interface Known {
  readonly format: Intl.DateTimeFormat;
  minute: number;
  time: ContextInput["time"];
}

/**
 * Remembers the last minute in each zone: formatting costs more than everything else in a
 * decision. There are no more zones than the platform knows.
 */
export class SiteTime {
  private readonly known = new Map<string, Known>();

  /** @param timeZone IANA name */
  at(timeZone: string, wallMs: number): ContextInput["time"] {
    const known = this.known.get(timeZone) ?? unread(timeZone);
    this.known.set(timeZone, known);
    const minute = Math.floor(wallMs / MINUTE_MS);
    if (minute !== known.minute) {
      known.minute = minute;
      known.time = read(known.format, wallMs);
    }
    return known.time;
  }
}

function unread(timeZone: string): Known {
  const time = { hour: 0, minute: 0, weekday: 1 };
  return { format: formatOf(timeZone), minute: Number.NaN, time };
}

function read(format: Intl.DateTimeFormat, wallMs: number): ContextInput["time"] {
  const parts = new Map(format.formatToParts(wallMs).map(({ type, value }) => [type, value]));
  return {
    hour: Number(parts.get("hour")),
    minute: Number(parts.get("minute")),
    weekday: 1 + WEEKDAYS.indexOf(parts.get("weekday") ?? ""),
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    hour: "2-digit",
    minute: "2-digit",
    weekday: "short",
  });
}
