/** The feed of everything that may go out to other systems, in the order of the commits. */
import { newId } from "./ids.ts";
import type { EventAbout, Priority } from "./model.ts";
import { plainText } from "./plain-text.ts";
import type { Queries } from "./schema.ts";

export interface FeedPerson {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly employer: string;
}

export interface FeedItem {
  readonly position: number;
  /** Stays the same however often it is sent. */
  readonly id: string;
  readonly atMs: number;
  /** `area:what` */
  readonly kind: string;
  readonly priority: Priority;
  /** One line without control or direction characters. */
  readonly text: string;
  readonly session: string | null;
  readonly person: FeedPerson | null;
  readonly about: EventAbout;
}

/** Something for the feed that is no event of the site. */
export interface FeedRecord {
  readonly atMs: number;
  readonly kind: string;
  readonly text: string;
  readonly session: string;
  /** Id of the person. */
  readonly subject: string;
  readonly about: EventAbout;
}

export interface FeedPage {
  readonly items: readonly FeedItem[];
  /** Everything up to here was looked at. */
  readonly through: number;
}

const TEXT_MAX = 500;

export async function appendToFeed(queries: Queries, record: FeedRecord): Promise<void> {
  const { subject, ...rest } = record;
  const text = plainText(record.text, TEXT_MAX);
  const body = JSON.stringify({ ...rest, id: newId(), text, priority: "event" });
  await queries.insertInto("integration_feed").values({ event_id: null, subject, body }).execute();
}

/** Rows looked at for one page: of what few want, not each costs a round. */
const ROWS_MAX = 500;

/**
 * @param limit items at most
 * @param wanted only these kinds; all where it is left out
 */
export async function readFeed(
  queries: Queries,
  after: number,
  limit: number,
  wanted: (kind: string) => boolean = () => true,
): Promise<FeedPage> {
  const rows = await queries
    .selectFrom("integration_feed as feed")
    .leftJoin("site_events as event", "event.id", "feed.event_id")
    .leftJoin("people as person", (join) =>
      join.on((on) => on("person.id", "=", on.fn.coalesce("event.subject", "feed.subject"))),
    )
    .select(["feed.position", "feed.body", "event.id", "event.at_ms", "event.kind"])
    .select(["event.priority", "event.text", "event.session", "event.about"])
    .select((select) => select.fn.coalesce("event.subject", "feed.subject").as("subject"))
    .select(["person.name", "person.email", "person.employer"])
    .where("feed.position", ">", after)
    .orderBy("feed.position", "asc")
    .limit(Math.max(limit, ROWS_MAX))
    .execute();
  const found = rows.map((row) => itemOf(row)).filter(({ kind }) => wanted(kind));
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : rows.at(-1);
  return { items, through: Number(last?.position ?? after) };
}

interface Row {
  readonly position: number;
  readonly body: string | null;
  readonly id: string | null;
  readonly at_ms: number | null;
  readonly kind: string | null;
  readonly priority: Priority | null;
  readonly text: string | null;
  readonly subject: string | null;
  readonly session: string | null;
  readonly about: string | null;
  readonly name: string | null;
  readonly email: string | null;
  readonly employer: string | null;
}

function itemOf(row: Row): FeedItem {
  const position = Number(row.position);
  const person = personOf(row);
  if (row.body !== null) return { ...JSON.parse(row.body), position, person };
  return {
    ...{ position, id: row.id ?? "", atMs: Number(row.at_ms), kind: row.kind ?? "" },
    ...{ priority: row.priority ?? "event", text: row.text ?? "", session: row.session },
    ...{ person, about: aboutOf(row.about) },
  };
}

/** Also of somebody whom the store does not know. */
function personOf({ subject, name, email, employer }: Row): FeedPerson | null {
  if (subject === null) return null;
  return { id: subject, name: name ?? "", email: email ?? "", employer: employer ?? "" };
}

export function aboutOf(text: string | null): EventAbout {
  return text === null ? {} : JSON.parse(text);
}

/** Position of the newest item ever, also of one that is deleted; 0 before the first. */
export async function feedHead(queries: Queries): Promise<number> {
  const { head } = await queries
    .selectFrom("integration_feed")
    .select((select) => select.fn.max("position").as("head"))
    .executeTakeFirstOrThrow();
  return Number(head ?? 0);
}

/** The one newest stays, so that the head is known. */
export async function pruneFeed(queries: Queries, through: number): Promise<void> {
  const head = await feedHead(queries);
  await queries
    .deleteFrom("integration_feed")
    .where("position", "<=", Math.min(through, head - 1))
    .execute();
}
