/** Which endpoints a gateway can serve, and how gateways are named. */
import type { Protocol } from "./model.ts";

/** Others are refused at opening, and by the check of the plant file. */
export const REMOTE_PROTOCOLS: ReadonlySet<Protocol> = new Set(["modbus", "vnc", "tcp"]);

/** Endpoints survive the loss of one; more than a few reach nothing more. */
export const GATEWAYS_PER_ENDPOINT_MAX = 8;
