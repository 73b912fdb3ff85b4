/** What assets showed as their identity. What is in `shown` only `broker/trust` says. */
import type { Selectable } from "kysely";
import type { AssetIdentitiesTable, Queries } from "./schema.ts";

/** Who did it, by which signed act; without one it was done on the host. */
export interface TrustAct {
  readonly by: string;
  readonly name: string;
  readonly atMs: number;
  readonly actionId: string | null;
}

export interface KeptIdentity {
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  readonly kind: string;
  readonly fingerprint: string;
  /** JSON */
  readonly shown: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly trusted: TrustAct | null;
  /** Waits for another administrator; `keep`: beside what is trusted now. */
  readonly proposed: (TrustAct & { readonly keep: boolean }) | null;
}

export async function putIdentity(queries: Queries, one: KeptIdentity): Promise<void> {
  const { endpoint, kind, fingerprint } = one;
  const rest = {
    shown: one.shown,
    first_ms: one.firstMs,
    last_ms: one.lastMs,
    trusted: one.trusted && JSON.stringify(one.trusted),
    proposed: one.proposed && JSON.stringify(one.proposed),
  };
  await queries
    .insertInto("asset_identities")
    .values({ endpoint, kind, fingerprint, ...rest })
    .onConflict((conflict) =>
      conflict.columns(["endpoint", "kind", "fingerprint"]).doUpdateSet(rest),
    )
    .execute();
}

export async function dropIdentity(
  queries: Queries,
  { endpoint, kind, fingerprint }: Pick<KeptIdentity, "endpoint" | "kind" | "fingerprint">,
): Promise<void> {
  await queries
    .deleteFrom("asset_identities")
    .where("endpoint", "=", endpoint)
    .where("kind", "=", kind)
    .where("fingerprint", "=", fingerprint)
    .execute();
}

/** The latest shown first. */
export async function listIdentities(queries: Queries): Promise<readonly KeptIdentity[]> {
  const rows = await queries
    .selectFrom("asset_identities")
    .selectAll()
    .orderBy("endpoint")
    .orderBy("last_ms", "desc")
    .execute();
  return rows.map(toIdentity);
}

function toIdentity(row: Selectable<AssetIdentitiesTable>): KeptIdentity {
  return {
    ...{ endpoint: row.endpoint, kind: row.kind, fingerprint: row.fingerprint, shown: row.shown },
    ...{ firstMs: Number(row.first_ms), lastMs: Number(row.last_ms) },
    trusted: row.trusted === null ? null : JSON.parse(row.trusted),
    proposed: row.proposed === null ? null : JSON.parse(row.proposed),
  };
}
