/** What a person's tool does by itself again and again is no sign of the person. */
import { LEG } from "../../../protocols/opcua/frame.ts";
import { SERVICE } from "./services.ts";

const POLLING: ReadonlySet<number> = new Set([
  ...[SERVICE.read, SERVICE.publish, SERVICE.republish],
  ...Object.values(LEG),
]);

export function isPolling(typeId: number): boolean {
  return POLLING.has(typeId);
}
