/**
 * What this computer says about itself, by the commands that it comes with. What cannot be told is
 * `unknown`: nothing is guessed, and nothing needs more rights than the person has.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { release } from "node:os";
import type { FactAnswer, PostureFacts } from "../../store/device.ts";

/** Answers the output of a command, or undefined where it is absent, fails or takes too long. */
export type RunCommand = (file: string, ...args: readonly string[]) => Promise<string | undefined>;

/** A stock command answers at once; one that hangs must not hold the report up. */
const COMMAND_MS = 10_000;
const OUTPUT_BYTES_MAX = 1_048_576;
const TEXT_MAX = 60;

export const runCommand: RunCommand = (file, ...args) =>
  new Promise((resolve) => {
    const options = { timeout: COMMAND_MS, maxBuffer: OUTPUT_BYTES_MAX, windowsHide: true };
    execFile(file, args, options, (error, stdout) => resolve(error ? undefined : stdout));
  });

export function machineFacts(
  platform: NodeJS.Platform = process.platform,
  run: RunCommand = runCommand,
  desktop: string = process.env.XDG_CURRENT_DESKTOP ?? "",
): Promise<PostureFacts> {
  if (platform === "linux") return linuxFacts(run, desktop);
  if (platform === "darwin") return macFacts(run);
  if (platform === "win32") return windowsFacts(run);
  return Promise.resolve({ os: { name: platform, version: release() }, ...NOTHING_KNOWN });
}

const NOTHING_KNOWN: Omit<PostureFacts, "os"> = {
  diskEncryption: "unknown",
  screenLock: "unknown",
  endpointProtection: "unknown",
};

async function linuxFacts(run: RunCommand, desktop: string): Promise<PostureFacts> {
  return {
    os: linuxName(readOrEmpty("/etc/os-release")),
    diskEncryption: rootIsEncrypted(await run("lsblk", "--json", "--output", "TYPE,MOUNTPOINTS")),
    screenLock: await linuxScreenLock(run, desktop),
    endpointProtection: await runningService(run),
  };
}

export function linuxName(osRelease: string): PostureFacts["os"] {
  const field = (name: string) =>
    new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(osRelease)?.[1]?.slice(0, TEXT_MAX) ?? "";
  return { name: field("NAME") || "Linux", version: field("VERSION_ID") || field("BUILD_ID") };
}

interface BlockDevice {
  readonly type?: string | null;
  readonly mountpoints?: readonly (string | null)[];
  readonly children?: readonly BlockDevice[];
}

/** Whether what is mounted at the root lies on an encrypted layer, at any depth. */
export function rootIsEncrypted(lsblk: string | undefined): FactAnswer {
  if (lsblk === undefined) return "unknown";
  try {
    const { blockdevices = [] } = JSON.parse(lsblk) as { blockdevices?: readonly BlockDevice[] };
    const answers = blockdevices.flatMap((device) => rootIn(device, false));
    if (answers.length === 0) return "unknown";
    return answers.every((encrypted) => encrypted) ? "yes" : "no";
  } catch {
    return "unknown";
  }
}

function rootIn(device: BlockDevice, above: boolean): readonly boolean[] {
  const encrypted = above || device.type === "crypt";
  const here = device.mountpoints?.includes("/") ? [encrypted] : [];
  return [...here, ...(device.children ?? []).flatMap((child) => rootIn(child, encrypted))];
}

/** By the desktop that runs: what is set for one that does not run locks nothing. */
async function linuxScreenLock(run: RunCommand, desktop: string): Promise<FactAnswer> {
  if (/gnome|unity|cinnamon/i.test(desktop)) {
    const schema = "org.gnome.desktop.screensaver";
    return said(await run("gsettings", "get", schema, "lock-enabled"), /^true/, /^false/);
  }
  if (!/kde/i.test(desktop)) return "unknown";
  const file = ["--file", "kscreenlockerrc", "--group", "Daemon", "--key", "Autolock"];
  return said(await run("kreadconfig5", ...file, "--default", "true"), /^true/, /^false/);
}

/** Units of systems that look into what runs on a computer. */
const PROTECTION_UNITS = [
  "falcon-sensor",
  "mdatp",
  "sentinelone",
  "cbagentd",
  "cortex-xdr",
  "elastic-agent",
  "wazuh-agent",
  "sophos-spl",
  "clamav-daemon",
];

async function runningService(run: RunCommand): Promise<FactAnswer> {
  const listed = await run(
    ...(["systemctl", "list-units", "--type=service", "--state=running"] as const),
    ...["--no-legend", "--plain"],
  );
  if (listed === undefined) return "unknown";
  const units = listed.split("\n").map((line) => line.trim().split(/\s+/)[0] ?? "");
  // One that is not in this list may still run.
  return units.some((unit) => PROTECTION_UNITS.includes(unit.replace(/\.service$/, "")))
    ? "yes"
    : "unknown";
}

async function macFacts(run: RunCommand): Promise<PostureFacts> {
  const version = (await run("sw_vers", "-productVersion"))?.trim() ?? "";
  const fileVault = await run("fdesetup", "status");
  const lock = await run("sysadminctl", "-screenLock", "status");
  const extensions = await run(
    "systemextensionsctl",
    "list",
    "com.apple.system_extension.endpoint_security",
  );
  return {
    os: { name: "macOS", version: version.slice(0, TEXT_MAX) },
    diskEncryption: said(fileVault, /FileVault is On/, /FileVault is Off/),
    screenLock: said(lock, /screenLock (delay is|is on)/i, /screenLock is off/i),
    endpointProtection: said(extensions, /activated enabled/),
  };
}

const DEFENDER = "(Get-MpComputerStatus).RealTimeProtectionEnabled";
const LOCK =
  "(Get-ItemProperty 'HKCU:\\Control Panel\\Desktop').ScreenSaverIsSecure; (Get-ItemProperty 'HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System').InactivityTimeoutSecs";
const BITLOCKER =
  "(New-Object -ComObject Shell.Application).NameSpace($env:SystemDrive).Self.ExtendedProperty('System.Volume.BitLockerProtection')";

async function windowsFacts(run: RunCommand): Promise<PostureFacts> {
  const shell = (script: string) =>
    run("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", script);
  const lock = await shell(LOCK);
  return {
    os: { name: "Windows", version: release() },
    diskEncryption: windowsEncryption(await shell(BITLOCKER)),
    screenLock: lock === undefined ? "unknown" : windowsLock(lock),
    endpointProtection: said(await shell(DEFENDER), /^\s*True\s*$/i, /^\s*False\s*$/i),
  };
}

/** 1, 3 and 5: on, being encrypted, suspended; 2, 4 and 6: off, being decrypted, unlocked without. */
export function windowsEncryption(property: string | undefined): FactAnswer {
  const value = property?.trim();
  if (value === "1") return "yes";
  return value === "2" || value === "4" || value === "5" ? "no" : "unknown";
}

export function windowsLock(lines: string): FactAnswer {
  const [secure, inactivity] = lines.split(/\r?\n/).map((line) => line.trim());
  if (secure === "1" || Number(inactivity) > 0) return "yes";
  return secure === "0" ? "no" : "unknown";
}

function said(output: string | undefined, yes: RegExp, no?: RegExp): FactAnswer {
  if (output === undefined) return "unknown";
  if (yes.test(output)) return "yes";
  return no?.test(output) ? "no" : "unknown";
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
