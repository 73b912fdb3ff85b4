import type { Recording, RecordingHead, Recordings } from "../../evidence/recordings.ts";
import { reaches, type TokenScope } from "../../identity/token-scope.ts";
import type { Right } from "../../policy/rights.ts";
import { notFound } from "../problem.ts";

interface Viewer {
  readonly me: { readonly person: { readonly id: string }; readonly scope?: TokenScope };
  readonly rights: ReadonlySet<Right>;
  mayAt(right: Right, assetId: string): boolean;
}

/** What the decision is made on, wherever it is known from. */
export interface Shown {
  readonly header: {
    readonly subject: { readonly id: string };
    readonly asset: { readonly id: string };
    readonly grant: Recording["header"]["grant"];
  };
}

/**
 * All recordings for auditors; for others those of their own sessions, and those for which the
 * glass was broken, with the right to them.
 */
export function maySee({ header }: Shown, viewer: Viewer): boolean {
  const breakGlass = header.grant.breakGlass === true;
  return maySeeHead({ subject: header.subject.id, asset: header.asset.id, breakGlass }, viewer);
}

export function maySeeHead(
  { subject, asset, breakGlass }: Pick<RecordingHead, "subject" | "asset" | "breakGlass">,
  viewer: Viewer,
): boolean {
  if (viewer.mayAt("recording:all", asset)) return true;
  if (breakGlass && viewer.mayAt("recording:break-glass", asset)) return true;
  return viewer.rights.has("recording:own") && subject === viewer.me.person.id;
}

export function isOwn(recording: Shown, viewer: Viewer): boolean {
  return recording.header.subject.id === viewer.me.person.id;
}

/**
 * One whose content may leave the broker: one's own, or any with the right to export.
 * @throws ApiRefused not-found, alike for recordings of others and for none
 */
export async function exportableRecording(
  recordings: Recordings,
  id: string,
  viewer: Viewer,
): Promise<Recording> {
  const recording = await visibleRecording(recordings, id, viewer);
  const may = viewer.mayAt("recording:export", recording.header.asset.id);
  if (!isOwn(recording, viewer) && !may) throw notFound();
  return recording;
}

/** @throws ApiRefused not-found, alike for recordings of others and for none */
export async function visibleRecording(
  recordings: Recordings,
  id: string,
  viewer: Viewer,
): Promise<Recording> {
  const recording = await recordings.get(id);
  if (!recording || !maySee(recording, viewer)) throw notFound();
  if (!reaches(viewer.me, recording.header.asset.id)) throw notFound();
  return recording;
}
