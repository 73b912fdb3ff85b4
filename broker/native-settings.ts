/** How native tools are let in, and what looks into their files. Part of `settings.ts`. */
import { z } from "zod";
import { optionalText, type Setting } from "./setting.ts";

export const NATIVE_SETTINGS = {
  sshKeys: {
    variable: "SALLYPORT_SSH_KEYS",
    fallback: "optional",
    expects: "one of optional, required, off",
    description:
      "Whether `ssh` needs a key that its person registered besides their approval in the browser: may have one, must have one, or never uses one.",
    schema: z.enum(["optional", "required", "off"]),
  },
  clamd: optionalText(
    {
      variable: "SALLYPORT_CLAMD",
      fallback: "",
      description:
        "Socket of ClamAV's daemon on this machine, such as /run/clamav/clamd.ctl. Where a profile has files scanned and none answers here, none is sent.",
    },
    /^\//,
    "an absolute path",
  ),
} as const satisfies Record<string, Setting<unknown>>;
