/** Values that the search box can propose, from what this page knows anyway. Pure. */
import type { PlantView } from "../../../broker/api/shapes/plant.ts";
import type { RecordingView } from "../../../broker/api/shapes/sessions.ts";
import type { KnownValues } from "./completion.ts";

export function knownValues(
  recordings: readonly RecordingView[],
  plant: PlantView | undefined,
): KnownValues {
  const endpoints = plant?.assets.flatMap((asset) => asset.endpoints) ?? [];
  const values: Readonly<Record<string, readonly string[]>> = {
    by: unique(recordings.map((each) => each.subject.name)),
    asset: unique([
      ...recordings.map((each) => each.asset.id),
      ...(plant?.assets ?? []).map((asset) => asset.id),
    ]),
    zone: unique([
      ...recordings.map((each) => each.asset.zone),
      ...(plant?.zones ?? []).map((zone) => zone.id),
    ]),
    endpoint: unique(recordings.map((each) => each.endpoint)),
    protocol: unique(recordings.map((each) => each.protocol)),
    profile: unique(recordings.map((each) => each.profile)),
    tag: unique(endpoints.flatMap((endpoint) => endpoint.tags.map((tag) => tag.name))),
    action: ["modbus:read", "modbus:write", "session:capabilities", "session:end", "session:gap"],
  };
  return (field) => values[field] ?? [];
}

export function unitsOf(plant: PlantView | undefined): (tag: string) => string {
  const endpoints = plant?.assets.flatMap((asset) => asset.endpoints) ?? [];
  const units = new Map(
    endpoints.flatMap((endpoint) => endpoint.tags.map((tag) => [tag.name, tag.unit] as const)),
  );
  return (tag) => units.get(tag) ?? "";
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort((a, b) => a.localeCompare(b));
}
