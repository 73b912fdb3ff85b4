/** What the asset and the profile let be written to a node, before one tries. */
import { opcuaText } from "../../text/opcua.ts";
import { workbenchText } from "../../text/workbench.ts";
import type { OpcUaDesk } from "./desk.ts";
import type { NodeDetails } from "./node-details.ts";
import { numberWords } from "./value-words.ts";

const words = workbenchText.write;

interface AllowedHereProps {
  readonly desk: OpcUaDesk;
  readonly details: NodeDetails;
  readonly profile: string;
}

export function AllowedHere({ desk, details, profile }: AllowedHereProps) {
  const { range, unit, tag } = details;
  const ofAsset = range && opcuaText.write.range(number(range.low), number(range.high), unit);
  const ofProfile = tag?.allowed ? linesOf(desk, details) : [];
  return (
    <div className="tg-allowed">
      {ofAsset !== undefined && <p className="wb-quiet">{ofAsset}</p>}
      {ofProfile.length === 0 ? (
        <p className="wb-quiet">{words.boundsNote(profile)}</p>
      ) : (
        <>
          <span className="wb-dim">{words.allowed(profile)}</span>
          <ul>
            {ofProfile.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function number(value: number): string {
  return numberWords(value, "Double");
}

function linesOf(desk: OpcUaDesk, { tag, unit }: NodeDetails): readonly string[] {
  const allowed = tag?.allowed;
  if (!allowed) return [];
  const { rule, held, min, max, values, stepMax, every, while: condition } = allowed;
  const withUnit = (value: number) => `${number(value)} ${unit}`.trim();
  const bound = (value: number | null) => (value === null ? "…" : withUnit(value));
  return [
    ...(min === null && max === null ? [] : [words.bounds(bound(min), bound(max))]),
    ...(values ? [words.oneOf(values.map(withUnit).join(", "))] : []),
    ...(stepMax === null ? [] : [words.step(withUnit(stepMax))]),
    ...(every ? [words.every(every.count, every.ms)] : []),
    ...(condition ? [words.onlyWhile(condition.tag, stateOf(desk, condition))] : []),
    ...(held ? [opcuaText.write.held] : []),
    words.byRule(rule),
  ];
}

function stateOf(desk: OpcUaDesk, { tag, is }: { readonly tag: string; readonly is: number }) {
  const named = desk.tags.find(({ tag: each }) => each.name === tag);
  return named?.tag.states.find(({ value }) => value === is)?.word ?? String(is);
}
