/** Operations on a screen in words, for sentences that a person reads. */
import type { RfbOperation } from "../../protocols/rfb/operation.ts";

export function vncDeed(operation: RfbOperation): string {
  switch (operation.action) {
    case "rfb:view":
      return "seeing the screen";
    case "rfb:pointer":
      return operation.x === undefined
        ? "moving the pointer"
        : `dragging to ${operation.x}, ${operation.y}${onPage(operation.page)}`;
    case "rfb:click": {
      const { button, x, y, page } = operation;
      return `a click (${button}) at ${x}, ${y}${onPage(page)}`;
    }
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

function onPage(page: string | undefined): string {
  if (page === undefined) return "";
  return page === "" ? " on a page that is not recognised" : ` on the page "${page}"`;
}
