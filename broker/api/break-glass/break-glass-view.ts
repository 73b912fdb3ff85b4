import type { Access, PlantInForce } from "../../access/access.ts";
import { REVIEWED_SESSIONS_MAX } from "../../access/break-glass-content.ts";
import type { Recording, RecordingHead, Recordings } from "../../evidence/recordings.ts";
import type { LiveSession } from "../../sessions/session.ts";
import type { BreakGlassUse } from "../../store/model.ts";
import type { Call } from "../endpoint.ts";
import { maySee } from "../recordings/visible-recording.ts";
import type { BreakGlassDetailView, BreakGlassView } from "../shapes/break-glass.ts";

export type BreakGlassAsked = Pick<Access<LiveSession>, "breakGlass">;

export interface BreakGlassParts {
  readonly access: BreakGlassAsked;
  readonly plant: Pick<PlantInForce, "current">;
  readonly recordings: Recordings;
}

type Caller = Pick<Call<unknown, unknown, unknown>, "me" | "rights" | "mayAt">;

export function breakGlassView(
  { access, plant }: Omit<BreakGlassParts, "recordings">,
  use: BreakGlassUse,
  { me, mayAt }: Caller,
): BreakGlassView {
  const { id, endpoint, profile, reason, openedMs, untilMs, review } = use;
  const [assetId = ""] = endpoint.split("/");
  const asset = plant.current().assets.find((each) => each.id === assetId);
  const refusal = access.breakGlass.reviewRefusal(me.person, use);
  const own = use.openedBy.id === me.person.id || use.holder.id === me.person.id;
  return {
    ...{ id, endpoint, assetId, assetName: asset?.name ?? assetId, profile, reason },
    ...{ openedMs, untilMs },
    openedBy: { ...use.openedBy },
    holder: { ...use.holder },
    review: review && { ...review, by: { ...review.by } },
    mayEnd: access.breakGlass.isOpen(id) && (own || mayAt("break-glass:review", assetId)),
    mayReview: refusal === undefined,
    reviewRefusal: refusal ?? null,
  };
}

/** Sessions under the grant, the oldest first. */
export async function recordingsUnder(
  recordings: Recordings,
  { id }: BreakGlassUse,
): Promise<readonly Recording[]> {
  const wanted = ({ grant }: RecordingHead) => grant === id;
  return (await recordings.page({ limit: REVIEWED_SESSIONS_MAX, wanted })).toReversed();
}

export async function breakGlassDetail(
  parts: BreakGlassParts,
  use: BreakGlassUse,
  caller: Caller,
): Promise<BreakGlassDetailView> {
  const under = await recordingsUnder(parts.recordings, use);
  return {
    ...breakGlassView(parts, use, caller),
    recordings: under.map((recording) => ({
      ...{ id: recording.header.session, state: recording.state },
      ...{ subject: recording.header.subject.name, counts: { ...recording.counts } },
      ...{ startedMs: recording.startedMs, endedMs: recording.endedMs },
      maySee: maySee(recording, caller),
    })),
  };
}
