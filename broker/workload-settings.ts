/** Services that work through the broker, and how they prove themselves. Part of `settings.ts`. */
import { optionalText, portOrOff, type Setting } from "./setting.ts";

export const WORKLOAD_SETTINGS = {
  workloads: optionalText(
    {
      variable: "SALLYPORT_WORKLOADS",
      fallback: "",
      description:
        "YAML file of the services that may work here and of what proves them (SPIFFE trust bundles, issuers of tokens); read again when it, or a file that it names, changes. Default: none.",
    },
    /./,
    "a path",
  ),
  workloadPort: portOrOff({
    variable: "SALLYPORT_WORKLOAD_PORT",
    fallback: "7482",
    description:
      "Port on which those services show their certificates (TLS alone), where SALLYPORT_WORKLOADS names a file; 0 takes any free one, `off` opens none.",
  }),
} as const satisfies Record<string, Setting<unknown>>;
