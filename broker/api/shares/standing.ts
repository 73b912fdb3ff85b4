/** Who made a link answers for it, and only for as long as they may share the recording themselves. */
import { type Decisions, onceAsserted } from "../../access/decision-point.ts";
import type { Recording, Recordings } from "../../evidence/recordings.ts";
import type { People } from "../../identity/identity.ts";
import type { Right } from "../../policy/rights.ts";
import type { RecordingShare } from "../../store/recording-shares.ts";
import { maySee } from "../recordings/visible-recording.ts";

export interface StandingParts {
  readonly recordings: Pick<Recordings, "get">;
  readonly people: Pick<People, "get">;
  readonly decisions: Pick<Decisions, "may" | "mayAt">;
}

const NEEDED: readonly Right[] = [
  "recording:share",
  "recording:all",
  "recording:own",
  "recording:break-glass",
];

/** What the link shows, by what the policies say now of its maker; undefined: nothing any more. */
export async function sharedStill(
  { recordings, people, decisions }: StandingParts,
  share: Pick<RecordingShare, "recording" | "madeBy">,
): Promise<Recording | undefined> {
  const maker = await people.get(share.madeBy.id);
  if (maker?.state !== "active") return undefined;
  const asker = onceAsserted(maker);
  const rights = new Set(NEEDED.filter((right) => decisions.may(asker, right)));
  if (!rights.has("recording:share")) return undefined;
  const recording = await recordings.get(share.recording);
  const mayAt = (right: Right, asset: string) => decisions.mayAt(asker, right, asset);
  return recording && maySee(recording, { me: asker, rights, mayAt }) ? recording : undefined;
}
