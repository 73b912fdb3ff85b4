/** Alarms whose condition is told by the site's events; the table of kinds says which. */
import type { SiteEvent } from "../store/model.ts";
import type { AlarmBook } from "./alarm-book.ts";
import {
  ALARM_KIND_NAMES,
  ALARM_KINDS,
  type AlarmKind,
  type AlarmKindName,
} from "./alarm-kinds.ts";

export function followEvents(book: Pick<AlarmBook, "raise" | "clear">) {
  return (event: SiteEvent): void => {
    for (const name of RAISED_BY.get(event.kind) ?? []) raise(book, name, event);
    for (const name of CLEARED_BY.get(event.kind) ?? []) book.clear(name, sourceOf(name, event));
  };
}

function raise(book: Pick<AlarmBook, "raise">, name: AlarmKindName, event: SiteEvent): void {
  const { onlyMarked }: AlarmKind = ALARM_KINDS[name];
  if (onlyMarked && event.priority !== "alarm") return;
  const { text, subject, session } = event;
  book.raise(name, sourceOf(name, event), {
    text,
    subject: subject ?? undefined,
    session: session ?? undefined,
  });
}

function sourceOf(name: AlarmKindName, event: SiteEvent): string {
  const { source }: AlarmKind = ALARM_KINDS[name];
  if (source === "integration" || source === "endpoint") return event.about?.[source] ?? SITE;
  return (source === undefined ? null : event[source]) ?? SITE;
}

/** Where there is at most one of a kind. */
export const SITE = "site";

const RAISED_BY = kindsBy("raisedBy");
const CLEARED_BY = kindsBy("clearedBy");

function kindsBy(what: "raisedBy" | "clearedBy"): ReadonlyMap<string, readonly AlarmKindName[]> {
  const kinds = new Map<string, AlarmKindName[]>();
  for (const name of ALARM_KIND_NAMES) {
    const kind: AlarmKind = ALARM_KINDS[name];
    for (const event of kind[what] ?? []) kinds.set(event, [...(kinds.get(event) ?? []), name]);
  }
  return kinds;
}
