/** What a protocol's workbench is given by the page of a session. */
import type { EndpointView } from "../../broker/api/shapes/plant.ts";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";

export interface WorkbenchProps {
  readonly view: LiveSessionView;
  /** Undefined when the plant file no longer names it, or names it for others only. */
  readonly endpoint: EndpointView | undefined;
}
