import type { ChangeProposal, ProposedFile } from "./model.ts";
import type { Queries } from "./schema.ts";

export async function insertProposal(queries: Queries, proposal: ChangeProposal): Promise<void> {
  await queries
    .insertInto("change_proposals")
    .values({
      id: proposal.id,
      kind: proposal.kind,
      files: JSON.stringify(proposal.files),
      digest: proposal.digest,
      based_on: proposal.basedOn,
      reason: proposal.reason,
      proposed_by: proposal.proposedBy.id,
      proposed_ms: proposal.proposedMs,
      expires_ms: proposal.expiresMs,
      state: "waiting",
      state_ms: proposal.proposedMs,
      decided_by: null,
      action_id: null,
    })
    .execute();
}

/** The newest first. */
export async function listProposals(
  queries: Queries,
  limit: number,
): Promise<readonly ChangeProposal[]> {
  const rows = await select(queries)
    .orderBy("change_proposals.proposed_ms", "desc")
    .orderBy("change_proposals.id", "desc")
    .limit(limit)
    .execute();
  return rows.map(toProposal);
}

export async function findProposal(
  queries: Queries,
  id: string,
): Promise<ChangeProposal | undefined> {
  const row = await select(queries).where("change_proposals.id", "=", id).executeTakeFirst();
  return row && toProposal(row);
}

/** False if it does not wait any more. */
export async function decideProposal(
  queries: Queries,
  id: string,
  decision: {
    readonly state: "confirmed" | "withdrawn";
    readonly by: string;
    readonly atMs: number;
    /** The signed act; none is needed to withdraw. */
    readonly actionId: string | null;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("change_proposals")
    .set({
      state: decision.state,
      state_ms: decision.atMs,
      decided_by: decision.by,
      action_id: decision.actionId,
    })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

function select(queries: Queries) {
  return queries
    .selectFrom("change_proposals")
    .innerJoin("people as proposer", "proposer.id", "change_proposals.proposed_by")
    .leftJoin("people as decider", "decider.id", "change_proposals.decided_by")
    .selectAll("change_proposals")
    .select(["proposer.name as proposer_name", "decider.name as decider_name"]);
}

type Row = Awaited<ReturnType<ReturnType<typeof select>["execute"]>>[number];

function toProposal(row: Row): ChangeProposal {
  return {
    id: row.id,
    kind: row.kind,
    files: JSON.parse(row.files) as ProposedFile[],
    digest: row.digest,
    basedOn: row.based_on,
    reason: row.reason,
    proposedBy: { id: row.proposed_by, name: row.proposer_name },
    proposedMs: Number(row.proposed_ms),
    expiresMs: Number(row.expires_ms),
    state: row.state,
    stateMs: Number(row.state_ms),
    decidedBy:
      row.decided_by === null ? null : { id: row.decided_by, name: row.decider_name ?? "" },
  };
}
