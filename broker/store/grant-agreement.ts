import type { GrantAgreement } from "./model.ts";
import type { Queries } from "./schema.ts";

/** What the grants that neither ended nor were revoked rest on, by the request they came of. */
export async function listOpenAgreements(
  queries: Queries,
  nowMs: number,
): Promise<ReadonlyMap<string, GrantAgreement>> {
  const rows = await queries
    .selectFrom("grants")
    .innerJoin("requests", "requests.id", "grants.request_id")
    .leftJoin("request_decisions", (join) =>
      join
        .onRef("request_decisions.request_id", "=", "requests.id")
        .on("request_decisions.decision", "=", "approve"),
    )
    .select(["requests.id", "requests.ticket", "request_decisions.person_id"])
    .where("grants.revoked_ms", "is", null)
    .where("grants.until_ms", ">", nowMs)
    .execute();
  const found = new Map<string, { ticket: string; approvers: Set<string> }>();
  for (const { id, ticket, person_id: approver } of rows) {
    const agreement = found.get(id) ?? { ticket, approvers: new Set<string>() };
    if (approver !== null) agreement.approvers.add(approver);
    found.set(id, agreement);
  }
  const plain = ({ ticket, approvers }: { ticket: string; approvers: Set<string> }) => ({
    ticket,
    approvers: [...approvers].toSorted(),
  });
  return new Map([...found].map(([id, agreement]) => [id, plain(agreement)]));
}
