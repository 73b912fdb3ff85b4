/** What is asked of the devices that people work on. Part of `settings.ts`. */
import { z } from "zod";
import { POSTURE_NEEDS } from "./identity/posture.ts";
import { optionalText, type Setting, span } from "./setting.ts";

const needs = z.array(z.enum(POSTURE_NEEDS));

export const DEVICE_SETTINGS = {
  unknownDevices: {
    variable: "SALLYPORT_UNKNOWN_DEVICES",
    fallback: "refuse",
    expects: "one of refuse, policy",
    description:
      "What happens when somebody opens a session on a browser that is not enrolled: `refuse` asks to enrol it by passkey, `policy` leaves it to the policies (device.known is false).",
    schema: z.enum(["refuse", "policy"]),
  },
  postureNeeds: {
    variable: "SALLYPORT_POSTURE_NEEDS",
    fallback: "disk-encryption,screen-lock",
    expects: `a list of ${POSTURE_NEEDS.join(", ")}, or \`none\``,
    description:
      "What a report must say of a computer to make it compliant; what it could not tell does not count.",
    schema: z
      .string()
      .transform((text) => (text === "none" ? [] : text.split(",").map((item) => item.trim())))
      .pipe(needs),
  },
  postureAgeMaxMs: span(
    {
      variable: "SALLYPORT_POSTURE_AGE_MAX",
      fallback: "24h",
      description: "A report about a computer that is older than this makes it compliant no more.",
    },
    "1m",
    "30d",
  ),
  postureToken: {
    ...optionalText(
      {
        variable: "SALLYPORT_POSTURE_TOKEN",
        fallback: "",
        description:
          "Bearer token with which Fleet, osquery or an MDM may send reports about computers to /api/posture-reports. Default: none may.",
      },
      /^[\x21-\x7e]{16,256}$/,
      "at least 16 printable characters without spaces",
    ),
    secret: true,
  },
} as const satisfies Record<string, Setting<unknown>>;
