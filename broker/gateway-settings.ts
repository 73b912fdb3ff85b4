/** Where gateways knock. Part of `settings.ts`. */
import { isIP } from "node:net";
import { z } from "zod";
import { list, portOrOff, type Setting } from "./setting.ts";

export const GATEWAY_SETTINGS = {
  gatewayPort: portOrOff({
    variable: "SALLYPORT_GATEWAY_PORT",
    fallback: "off",
    description:
      "Port that gateways in the plant's DMZ dial, each with a certificate of this site; 0 takes any free one. `off`: this process reaches every asset itself.",
  }),
  gatewayListen: {
    variable: "SALLYPORT_GATEWAY_LISTEN",
    fallback: "127.0.0.1",
    expects: "an IP address of this machine",
    description: "Address that gateways dial: of the leg towards the plant, not of the one to IT.",
    schema: z.string().refine((text) => isIP(text) !== 0),
  },
  gatewayControls: list(
    {
      variable: "SALLYPORT_GATEWAY_CONTROLS",
      fallback: "",
      description:
        "On a gateway: where it dials control, tried in turn, for a control with a standby. Default: the one address it joined at.",
    },
    "a list of host:port such as 10.1.0.5:7443, 10.1.0.6:7443",
    (text) => controlAddress(text) !== undefined,
  ),
} as const satisfies Record<string, Setting<unknown>>;

/** Undefined for anything else. */
export function controlAddress(text: string): { host: string; port: number } | undefined {
  const [, host = "", port] = /^([\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(text) ?? [];
  const isPort = Number(port) > 0 && Number(port) <= 65_535;
  return isPort ? { host: host.replace(/^\[|\]$/g, ""), port: Number(port) } : undefined;
}
