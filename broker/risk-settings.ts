/** What is done about unusual sessions. Part of `settings.ts`. */
import { z } from "zod";
import { optionalText, type Setting } from "./setting.ts";

export const RISK_SETTINGS = {
  risk: {
    variable: "SALLYPORT_RISK",
    fallback: "off",
    expects: "one of off, observe, enforce",
    description:
      "Compares live sessions with what was usual (a baseline that somebody approved): `observe` tells what is unusual and why, `enforce` also asks for the passkey, for somebody who watches, or leaves only looking.",
    schema: z.enum(["off", "observe", "enforce"]),
  },
  riskBaseline: optionalText(
    {
      variable: "SALLYPORT_RISK_BASELINE",
      fallback: "",
      description:
        "File of what was usual, made by `sallyport risk learn` and approved by whoever puts it here; read at the start, and never changed by the broker. Without it an administrator approves one on Integrations.",
    },
    /./,
    "a path",
  ),
} as const satisfies Record<string, Setting<unknown>>;
