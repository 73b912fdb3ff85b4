import type { People, Recoveries, SignedIn } from "../../identity/identity.ts";
import type { Recovery } from "../../store/model.ts";
import type { RecoveryView } from "../shapes/people.ts";

export async function recoveryView(
  recovery: Recovery,
  me: SignedIn,
  people: Pick<People, "get">,
  recoveries: Pick<Recoveries, "mayApprove">,
): Promise<RecoveryView> {
  const [person, requester] = await Promise.all([
    people.get(recovery.personId),
    people.get(recovery.requestedBy),
  ]);
  return {
    id: recovery.id,
    personId: recovery.personId,
    personName: person?.name ?? recovery.personId,
    requestedBy: requester?.name ?? recovery.requestedBy,
    requestedMs: recovery.requestedMs,
    expiresMs: recovery.expiresMs,
    reason: recovery.reason,
    mayApprove: recoveries.mayApprove(me, recovery),
  };
}
