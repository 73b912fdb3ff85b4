/** What class a node is of, by its shape. */
import {
  IconBox,
  IconBraces,
  IconEye,
  IconFunction,
  IconTag,
  IconTemplate,
} from "@tabler/icons-react";
import { opcuaText } from "../../text/opcua.ts";

const ICONS: Readonly<Record<number, typeof IconBox>> = {
  1: IconBox,
  2: IconTag,
  4: IconFunction,
  8: IconTemplate,
  16: IconTemplate,
  32: IconBraces,
  64: IconBraces,
  128: IconEye,
};

export function NodeIcon({ nodeClass }: { readonly nodeClass: number }) {
  const Icon = ICONS[nodeClass] ?? IconBox;
  const word = opcuaText.tree.nodeClass(nodeClass);
  return (
    <span className="ua-icon" title={word}>
      <Icon size={14} role="img" aria-label={word} />
    </span>
  );
}
