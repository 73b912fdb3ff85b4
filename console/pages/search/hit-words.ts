/** A hit in words. Pure. */
import type { HitView } from "../../../broker/api/shapes/search.ts";
import type { Tone } from "../../components/state-badge.tsx";
import { searchText as words } from "../../text/search.ts";

/** Points named in one line; the player shows all. */
const POINTS_SHOWN = 4;

const NOTATION = {
  coils: 1,
  "discrete-inputs": 100_001,
  "input-registers": 300_001,
  "holding-registers": 400_001,
} as const;

export function hitAct({ action, count, byBroker }: HitView): string {
  const act = words.act(action);
  const often = count > 1 ? ` ${words.times(count)}` : "";
  return `${act}${often}${byBroker ? ` (${words.probe})` : ""}`;
}

/** @param unitOf the engineering unit of a tag, where the plant file has one */
export function hitWhat(hit: HitView, unitOf: (tag: string) => string): string {
  const points = hit.points.slice(0, POINTS_SHOWN).map((point) => {
    const unit = point.tag === "" ? "" : unitOf(point.tag);
    const value = valueText(point.min, point.max);
    const name = point.tag || registerName(point.table, point.address);
    return [name, value === "" ? "" : `= ${value}`, value === "" ? "" : unit]
      .filter((part) => part !== "")
      .join(" ");
  });
  const more = hit.points.length > POINTS_SHOWN ? ["…"] : [];
  return [points.concat(more).join(", "), hit.file, hit.text]
    .filter((part) => part !== "")
    .join(" · ");
}

/** In the notation of plant files: 40012 for the holding register 11. */
function registerName(table: keyof typeof NOTATION, address: number): string {
  const number = NOTATION[table] + address;
  const short = (number % 100_000) + Math.floor(number / 100_000) * 10_000;
  return String(address < 9_999 ? short : number).padStart(5, "0");
}

function valueText(min: number | null, max: number | null): string {
  if (min === null || max === null) return "";
  return min === max ? String(min) : `${min} … ${max}`;
}

export function hitVerdict(hit: HitView): { readonly tone: Tone; readonly word: string } | null {
  if (hit.verdict === null) return null;
  const word = (hit.wasHeld ? words.wasHeld : words.verdicts)[hit.verdict];
  if (hit.verdict === "deny") return { tone: "alarm", word };
  return { tone: hit.verdict === "hold" ? "attention" : "normal", word };
}

export function hitOutcome({ outcome }: HitView): string {
  return outcome === null ? "" : words.outcomes[outcome];
}
