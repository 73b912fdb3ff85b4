/**
 * The remote half of an old scp: `scp -t PATH` takes files, `scp -f PATH` gives them. The asset's
 * shell reads this command, so only what no shell reads as anything but itself is carried, and it
 * is written anew.
 */
import { canonicalPath } from "./paths.ts";

export interface ScpCommand {
  /** Files come from the asset; otherwise they go to it. */
  readonly gives: boolean;
  readonly recursive: boolean;
  /** Modes and times are kept. */
  readonly preserves: boolean;
  /** The target must be a folder. */
  readonly folder: boolean;
  /** Canonical; begins with `/`, or with `~` for what is below the user's home. */
  readonly path: string;
}

const FLAGS = /^-[tfrpdvq]+$/;
/** As libssh2 and WinSCP write it. Nothing that is plain means anything else for being quoted. */
const QUOTED = /^(['"])([\w@%+=:,./-]+)\1$/;
const PLAIN = /^[\w@%+=:,./~-]+$/;

export function isScp(command: string): boolean {
  return /^(\S*\/)?scp(\s|$)/.test(command);
}

export function isQuotedScp(command: string): boolean {
  return /["']/.test(command);
}

/** Undefined where it is more, or something else, than what OpenSSH, PuTTY and libssh2 send. */
export function parseScp(command: string): ScpCommand | undefined {
  // libssh leaves two spaces where it has no flag to name.
  const [program, ...words] = command.split(" ").filter((word) => word !== "");
  if (program !== "scp") return undefined;
  const flags = words.filter((word) => FLAGS.test(word)).join("");
  const [written, ...more] = words.filter((word) => !FLAGS.test(word) && word !== "--");
  const [gives, takes] = [flags.includes("f"), flags.includes("t")];
  if (written === undefined || more.length > 0 || gives === takes) return undefined;
  const path = plainPath(QUOTED.exec(written)?.[2] ?? written);
  if (path === undefined) return undefined;
  return {
    ...{ gives, path, recursive: flags.includes("r") },
    ...{ preserves: flags.includes("p"), folder: flags.includes("d") },
  };
}

export function scpCommand({ gives, recursive, preserves, folder, path }: ScpCommand): string {
  const flags = `${recursive ? "r" : ""}${preserves ? "p" : ""}${folder ? "d" : ""}`;
  return `scp -${flags}${gives ? "f" : "t"} ${path}`;
}

/** What climbs out of the home, or into another's, cannot be judged by its name. */
function plainPath(written: string): string | undefined {
  if (!PLAIN.test(written)) return undefined;
  if (written.startsWith("/")) return canonicalPath(written, "/");
  const below = written === "~" ? "" : written.startsWith("~/") ? written.slice(2) : written;
  if (below.startsWith("~") || below.split("/").includes("..")) return undefined;
  const path = canonicalPath(`/${below}`, "/");
  return path === "/" ? "~" : `~${path}`;
}
