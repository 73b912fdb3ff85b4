/** How good a value is, told by shape and word; a good one is quiet. */
import { StateBadge } from "../../components/state-badge.tsx";
import { opcuaText } from "../../text/opcua.ts";
import { qualityTone } from "./value-words.ts";

export function QualityBadge({ status }: { readonly status: number }) {
  const tone = qualityTone(status);
  const word = opcuaText.statusName(status);
  if (tone === "normal") return <span className="wb-dim">{word}</span>;
  return <StateBadge tone={tone} word={word} title={opcuaText.status(status)} />;
}
