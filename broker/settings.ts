/** Every setting of the broker: its variable, default, bounds and meaning. */
import { isIP } from "node:net";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { DATABASE_SETTINGS } from "./database-settings.ts";
import { DEVICE_SETTINGS } from "./device-settings.ts";
import { GATEWAY_SETTINGS } from "./gateway-settings.ts";
import { NATIVE_SETTINGS } from "./native-settings.ts";
import { OBJECT_SETTINGS } from "./object-settings.ts";
import { PROVISIONING_SETTINGS } from "./provisioning-settings.ts";
import { RISK_SETTINGS } from "./risk-settings.ts";
import {
  flag,
  folder,
  list,
  optionalText,
  portOrOff,
  type Setting,
  span,
  whole,
} from "./setting.ts";
import { TIME_SETTINGS } from "./time-settings.ts";
import { TLS_SETTINGS } from "./tls-settings.ts";
import { WORKLOAD_SETTINGS } from "./workload-settings.ts";

/** Where the package lies: the console, the examples and the simulator are found from here. */
export const PACKAGE_FOLDER = fileURLToPath(new URL("..", import.meta.url));

export const PREFIX = "SALLYPORT_";

/** RFC 1123, lower case. */
const HOST_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** A native X25519 recipient of age, in bech32. */
const AGE_RECIPIENT = /^age1[ac-hj-np-z02-9]{58}$/;

export const SETTINGS = {
  listen: {
    variable: "SALLYPORT_LISTEN",
    fallback: "127.0.0.1",
    expects: "an IP address of this machine",
    description: "Address that the console is served on. Others reach it only if you change this.",
    schema: z.string().refine((text) => isIP(text) !== 0),
  },
  port: whole(
    {
      variable: "SALLYPORT_PORT",
      fallback: "7480",
      description: "Port that the console is served on; 0 takes any free one.",
    },
    0,
    65_535,
  ),
  sshPort: portOrOff({
    variable: "SALLYPORT_SSH_PORT",
    fallback: "2222",
    description: "Port for `ssh ASSET@broker`; 0 takes any free one, `off` opens none.",
  }),
  opcuaPort: portOrOff({
    variable: "SALLYPORT_OPCUA_PORT",
    fallback: "4840",
    description: "Port for `opc.tcp://broker:PORT/ASSET`; 0 takes any free one, `off` opens none.",
  }),
  panelPort: portOrOff({
    variable: "SALLYPORT_PANEL_PORT",
    fallback: "7481",
    description: "Port that web panels are served on; 0 takes any free one, `off` opens none.",
  }),
  panelHost: {
    variable: "SALLYPORT_PANEL_HOST",
    fallback: "localhost",
    expects: "a host name such as panels.example, with a port if need be",
    description:
      "Each session's web panel opens at ID.<this host>; not on the console's own site. Over https, but for localhost.",
    schema: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/)
      .refine((text) => !text.includes("..")),
  },
  origins: list(
    {
      variable: "SALLYPORT_ORIGINS",
      fallback: "",
      description:
        "Exact origins that people type, first one for links. Default: localhost:<port>, over https with SALLYPORT_TLS.",
    },
    "a list of origins such as https://sallyport.example (http only for localhost)",
    isOrigin,
  ),
  rpId: optionalText(
    {
      variable: "SALLYPORT_RP_ID",
      fallback: "",
      description:
        "Domain that passkeys are bound to: changing it makes every passkey useless. Default: host of the first origin.",
    },
    HOST_NAME,
    "a domain name such as sallyport.example",
  ),
  acceptRpIdChange: flag({
    variable: "SALLYPORT_ACCEPT_RP_ID_CHANGE",
    fallback: "0",
    description:
      "Start although passkeys exist for another domain: they stop working, everybody enrols anew.",
  }),
  trustedProxies: list(
    {
      variable: "SALLYPORT_TRUSTED_PROXIES",
      fallback: "",
      description: "Proxies whose X-Forwarded-For is believed. Default: none.",
    },
    "a list of addresses or networks such as 10.0.0.5, 10.1.0.0/24",
    isNetwork,
  ),
  requestsPerMinute: whole(
    {
      variable: "SALLYPORT_REQUESTS_PER_MINUTE",
      fallback: "1800",
      description:
        "Requests of one address, and of one person; an address opens twice as many connections.",
    },
    60,
    1_000_000,
  ),
  publicSockets: flag({
    variable: "SALLYPORT_PUBLIC_SOCKETS",
    fallback: "0",
    description:
      "Send to assets only through the public interface of sockets: slower, and otherwise alike.",
  }),
  dataFolder: folder({
    variable: "SALLYPORT_DATA",
    fallback: "data",
    description: "Folder of database, keys and recordings. Nobody else may be able to read it.",
  }),
  witnessPolicy: optionalText(
    {
      variable: "SALLYPORT_WITNESS_POLICY",
      fallback: "",
      description:
        "File (tlog-policy) that names the witnesses of the site log, their URLs and the quorum. Default: none.",
    },
    /./,
    "a path",
  ),
  logSigner: optionalText(
    {
      variable: "SALLYPORT_LOG_SIGNER",
      fallback: "",
      description:
        "Socket of `sallyport signer`, which signs the site log with a key that the broker never sees. Default: a key file in <data>/site-log/keys.",
    },
    /^\//,
    "an absolute path",
  ),
  signerAwayMaxMs: span(
    {
      variable: "SALLYPORT_SIGNER_AWAY",
      fallback: "1h",
      description:
        "How long sessions may begin while nobody signs the site log; 0s: not at all. Running ones go on.",
    },
    "0s",
    "365d",
  ),
  evidenceFolder: optionalText(
    {
      variable: "SALLYPORT_EVIDENCE",
      fallback: "",
      description:
        "Folder of the recordings, best on a volume of its own. Default: <data>/evidence.",
    },
    /./,
    "a path",
  ),
  credentialsKeyCommand: optionalText(
    {
      variable: "SALLYPORT_CREDENTIALS_KEY_COMMAND",
      fallback: "",
      description:
        "Command that prints the key (32 bytes as base64) over the credentials of assets. Default: <data>/credentials.key, made at the first start.",
    },
    /./,
    "a program and its arguments",
  ),
  auditorRecipients: list(
    {
      variable: "SALLYPORT_AUDITOR_RECIPIENTS",
      fallback: "",
      description:
        "Public age keys of auditors, who can then open new recordings without this broker.",
    },
    "a list of public age recipients such as age1…, never a secret key",
    (item) => AGE_RECIPIENT.test(item),
  ),
  recordingMibMax: whole(
    {
      variable: "SALLYPORT_RECORDING_MIB_MAX",
      fallback: "4096",
      description: "A session whose recording is larger than this, before compression, ends.",
    },
    16,
    1_048_576,
  ),
  retentionMs: {
    variable: "SALLYPORT_RETENTION",
    fallback: "forever",
    expects: "`forever` or a time from 1d to 36500d, such as 365d",
    description:
      "How long a recording is kept after its end. What is on legal hold stays; of the rest, a tombstone.",
    schema: z
      .string()
      .regex(/^(forever|[1-9]\d{0,4}d)$/)
      .transform((text) => (text === "forever" ? 0 : Number(text.slice(0, -1)) * 86_400_000)),
  },
  plantFile: optionalText(
    {
      variable: "SALLYPORT_PLANT",
      fallback: "",
      description:
        "The plant file. Default: <data>/plant.yaml, at first the example with the simulated plant.",
    },
    /./,
    "a path",
  ),
  plantNetworks: list(
    {
      variable: "SALLYPORT_PLANT_NETWORKS",
      fallback: "",
      description:
        "Networks of the plant: integrations never reach an address in them, besides the assets of the plant file.",
    },
    "a list of networks such as 10.20.0.0/16, fd00:20::/48",
    isNetwork,
  ),
  integrations: optionalText(
    {
      variable: "SALLYPORT_INTEGRATIONS",
      fallback: "",
      description:
        "YAML file of the receivers of notices and of the SIEM; read again when it changes. Default: none.",
    },
    /./,
    "a path",
  ),
  policySecondAdministrator: flag({
    variable: "SALLYPORT_POLICY_SECOND_ADMINISTRATOR",
    fallback: "0",
    description:
      "A change of policies in the console counts only once another administrator has confirmed exactly it.",
  }),
  policyWhatIf: flag({
    variable: "SALLYPORT_POLICY_WHAT_IF",
    fallback: "0",
    description:
      "Policies and plant files come into force from the console only after who changes them has seen what exactly they would have changed in past sessions.",
  }),
  plantSecondAdministrator: flag({
    variable: "SALLYPORT_PLANT_SECOND_ADMINISTRATOR",
    fallback: "0",
    description:
      "A changed plant file counts only once an administrator has confirmed exactly it in the console.",
  }),
  simulate: flag({
    variable: "SALLYPORT_SIMULATE",
    fallback: "0",
    description: "Start the simulated plant although a plant file is named.",
  }),
  simulator: optionalText(
    {
      variable: "SALLYPORT_SIMULATOR",
      fallback: "",
      description: "Script of the simulated plant. Default: the one of this package.",
    },
    /./,
    "a path",
  ),
  simulatorPort: whole(
    {
      variable: "SALLYPORT_SIMULATOR_PORT",
      fallback: "15020",
      description:
        "Port of the simulated treatment PLC on 127.0.0.1; the six others of the simulated plant follow it. The plant file of the first start is written for it.",
    },
    1,
    65_534,
  ),
  consoleFolder: optionalText(
    {
      variable: "SALLYPORT_CONSOLE",
      fallback: "",
      description: "Folder of the built console. Default: dist/console of this package.",
    },
    /./,
    "a path",
  ),
  log: optionalText(
    {
      variable: "SALLYPORT_LOG",
      fallback: "",
      description: "File of the log, or `stderr`. Default: <data>/log/broker.log.",
    },
    /./,
    "a path or stderr",
  ),
  logLevel: {
    variable: "SALLYPORT_LOG_LEVEL",
    fallback: "info",
    expects: "one of error, warn, info, debug",
    description: "How much is logged.",
    schema: z.enum(["error", "warn", "info", "debug"]),
  },
  firstName: optionalText(
    {
      variable: "SALLYPORT_FIRST_NAME",
      fallback: "First administrator",
      description: "Name of the first person, who is administrator and engineer.",
    },
    /./,
    "a name",
  ),
  firstEmail: optionalText(
    {
      variable: "SALLYPORT_FIRST_EMAIL",
      fallback: "administrator@localhost",
      description: "E-mail address of the first person, as plant-file grants name people.",
    },
    /^[^\s@]+@[^\s@]+$/,
    "an e-mail address",
  ),
  metricsToken: {
    ...optionalText(
      {
        variable: "SALLYPORT_METRICS_TOKEN",
        fallback: "",
        description:
          "Bearer token with which a scraper on this machine may read /metrics. Default: none may.",
      },
      /^[\x21-\x7e]{16,256}$/,
      "at least 16 printable characters without spaces",
    ),
    secret: true,
  },
  ...DATABASE_SETTINGS,
  ...OBJECT_SETTINGS,
  ...DEVICE_SETTINGS,
  ...RISK_SETTINGS,
  ...PROVISIONING_SETTINGS,
  ...NATIVE_SETTINGS,
  ...WORKLOAD_SETTINGS,
  ...TLS_SETTINGS,
  ...GATEWAY_SETTINGS,
  ...TIME_SETTINGS,
} as const satisfies Record<string, Setting<unknown>>;

/** An exact origin. Plain http only for this machine: passkeys and secure cookies need no less. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const secure = url.protocol === "https:" || (url.protocol === "http:" && isLocalhost(url));
  return secure && url.origin === text && isIP(url.hostname.replace(/^\[|\]$/g, "")) === 0;
}

function isLocalhost(url: URL): boolean {
  return url.hostname === "localhost" || url.hostname.endsWith(".localhost");
}

function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  const bitsMax = version === 4 ? 32 : 128;
  const bitsRight = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  return version !== 0 && bitsRight && more.length === 0;
}
