/** Where gateways knock. Part of `settings.ts`. */
import { isIP } from "node:net";
import { z } from "zod";
import { portOrOff, type Setting } from "./setting.ts";

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
} as const satisfies Record<string, Setting<unknown>>;
