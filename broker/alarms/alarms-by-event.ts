/** Alarms whose condition is told by the site's events; the table of kinds says which. */
import { wasFoundSince } from "../store/alarms.ts";
import { pendingEvents } from "../store/log-outbox.ts";
import type { SiteEvent } from "../store/model.ts";
import type { Queries } from "../store/schema.ts";
import { type AlarmBook, moreAt } from "./alarm-book.ts";
import {
  ALARM_KIND_NAMES,
  ALARM_KINDS,
  type AlarmKind,
  type AlarmKindName,
} from "./alarm-kinds.ts";
import type { AlarmPlace } from "./alarm-place.ts";

/** Where what an event is about is, by the plant file in force. */
type PlaceOf = (event: SiteEvent) => AlarmPlace;

type Heard = Pick<AlarmBook, "raise" | "clear">;

export function followEvents(book: Heard, placeOf: PlaceOf) {
  return (event: SiteEvent): void => {
    for (const { tell } of touchedBy(event, placeOf(event))) tell(book);
  };
}

/** Read at once. */
const PAGE = 500;

/**
 * What was kept while nobody listened: by commands on the host with the broker stopped, by the parts
 * that are opened before, or just before a crash. An alarm that was found since then knows of it
 * already.
 * @returns ids of what was heard
 */
export async function hearWhatWaits(
  book: Heard,
  queries: Queries,
  placeOf: PlaceOf,
): Promise<ReadonlySet<string>> {
  const news: Touched[] = [];
  const heard = new Set<string>();
  for (let after = 0; ; ) {
    const page = await pendingEvents(queries, after, PAGE);
    for (const { item } of page) {
      heard.add(item.id);
      for (const touched of touchedBy(item, placeOf(item))) {
        if (!(await wasFoundSince(queries, touched.name, touched.sources, item.atMs))) {
          news.push(touched);
        }
      }
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.position;
  }
  for (const { tell } of news) tell(book);
  return heard;
}

/** An alarm that an event is about. */
interface Touched {
  readonly name: AlarmKindName;
  /** Either would be it: its own, or that of many more. */
  readonly sources: readonly string[];
  tell(book: Heard): void;
}

function touchedBy(event: SiteEvent, place: AlarmPlace): readonly Touched[] {
  const raised = RAISED_BY.get(event.kind) ?? [];
  const cleared = CLEARED_BY.get(event.kind) ?? [];
  return [
    ...raised.map((name) =>
      touchedOf(name, event, place, (book) => raise(book, name, event, place)),
    ),
    ...cleared.map((name) =>
      touchedOf(name, event, place, (book) => book.clear(name, sourceOf(name, event, place))),
    ),
  ];
}

function touchedOf(
  name: AlarmKindName,
  event: SiteEvent,
  place: AlarmPlace,
  tell: Touched["tell"],
): Touched {
  const sources = [sourceOf(name, event, place), moreAt(place)];
  return { name, sources, tell };
}

function raise(book: Heard, name: AlarmKindName, event: SiteEvent, place: AlarmPlace): void {
  const { onlyMarked }: AlarmKind = ALARM_KINDS[name];
  if (onlyMarked && event.priority !== "alarm") return;
  const { text, subject, session } = event;
  book.raise(name, sourceOf(name, event, place), {
    ...{ text, place },
    subject: subject ?? undefined,
    session: session ?? undefined,
  });
}

/** What can be at several sites is one alarm at each, for who watches over one sees only that. */
function sourceOf(name: AlarmKindName, event: SiteEvent, { site }: AlarmPlace): string {
  const { source }: AlarmKind = ALARM_KINDS[name];
  const own = ownSource(name, event);
  const isAnywhere = source === undefined || source === "subject";
  return isAnywhere && site !== null && site !== "" ? `${own} at ${site}` : own;
}

function ownSource(name: AlarmKindName, event: SiteEvent): string {
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
