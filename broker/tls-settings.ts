/** How the doors for browsers are secured. Part of `settings.ts`. */
import { z } from "zod";
import { optionalText, portOrOff, type Setting } from "./setting.ts";

export const TLS_SETTINGS = {
  tls: {
    variable: "SALLYPORT_TLS",
    fallback: "off",
    expects: "one of off, files, acme, site-ca",
    description:
      "Who proves that this is the console: nobody here (a proxy in front, or localhost alone), certificate files of your own, an authority that speaks ACME, or an authority that the broker makes for this site (`sallyport tls trust`).",
    schema: z.enum(["off", "files", "acme", "site-ca"]),
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
  acmeDirectory: optionalText(
    {
      variable: "SALLYPORT_ACME_DIRECTORY",
      fallback: "",
      description:
        "Directory of the authority that certifies the console by ACME (RFC 8555). Whoever sets it agrees to that authority's terms.",
    },
    /^https:\/\/[^\s]+$/,
    "an https address",
  ),
  acmeContact: optionalText(
    {
      variable: "SALLYPORT_ACME_CONTACT",
      fallback: "",
      description: "E-mail address that the ACME authority may write to; without it, none.",
    },
    /^[^\s@]+@[^\s@]+$/,
    "an e-mail address",
  ),
  acmeRoots: optionalText(
    {
      variable: "SALLYPORT_ACME_ROOTS",
      fallback: "",
      description:
        "PEM file with what proves the ACME authority's own server, where that is an authority of the company; without it, what the system trusts.",
    },
    /./,
    "a path",
  ),
  httpPort: portOrOff({
    variable: "SALLYPORT_HTTP_PORT",
    fallback: "off",
    description:
      "Port on which plain http is sent on to the console's https, and that explains how to trust the site's authority; an ACME authority asks it for its proof. 0 takes any free one.",
  }),
} as const satisfies Record<string, Setting<unknown>>;
