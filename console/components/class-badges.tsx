/** The operation classes a person holds, weakest first, each with its meaning on hover. */
import { Tooltip } from "@mantine/core";
import type { ClassName } from "../../broker/api/shapes/plant.ts";
import { text } from "../text.ts";

const ORDER: readonly ClassName[] = ["observe", "operate", "configure", "program", "transfer"];

export function ClassBadges({ classes }: { readonly classes: readonly ClassName[] }) {
  const held = ORDER.filter((name) => classes.includes(name));
  return (
    <span className="sp-classes">
      {held.map((name) => (
        <Tooltip key={name} label={text.classMeaning[name]}>
          <span className="sp-class">{name}</span>
        </Tooltip>
      ))}
    </span>
  );
}
