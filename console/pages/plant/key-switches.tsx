/** The plant's key switches for remote access, as the broker reads them; quiet while they are on. */
import { IconKey } from "@tabler/icons-react";
import type { PlantView } from "../../../broker/api/shapes/plant.ts";
import { conditionText } from "../../text/conditions.ts";
import { sentence } from "../../text/session.ts";

const words = conditionText.keySwitch;

type KeySwitch = PlantView["keySwitches"][number];

export function KeySwitchStrip({ switches }: { readonly switches: readonly KeySwitch[] }) {
  if (switches.length === 0) return null;
  return (
    <ul className="sp-switches" aria-label={words.list}>
      {switches.map((each) => (
        <li key={each.id} className="sp-key" data-state={each.state}>
          <IconKey size={15} aria-hidden />
          <span>
            <strong>{words.line(each.name, stateWord(each))}</strong>{" "}
            <span className="sp-key-covers">{coversWord(each)}</span>
            {each.state !== "on" && ` ${meaning(each)}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

function stateWord({ state }: KeySwitch): string {
  if (state === "on") return words.on;
  return state === "off" ? words.isOff : words.unknown;
}

function coversWord({ covers }: KeySwitch): string {
  const kind = words.covers[covers.kind];
  return covers.kind === "site" ? `(${kind})` : `(${kind} ${covers.name})`;
}

function meaning({ state, why, whenOff }: KeySwitch): string {
  const means = words.means(whenOff);
  return state === "unknown" ? `${means} ${sentence(why)}` : means;
}
