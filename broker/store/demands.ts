/** What is asked of people besides what the policies say, until it is met or lifted. */
import type { Queries } from "./schema.ts";

/** `note` asks for nothing: policies alone hear of it. */
export type DemandKind = "note" | "proof" | "supervisor" | "view-only";

export interface Demand {
  readonly personId: string;
  /** Of one asset alone; null: wherever the person works. */
  readonly asset: string | null;
  readonly kind: DemandKind;
  /** Who asked: `signal NAME` or `risk`. One of a kind for each source, person and asset. */
  readonly source: string;
  /** A sentence for the person. */
  readonly reason: string;
  /** Told to policies: 0 (none) to 4. */
  readonly level: number;
  /** An assertion of the passkey after this meets one for proof. */
  readonly atMs: number;
  /** Forgotten then. */
  readonly untilMs: number;
  /** The signal or finding that it came of. */
  readonly story: string;
}

export function demandKey({ source, personId, asset, kind }: Demand): string {
  return [source, personId, asset ?? "*", kind].join(" ");
}

export async function writeDemand(queries: Queries, demand: Demand): Promise<void> {
  const row = { key: demandKey(demand), body: JSON.stringify(demand), until_ms: demand.untilMs };
  const { key: _, ...changed } = row;
  await queries
    .insertInto("demands")
    .values(row)
    .onConflict((conflict) => conflict.column("key").doUpdateSet(changed))
    .execute();
}

export async function deleteDemands(queries: Queries, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await queries
    .deleteFrom("demands")
    .where("key", "in", [...keys])
    .execute();
}

/** Those that still count. */
export async function listDemands(queries: Queries, nowMs: number): Promise<readonly Demand[]> {
  await queries.deleteFrom("demands").where("until_ms", "<=", nowMs).execute();
  const rows = await queries.selectFrom("demands").select("body").orderBy("key").execute();
  return rows.map(({ body }) => JSON.parse(body) as Demand);
}
