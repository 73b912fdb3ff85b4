/** The hour and the weekday at the site, as policies ask for them. */
import type { ContextInput } from "../policy/access-input.ts";

const MINUTE_MS = 60_000;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Remembers the last minute: formatting costs more than everything else in a decision. */
export class SiteTime {
  private zone = "";
  private format = formatOf("UTC");
  private minute = Number.NaN;
  private time: ContextInput["time"] = { hour: 0, minute: 0, weekday: 1 };

  /** @param timeZone IANA name */
  at(timeZone: string, wallMs: number): ContextInput["time"] {
    if (timeZone !== this.zone) {
      this.zone = timeZone;
      this.format = formatOf(timeZone);
      this.minute = Number.NaN;
    }
    const minute = Math.floor(wallMs / MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.time = this.read(wallMs);
    }
    return this.time;
  }

  private read(wallMs: number): ContextInput["time"] {
    const parts = new Map(
      this.format.formatToParts(wallMs).map(({ type, value }) => [type, value]),
    );
    return {
      hour: Number(parts.get("hour")),
      minute: Number(parts.get("minute")),
      weekday: 1 + WEEKDAYS.indexOf(parts.get("weekday") ?? ""),
    };
  }
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
