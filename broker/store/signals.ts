/** Signals that were taken: what they were about, what was decided, what it did. */
import type { Queries } from "./schema.ts";

export interface KeptSignal {
  readonly id: string;
  readonly transmitter: string;
  /** base64url of SHA-256 of its `jti`. */
  readonly jtiHash: string;
  readonly receivedMs: number;
  readonly type: string;
  readonly personId: string | null;
  /** Whom or what it is about, in words. */
  readonly about: string;
  /** In words. */
  readonly decision: string;
  readonly effects: readonly SignalEffect[];
  /** From its arrival until the last of its effects. */
  readonly tookMs: number;
}

export interface SignalEffect {
  /** Of a live session; else of a sign-in, a device or what is asked of a person. */
  readonly session: string | null;
  readonly text: string;
  /** Record of its tape that it is about. */
  readonly sequence?: number;
}

export async function hasSignal(
  queries: Queries,
  transmitter: string,
  jtiHash: string,
): Promise<boolean> {
  const found = await queries
    .selectFrom("signals")
    .select("id")
    .where("transmitter", "=", transmitter)
    .where("jti_hash", "=", jtiHash)
    .executeTakeFirst();
  return found !== undefined;
}

export async function insertSignal(queries: Queries, signal: KeptSignal): Promise<void> {
  const { id, transmitter, type, about, decision } = signal;
  await queries
    .insertInto("signals")
    .values({
      ...{ id, transmitter, type, about, decision },
      jti_hash: signal.jtiHash,
      received_ms: signal.receivedMs,
      person_id: signal.personId,
      effects: JSON.stringify(signal.effects),
      took_ms: signal.tookMs,
    })
    .execute();
}

/** What came of it later; nothing where it has been forgotten since. */
export async function addSignalEffects(
  queries: Queries,
  id: string,
  more: readonly SignalEffect[],
): Promise<void> {
  const found = await queries
    .selectFrom("signals")
    .select("effects")
    .where("id", "=", id)
    .executeTakeFirst();
  if (!found) return;
  const effects = [...(JSON.parse(found.effects) as readonly SignalEffect[]), ...more];
  await queries
    .updateTable("signals")
    .set({ effects: JSON.stringify(effects.slice(0, EFFECTS_MAX)) })
    .where("id", "=", id)
    .execute();
}

/** Of one signal: what came first says the most. */
const EFFECTS_MAX = 50;

/** Newest first. */
export async function listSignals(queries: Queries, limit: number): Promise<readonly KeptSignal[]> {
  const rows = await queries
    .selectFrom("signals")
    .selectAll()
    .orderBy("received_ms", "desc")
    .limit(limit)
    .execute();
  return rows.map(({ id, transmitter, type, about, decision, ...row }) => ({
    ...{ id, transmitter, type, about, decision },
    jtiHash: row.jti_hash,
    receivedMs: Number(row.received_ms),
    personId: row.person_id,
    effects: JSON.parse(row.effects) as readonly SignalEffect[],
    tookMs: Number(row.took_ms),
  }));
}

/** Forgets what came before that, but for the newest so many, which people look at. */
export async function pruneSignals(
  queries: Queries,
  transmitter: string,
  { beforeMs, keep }: { readonly beforeMs: number; readonly keep: number },
): Promise<void> {
  const newest = queries
    .selectFrom("signals")
    .select("id")
    .where("transmitter", "=", transmitter)
    .orderBy("received_ms", "desc")
    .limit(keep);
  await queries
    .deleteFrom("signals")
    .where("transmitter", "=", transmitter)
    .where("received_ms", "<", beforeMs)
    .where("id", "not in", newest)
    .execute();
}

export interface KeptStream {
  readonly status: "enabled" | "paused" | "disabled";
  readonly reason: string;
  readonly heardMs: number | null;
  readonly verifiedMs: number | null;
}

export async function listStreams(queries: Queries): Promise<ReadonlyMap<string, KeptStream>> {
  const rows = await queries.selectFrom("signal_streams").selectAll().execute();
  return new Map(rows.map(({ transmitter, body }) => [transmitter, JSON.parse(body)]));
}

export async function writeStream(
  queries: Queries,
  transmitter: string,
  stream: KeptStream,
): Promise<void> {
  const body = JSON.stringify(stream);
  await queries
    .insertInto("signal_streams")
    .values({ transmitter, body })
    .onConflict((conflict) => conflict.column("transmitter").doUpdateSet({ body }))
    .execute();
}
