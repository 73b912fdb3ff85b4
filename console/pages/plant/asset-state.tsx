import type { AssetView } from "../../../broker/api/shapes/plant.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { conditionText } from "../../text/conditions.ts";
import { plantText } from "../../text/plant.ts";

export function assetStateWord(asset: AssetView): string {
  const { idle, inSession } = plantText.state;
  if (asset.state === "locked") return plantText.state.locked;
  if (asset.closed !== null) return conditionText.keySwitch.closed;
  return asset.state === "idle" ? idle : inSession(asset.sessions);
}

const TONES = { idle: "normal", "in-session": "active", locked: "alarm" } as const;

export function AssetState({ asset }: { readonly asset: AssetView }) {
  const { state, closed } = asset;
  if (closed !== null && state !== "locked") {
    return <StateBadge tone="attention" word={assetStateWord(asset)} title={closed} />;
  }
  return <StateBadge tone={TONES[state]} word={assetStateWord(asset)} />;
}
