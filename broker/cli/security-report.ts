/**
 * The security settings in force, for people and for machines (IEC 62443-3-3 SR 7.6 RE 1): every
 * setting as it counts, and where this site is weaker than it could be.
 */
import { type Config, settingReference } from "../config.ts";
import type { Setting } from "../setting.ts";
import { PREFIX, SETTINGS } from "../settings.ts";

export interface SettingInForce {
  readonly setting: string;
  /** Secrets are "set" or "". */
  readonly value: unknown;
  readonly isDefault: boolean;
}

export interface Advice {
  /** Requirement of IEC 62443-3-3. */
  readonly requirement: string;
  readonly what: string;
  readonly met: boolean;
  /** What to set where it is not met. */
  readonly setting: string;
}

export interface SecurityReport {
  readonly format: 1;
  readonly release: string;
  readonly node: string;
  readonly settings: readonly SettingInForce[];
  readonly advice: readonly Advice[];
}

export function securityReport(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
  release: string,
): SecurityReport {
  const rows: [string, Setting<unknown>][] = Object.entries(SETTINGS);
  return {
    format: 1,
    ...{ release, node: process.version },
    settings: rows.map(([name, setting]) => ({
      setting: setting.variable,
      value: shown(setting, config[name as keyof Config]),
      isDefault: (environment[setting.variable] ?? "") === "" && !isInFile(environment),
    })),
    advice: RULES.map(({ met, ...rule }) => ({ ...rule, met: met(config) })),
  };
}

/** What a file sets is not told apart here: then no setting is called a default. */
function isInFile(environment: Readonly<Record<string, string | undefined>>): boolean {
  return (environment[`${PREFIX}CONFIG`] ?? "") !== "";
}

function shown(setting: Setting<unknown>, value: unknown): unknown {
  if (setting.secret) return value === "" || value === undefined ? "" : "set";
  return value ?? "off";
}

type Rule = Omit<Advice, "met"> & { readonly met: (config: Config) => boolean };

const HOUR_MS = 3_600_000;
const QUARTER_MS = 90 * 24 * HOUR_MS;

const RULES: readonly Rule[] = [
  {
    requirement: "SR 3.1",
    what: "whoever is not on this machine comes over TLS",
    setting: "SALLYPORT_TLS",
    met: ({ tls, origins, trustedProxies, listen }) =>
      tls !== "off" ||
      listen === "127.0.0.1" ||
      listen === "::1" ||
      (origins.every((origin) => origin.startsWith("https:")) && trustedProxies.length > 0),
  },
  {
    requirement: "SR 5.2",
    what: "gateways dial one address of the leg towards the plant, not every one of this machine",
    setting: "SALLYPORT_GATEWAY_LISTEN",
    met: ({ gatewayPort, gatewayListen }) =>
      gatewayPort === undefined || !["0.0.0.0", "::"].includes(gatewayListen),
  },
  {
    requirement: "SR 6.1 RE 1",
    what: "a SIEM or people are told of every event",
    setting: "SALLYPORT_INTEGRATIONS",
    met: ({ integrations }) => integrations !== "",
  },
  {
    requirement: "SR 3.9",
    what: "a witness elsewhere knows how far the site log has come",
    setting: "SALLYPORT_WITNESS_POLICY",
    met: ({ witnessPolicy }) => witnessPolicy !== "",
  },
  {
    requirement: "SR 3.9",
    what: "the log's key is kept by a process or token of its own",
    setting: "SALLYPORT_LOG_SIGNER",
    met: ({ logSigner }) => logSigner !== "",
  },
  {
    requirement: "SR 6.1",
    what: "an auditor opens recordings without the broker",
    setting: "SALLYPORT_AUDITOR_RECIPIENTS",
    met: ({ auditorRecipients }) => auditorRecipients.length > 0,
  },
  {
    requirement: "SR 2.1 RE 4",
    what: "a change of policies takes a second administrator",
    setting: "SALLYPORT_POLICY_SECOND_ADMINISTRATOR",
    met: ({ policySecondAdministrator }) => policySecondAdministrator,
  },
  {
    requirement: "SR 2.1 RE 4",
    what: "a change of the plant file takes a second administrator",
    setting: "SALLYPORT_PLANT_SECOND_ADMINISTRATOR",
    met: ({ plantSecondAdministrator }) => plantSecondAdministrator,
  },
  {
    requirement: "SR 2.5",
    what: "a session in which nobody does anything ends within half an hour",
    setting: "SALLYPORT_SESSION_IDLE",
    met: ({ sessionIdleMs }) => sessionIdleMs <= HOUR_MS / 2,
  },
  {
    requirement: "SR 2.6",
    what: "a session ends within a working day",
    setting: "SALLYPORT_SESSION_ABSOLUTE",
    met: ({ sessionAbsoluteMs }) => sessionAbsoluteMs <= 12 * HOUR_MS,
  },
  {
    requirement: "SR 2.9",
    what: "recordings are kept for 90 days or longer",
    setting: "SALLYPORT_RETENTION",
    met: ({ retentionMs }) => retentionMs === 0 || retentionMs >= QUARTER_MS,
  },
  {
    requirement: "SR 4.3",
    what: "the key of the assets' credentials is not a file beside them",
    setting: "SALLYPORT_CREDENTIALS_KEY_COMMAND",
    met: ({ credentialsKeyCommand }) => credentialsKeyCommand !== "",
  },
  {
    requirement: "SR 7.7",
    what: "no simulated plant runs beside the real one",
    setting: "SALLYPORT_SIMULATE",
    met: ({ simulate, plantFile }) => plantFile === "" || !simulate,
  },
];

/** For people: what is not met first. */
export function securityText({ advice, settings, release }: SecurityReport): string {
  const lines = [...advice]
    .sort((a, b) => Number(a.met) - Number(b.met))
    .map(({ met, requirement, what, setting }) =>
      met
        ? `  met      ${requirement.padEnd(12)} ${what}`
        : `  not met  ${requirement.padEnd(12)} ${what}: ${setting}`,
    );
  const changed = settings.filter(({ isDefault }) => !isDefault);
  return [
    `Sallyport ${release}, against IEC 62443-3-3`,
    "",
    ...lines,
    "",
    `${changed.length} of ${settings.length} settings were set; --json lists every one as it counts.`,
    "",
  ].join("\n");
}

/** The reference of all settings as a page. */
export function settingsMarkdown(): string {
  const rows = settingReference().map(
    ({ variable, description, accepts, fallback }) =>
      `| \`${variable}\` | ${cell(description)} | ${cell(accepts)} | ${fallback === "" ? "–" : `\`${fallback}\``} |`,
  );
  return [
    "# Settings",
    "",
    "Read from the environment and, behind it, from the YAML file that `SALLYPORT_CONFIG` names; a file",
    "key is the variable without its prefix, as in `session-idle: 5m`. Times are written as 90s, 15m or 8h.",
    "What is not a setting is refused at the start, and all problems are told at once. This page is",
    "`sallyport config --markdown`; `sallyport security` says what is in force and what is weaker than it",
    "could be.",
    "",
    "| setting | meaning | must be | default |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
