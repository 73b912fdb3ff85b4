import type { Queries } from "./schema.ts";

/** Who answers for whom: a vendor has one sponsor at a time. */
export interface Sponsorship {
  readonly vendorId: string;
  readonly sponsorId: string;
  readonly reason: string;
  readonly createdMs: number;
}

/** The newest counts; an earlier one of the same vendor is replaced. */
export async function keepSponsor(queries: Queries, sponsorship: Sponsorship): Promise<void> {
  await queries.deleteFrom("sponsors").where("vendor_id", "=", sponsorship.vendorId).execute();
  await queries
    .insertInto("sponsors")
    .values({
      vendor_id: sponsorship.vendorId,
      sponsor_id: sponsorship.sponsorId,
      reason: sponsorship.reason,
      created_ms: sponsorship.createdMs,
    })
    .execute();
}

export async function listSponsors(queries: Queries): Promise<readonly Sponsorship[]> {
  const rows = await queries.selectFrom("sponsors").selectAll().execute();
  return rows.map((row) => ({
    vendorId: row.vendor_id,
    sponsorId: row.sponsor_id,
    reason: row.reason,
    createdMs: Number(row.created_ms),
  }));
}
