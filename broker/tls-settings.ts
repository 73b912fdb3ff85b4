/** How the doors for browsers are secured. Part of `settings.ts`. */
import { z } from "zod";
import { optionalText, portOrOff, type Setting } from "./setting.ts";

export const TLS_SETTINGS = {
  tls: {
    variable: "SALLYPORT_TLS",
    fallback: "off",
    expects: "one of off, files, site-ca",
    description:
      "Who proves that this is the console: nobody here (a proxy in front, or localhost alone), certificate files of your own, or an authority that the broker makes for this site (`sallyport tls trust`).",
    schema: z.enum(["off", "files", "site-ca"]),
  },
  tlsCertificate: optionalText(
    {
      variable: "SALLYPORT_TLS_CERTIFICATE",
      fallback: "",
      description:
        "PEM file with the console's certificate and those between it and its root. A changed file counts within seconds.",
    },
    /./,
    "a path",
  ),
  tlsKey: optionalText(
    {
      variable: "SALLYPORT_TLS_KEY",
      fallback: "",
      description: "PEM file with the key of that certificate, readable by its owner alone.",
    },
    /./,
    "a path",
  ),
  httpPort: portOrOff({
    variable: "SALLYPORT_HTTP_PORT",
    fallback: "off",
    description:
      "Port on which plain http is sent on to the console's https, and that explains how to trust the site's authority; 0 takes any free one.",
  }),
} as const satisfies Record<string, Setting<unknown>>;
