/** How native tools are let in. Part of `settings.ts`. */
import { z } from "zod";
import type { Setting } from "./setting.ts";

export const NATIVE_SETTINGS = {
  sshKeys: {
    variable: "SALLYPORT_SSH_KEYS",
    fallback: "optional",
    expects: "one of optional, required, off",
    description:
      "Whether `ssh` needs a key that its person registered besides their approval in the browser: may have one, must have one, or never uses one.",
    schema: z.enum(["optional", "required", "off"]),
  },
} as const satisfies Record<string, Setting<unknown>>;
