import type { AssetView } from "../../../broker/api/shapes/plant.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { plantText } from "../../text/plant.ts";

export function assetStateWord(asset: AssetView): string {
  const { idle, inSession } = plantText.state;
  if (asset.state === "locked") return plantText.state.locked;
  return asset.state === "idle" ? idle : inSession(asset.sessions);
}

const TONES = { idle: "normal", "in-session": "active", locked: "alarm" } as const;

export function AssetState({ asset }: { readonly asset: AssetView }) {
  return <StateBadge tone={TONES[asset.state]} word={assetStateWord(asset)} />;
}
