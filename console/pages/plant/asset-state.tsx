import type { AssetView } from "../../../broker/api/shapes/plant.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { plantText } from "../../text/plant.ts";

export function assetStateWord(asset: AssetView): string {
  const { idle, inSession } = plantText.state;
  return asset.state === "idle" ? idle : inSession(asset.sessions);
}

export function AssetState({ asset }: { readonly asset: AssetView }) {
  const tone = asset.state === "idle" ? "normal" : "active";
  return <StateBadge tone={tone} word={assetStateWord(asset)} />;
}
