/** Alarms whose condition is told by the site's events; the table of kinds says which. */
import { wasFoundSince } from "../store/alarms.ts";
import { pendingEvents } from "../store/log-outbox.ts";
import type { SiteEvent } from "../store/model.ts";
import type { Queries } from "../store/schema.ts";
import { type AlarmBook, MORE } from "./alarm-book.ts";
import {
  ALARM_KIND_NAMES,
  ALARM_KINDS,
  type AlarmKind,
  type AlarmKindName,
} from "./alarm-kinds.ts";

type Heard = Pick<AlarmBook, "raise" | "clear">;

export function followEvents(book: Heard) {
  return (event: SiteEvent): void => {
    for (const { tell } of touchedBy(event)) tell(book);
  };
}

/** Read at once. */
const PAGE = 500;

/**
 * What was kept while nobody listened: by commands on the host with the broker stopped, or just
 * before a crash. An alarm that was found since then knows of it already.
 */
export async function hearWhatWaits(book: Heard, queries: Queries): Promise<void> {
  const news: Touched[] = [];
  for (let after = 0; ; ) {
    const page = await pendingEvents(queries, after, PAGE);
    for (const { item } of page) {
      for (const touched of touchedBy(item)) {
        const about = [touched.source, MORE];
        if (!(await wasFoundSince(queries, touched.name, about, item.atMs))) news.push(touched);
      }
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.position;
  }
  for (const { tell } of news) tell(book);
}

/** An alarm that an event is about. */
interface Touched {
  readonly name: AlarmKindName;
  readonly source: string;
  tell(book: Heard): void;
}

function touchedBy(event: SiteEvent): readonly Touched[] {
  const raised = RAISED_BY.get(event.kind) ?? [];
  const cleared = CLEARED_BY.get(event.kind) ?? [];
  return [
    ...raised.map((name) => touchedOf(name, event, (book) => raise(book, name, event))),
    ...cleared.map((name) =>
      touchedOf(name, event, (book) => book.clear(name, sourceOf(name, event))),
    ),
  ];
}

function touchedOf(name: AlarmKindName, event: SiteEvent, tell: Touched["tell"]): Touched {
  return { name, source: sourceOf(name, event), tell };
}

function raise(book: Heard, name: AlarmKindName, event: SiteEvent): void {
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
