/** Operations on a screen in words, for sentences that a person reads. */
import type { RfbOperation } from "../../protocols/rfb/operation.ts";

export function vncDeed(operation: RfbOperation): string {
  switch (operation.action) {
    case "rfb:view":
      return "seeing the screen";
    case "rfb:pointer":
      return "moving the pointer";
    case "rfb:click":
      return `a click (${operation.button}) at ${operation.x}, ${operation.y}`;
    case "rfb:key":
      return `the key ${operation.chord}`;
    case "rfb:clipboard": {
      const way = operation.direction === "in" ? "to" : "from";
      return `copying ${operation.length} bytes of text ${way} the screen`;
    }
    case "rfb:resize":
      return `a desktop of ${operation.width} × ${operation.height}`;
  }
}
