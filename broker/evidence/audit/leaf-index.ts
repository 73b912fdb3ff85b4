/**
 * Where to find which leaves: a database of its own beside the store, derived from the log. It may
 * be deleted at any time and is then built again; the log is the truth, and an index that does not
 * fit it is thrown away.
 */
import { rm } from "node:fs/promises";
import { Kysely, sql } from "kysely";
import type { Clock } from "../../clock.ts";
import { engineDialect } from "../../store/engine-dialect.ts";
import { SQLITE } from "../../store/sqlite-language.ts";
import { SqliteThread } from "../../store/sqlite-thread.ts";
import { keepPrivate } from "../../store/store.ts";
import type { LeafFacts } from "./leaf-facts.ts";

/** Which leaves; all that are given must fit. Times are milliseconds, `untilMs` exclusive. */
export interface LeafFilter {
  /** A kind such as `session:opened`, or an area such as `session`. */
  readonly what?: string;
  readonly person?: string;
  readonly asset?: string;
  /** Any of these. */
  readonly assets?: readonly string[];
  readonly session?: string;
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** Words, all of which it must hold; the beginning of one is enough. */
  readonly text?: string;
  /** Also what the log says of itself once a minute. */
  readonly routine?: boolean;
}

/** Where a leaf is. */
export interface LeafPlace {
  readonly log: number;
  readonly index: number;
}

export interface Indexed {
  readonly log: number;
  readonly size: number;
  /** Hex. */
  readonly root: string;
}

/** Ids of a session, its person and its asset. */
export interface LeafSession {
  readonly id: string;
  readonly person: string | null;
  readonly asset: string | null;
}

export interface LeafChoices {
  readonly kinds: readonly { readonly name: string; readonly count: number }[];
  readonly people: readonly string[];
  readonly assets: readonly string[];
}

interface LeavesTable {
  /** log × 2^40 + index: in the order of the site's history. */
  seq: number;
  at_ms: number;
  what: string;
  person: string | null;
  session: string | null;
  asset: string | null;
}

interface Tables {
  leaves: LeavesTable;
  leaf_words: { rowid: number; words: string };
  sessions: { id: string; person: string | null; asset: string | null };
  names: { sort: "kind" | "person" | "asset"; name: string; count: number };
  indexed: { log: number; size: number; root: string };
}

/** 2^40 leaves a log, 8,192 logs: both beyond what a site writes in its life. */
const LOG_WIDTH = 2 ** 40;
export const ROUTINE = ["heartbeat", "recordings.progress"] as const;
/** Choices that a person can still look through. */
const CHOICES_MAX = 500;
/** Another format of the index is built anew. */
const FORMAT = "1";

export class LeafIndex {
  private readonly thread: SqliteThread;
  private readonly db: Kysely<Tables>;

  private constructor(thread: SqliteThread) {
    this.thread = thread;
    this.db = new Kysely<Tables>({ dialect: engineDialect(thread, SQLITE) });
  }

  /** One that cannot be opened is made anew. @param file made if it is not there */
  static async open(file: string, clock: Clock): Promise<LeafIndex> {
    const versioned = `${file}.${FORMAT}`;
    try {
      return await LeafIndex.openFile(versioned, clock);
    } catch {
      for (const end of ["", "-wal", "-shm"]) await rm(`${versioned}${end}`, { force: true });
      return LeafIndex.openFile(versioned, clock);
    }
  }

  private static async openFile(file: string, clock: Clock): Promise<LeafIndex> {
    keepPrivate(file);
    const thread = await SqliteThread.open(file, clock);
    const index = new LeafIndex(thread);
    try {
      for (const statement of SCHEMA) await sql.raw(statement).execute(index.db);
    } catch (error) {
      await thread.close();
      throw error;
    }
    return index;
  }

  async indexed(): Promise<readonly Indexed[]> {
    return this.db.selectFrom("indexed").selectAll().orderBy("log").execute();
  }

  /** Everything is forgotten; the log is read again. */
  async clear(): Promise<void> {
    for (const name of ["leaves", "sessions", "names", "indexed"] as const) {
      await this.db.deleteFrom(name).execute();
    }
    await sql`insert into leaf_words (leaf_words) values ('delete-all')`.execute(this.db);
  }

  /** All or nothing. @param first index of the first of them */
  async add(to: Indexed, first: number, facts: readonly LeafFacts[]): Promise<void> {
    const seqOf = (at: number) => to.log * LOG_WIDTH + first + at;
    await this.db
      .transaction()
      .setIsolationLevel("serializable")
      .execute(async (db) => {
        const sessions = await sessionsOf(db, facts);
        const rows = facts.map(({ words: _, ...leaf }, at) => rowOf(seqOf(at), leaf, sessions));
        await insertRows(db, rows);
        await insertWords(
          db,
          facts.map(({ words }, at) => [seqOf(at), words]),
        );
        await countNames(db, rows);
        await db
          .insertInto("indexed")
          .values(to)
          .onConflict((conflict) => conflict.column("log").doUpdateSet(to))
          .execute();
      });
  }

  /** Newest first. @param before only those before this one */
  async find(
    filter: LeafFilter,
    before: LeafPlace | undefined,
    limit: number,
  ): Promise<readonly LeafPlace[]> {
    const { what, person, asset, assets, session, fromMs, untilMs, text = "", routine } = filter;
    const query = wordsQuery(text);
    let found =
      query === ""
        ? this.db.selectFrom("leaves").select("seq").orderBy("seq", "desc").limit(limit)
        : this.withWords(query, before).limit(limit);
    if (before) found = found.where("seq", "<", seqOfPlace(before));
    if (what !== undefined) found = found.where(whatIs(what));
    if (person !== undefined) found = found.where("person", "=", person);
    if (asset !== undefined) found = found.where("asset", "=", asset);
    if (assets !== undefined) found = found.where(isAmong(assets));
    if (session !== undefined) found = found.where("session", "=", session);
    if (fromMs !== undefined) found = found.where("at_ms", ">=", fromMs);
    if (untilMs !== undefined) found = found.where("at_ms", "<", untilMs);
    if (routine !== true && what === undefined) found = found.where("what", "not in", ROUTINE);
    return (await found.execute()).map(({ seq }) => placeOfSeq(Number(seq)));
  }

  /** Led by the words, newest first, so that common ones end as soon as a page is full. */
  private withWords(query: string, before: LeafPlace | undefined) {
    const last = before ? seqOfPlace(before) : Number.MAX_SAFE_INTEGER;
    return this.db
      .selectFrom("leaf_words")
      .crossJoin("leaves")
      .select("seq")
      .whereRef("seq", "=", "leaf_words.rowid")
      .where(sql<boolean>`leaf_words match ${query}`)
      .where("leaf_words.rowid", "<", last)
      .orderBy("leaf_words.rowid", "desc");
  }

  /** Whose sessions these are and where, as far as the log told. */
  async sessionsOf(ids: readonly string[]): Promise<readonly LeafSession[]> {
    if (ids.length === 0) return [];
    return this.db.selectFrom("sessions").selectAll().where("id", "in", ids).execute();
  }

  async choices(): Promise<LeafChoices> {
    const rows = await this.db
      .selectFrom("names")
      .selectAll()
      .orderBy("count", "desc")
      .limit(3 * CHOICES_MAX)
      .execute();
    const namesOf = (sort: string) =>
      rows.filter((row) => row.sort === sort).map(({ name }) => name);
    const kinds = rows.filter(({ sort }) => sort === "kind");
    return {
      kinds: kinds.map(({ name, count }) => ({ name, count: Number(count) })).slice(0, CHOICES_MAX),
      people: namesOf("person").slice(0, CHOICES_MAX),
      assets: namesOf("asset").slice(0, CHOICES_MAX),
    };
  }

  close(): Promise<void> {
    return this.thread.close();
  }
}

/** As one value: of a large plant they are more than a statement takes. */
function isAmong(assets: readonly string[]) {
  return sql<boolean>`asset in (select value from json_each(${JSON.stringify(assets)}))`;
}

const SCHEMA = [
  `create table if not exists leaves (seq integer primary key, at_ms integer not null,
     what text not null, person text, session text, asset text)`,
  "create index if not exists leaves_by_what on leaves (what, seq)",
  "create index if not exists leaves_by_person on leaves (person, seq) where person is not null",
  "create index if not exists leaves_by_session on leaves (session, seq) where session is not null",
  "create index if not exists leaves_by_asset on leaves (asset, seq) where asset is not null",
  `create virtual table if not exists leaf_words using fts5(words, content='',
     tokenize="unicode61 remove_diacritics 2")`,
  "create table if not exists sessions (id text primary key, person text, asset text)",
  `create table if not exists names (sort text not null, name text not null,
     count integer not null, primary key (sort, name))`,
  "create table if not exists indexed (log integer primary key, size integer, root text)",
];

/** As one value: to build a statement of a thousand would hold up sessions, which live here too. */
async function insertRows(db: Kysely<Tables>, rows: readonly LeavesTable[]): Promise<void> {
  const values = rows.map(({ seq, at_ms, what, person, session, asset }) => [
    ...[seq, at_ms, what, person, session, asset],
  ]);
  await sql`
    insert into leaves (seq, at_ms, what, person, session, asset)
    select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
    from json_each(${JSON.stringify(values)})`.execute(db);
}

async function insertWords(
  db: Kysely<Tables>,
  words: readonly (readonly [seq: number, words: string])[],
): Promise<void> {
  await sql`
    insert into leaf_words (rowid, words)
    select value ->> 0, value ->> 1 from json_each(${JSON.stringify(words)})`.execute(db);
}

type SessionNames = ReadonlyMap<string, { person: string | null; asset: string | null }>;

/** Whose sessions and where: said by the leaf that opens each. */
async function sessionsOf(db: Kysely<Tables>, facts: readonly LeafFacts[]): Promise<SessionNames> {
  const opened = facts.flatMap(({ session, person, asset }) =>
    session !== null && asset !== null ? [{ id: session, person, asset }] : [],
  );
  if (opened.length > 0) {
    await db
      .insertInto("sessions")
      .values(opened)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  const ids = [...new Set(facts.flatMap(({ session }) => session ?? []))];
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom("sessions").selectAll().where("id", "in", ids).execute();
  return new Map(rows.map(({ id, ...names }) => [id, names]));
}

function rowOf(
  seq: number,
  { atMs, what, person, session, asset }: Omit<LeafFacts, "words">,
  sessions: SessionNames,
): LeavesTable {
  const of = session === null ? undefined : sessions.get(session);
  return {
    ...{ seq, at_ms: atMs, what, session },
    person: person ?? of?.person ?? null,
    asset: asset ?? of?.asset ?? null,
  };
}

async function countNames(db: Kysely<Tables>, rows: readonly LeavesTable[]): Promise<void> {
  const counts = new Map<string, Tables["names"]>();
  const count = (sort: Tables["names"]["sort"], name: string | null) => {
    if (name === null) return;
    const key = `${sort} ${name}`;
    counts.set(key, { sort, name, count: (counts.get(key)?.count ?? 0) + 1 });
  };
  for (const { what, person, asset } of rows) {
    count("kind", what);
    count("person", person);
    count("asset", asset);
  }
  await db
    .insertInto("names")
    .values([...counts.values()])
    .onConflict((conflict) =>
      conflict
        .columns(["sort", "name"])
        .doUpdateSet({ count: sql<number>`names.count + excluded.count` }),
    )
    .execute();
}

/** `session` stands for `session:opened`, `session.close` and all others of its area. */
function whatIs(what: string) {
  if (/[.:]/.test(what) || (ROUTINE as readonly string[]).includes(what)) {
    return sql<boolean>`what = ${what}`;
  }
  return sql<boolean>`(what between ${`${what}.`} and ${`${what}.\u{10ffff}`}
    or what between ${`${what}:`} and ${`${what}:\u{10ffff}`})`;
}

/** Words as the index's query language quotes them, each the beginning of one. */
function wordsQuery(text: string): string {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word) => `"${word}"*`).join(" ");
}

function seqOfPlace({ log, index }: LeafPlace): number {
  return log * LOG_WIDTH + index;
}

function placeOfSeq(seq: number): LeafPlace {
  return { log: Math.floor(seq / LOG_WIDTH), index: seq % LOG_WIDTH };
}
