/** The plant's key switches for remote access, as the broker reads them; quiet while they are on. */
import { IconKey } from "@tabler/icons-react";
import type { PlantView } from "../../../broker/api/shapes/plant.ts";
import { useMe } from "../../components/me.ts";
import { conditionText } from "../../text/conditions.ts";
import { sentence } from "../../text/session.ts";

const words = conditionText.keySwitch;

type KeySwitch = PlantView["keySwitches"][number];

export function KeySwitchStrip({ switches }: { readonly switches: readonly KeySwitch[] }) {
  const several = useMe().sites.length > 0;
  if (switches.length === 0) return null;
  return (
    <ul className="sp-switches" aria-label={words.list}>
      {switches.map((each) => (
        <li key={each.id} className="sp-key" data-state={each.state}>
          <IconKey size={15} aria-hidden />
          <span>
            <strong>{words.line(each.name, stateWord(each))}</strong>{" "}
            <span className="sp-key-covers">{coversWord(each, several)}</span>
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

/** @param several sites: "the site" alone would be any of them */
function coversWord({ covers }: KeySwitch, several: boolean): string {
  const kind = words.covers[covers.kind];
  return covers.kind === "site" && !several ? `(${kind})` : `(${kind} ${covers.name})`;
}

function meaning({ state, why, whenOff }: KeySwitch): string {
  const means = words.means(whenOff);
  return state === "unknown" ? `${means} ${sentence(why)}` : means;
}
