/** What `sallyport doctor` looks at of gateways: on control where they knock, on a gateway its own. */
import { X509Certificate } from "node:crypto";
import type { Config } from "../config.ts";
import { knock } from "../legs/knock.ts";
import { CERTIFICATE_MS } from "../planes/control/gateway-book.ts";
import { type Membership, readMembership } from "../planes/gateway/gateway-files.ts";
import type { Asset } from "../plant/model.ts";
import type { Finding } from "./doctor.ts";

const KNOCK_MS = 3_000;
/** It is renewed halfway: one that has less left was not heard by control for a day. */
const CERTIFICATE_ATTENTION_MS = CERTIFICATE_MS / 4;

/** By the plant file, each once. */
export function gatewaysNamed(assets: readonly Asset[]): readonly string[] {
  const named = assets.flatMap(({ endpoints }) =>
    endpoints.flatMap(({ gateways = [] }) => gateways),
  );
  return [...new Set(named)].toSorted();
}

/** Whether those that the plant file names can come at all. */
export async function gatewayDoor(
  { gatewayPort: port, gatewayListen: listen }: Config,
  assets: readonly Asset[],
): Promise<Finding> {
  const named = gatewaysNamed(assets);
  const what = named.length === 0 ? "the plant file names none" : `named: ${named.join(", ")}`;
  if (port === undefined) {
    const text = `${what}; SALLYPORT_GATEWAY_PORT is off: what they reach cannot be opened`;
    return { state: "failed", text };
  }
  const host = listen === "0.0.0.0" ? "127.0.0.1" : listen === "::" ? "::1" : listen;
  const at = `${host}:${port}`;
  const isOpen = port !== 0 && (await knock(host, port, KNOCK_MS)).kind === "open";
  if (isOpen) return { state: "ok", text: `${what}; they are let in at ${at}` };
  return { state: "attention", text: `${what}; nobody listens for them at ${at}` };
}

export function membership(dataFolder: string): Finding {
  const { gateway, site, certificate } = joined(dataFolder);
  const untilMs = Date.parse(new X509Certificate(certificate).validTo);
  const until = new Date(untilMs).toISOString().slice(0, 16);
  const text = `${gateway} of ${site}, its certificate until ${until}Z`;
  const leftMs = untilMs - Date.now();
  if (leftMs <= 0) {
    const advice = "it has ended: let the machine in anew on the console's page Gateways";
    return { state: "failed", text: `${text}: ${advice}` };
  }
  if (leftMs > CERTIFICATE_ATTENTION_MS) return { state: "ok", text };
  return { state: "attention", text: `${text}: not renewed in time: is it connected?` };
}

/** Nothing is said there: two connections of one gateway would be one too many. */
export async function roadToControl(dataFolder: string): Promise<Finding> {
  const { host, port } = joined(dataFolder).control;
  const found = await knock(host, port, KNOCK_MS);
  if (found.kind === "open") {
    return { state: "ok", text: `${host}:${port} answers in ${found.ms.toFixed(1)} ms` };
  }
  return { state: "failed", text: `${host}:${port}: ${found.reason}` };
}

function joined(dataFolder: string): Membership {
  const membership = readMembership(dataFolder);
  if (!membership) throw new Error("it has not joined a site");
  return membership;
}
