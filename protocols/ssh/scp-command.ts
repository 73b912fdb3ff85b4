/** The remote half of an old scp: `scp -t PATH` takes files, `scp -f PATH` gives them. */

export interface ScpCommand {
  readonly gives: boolean;
  readonly recursive: boolean;
  /** The target must be a folder. */
  readonly folder: boolean;
  readonly path: string;
}

const FLAGS = /^-[tfrpdvq]+$/;
/** What no shell reads as anything but itself. */
const PLAIN = /^[\w@%+=:,./~-]+$/;

export function isScp(command: string): boolean {
  return /^(\S*\/)?scp(\s|$)/.test(command);
}

/** Undefined where it is more, or something else, than what OpenSSH and PuTTY send. */
export function parseScp(command: string): ScpCommand | undefined {
  const [, ...words] = command.trim().split(/\s+/);
  const flags = words.filter((word) => FLAGS.test(word)).join("");
  const rest = words.filter((word) => !FLAGS.test(word) && word !== "--");
  const [path, ...more] = rest;
  if (path === undefined || more.length > 0 || !PLAIN.test(path)) return undefined;
  const [gives, takes] = [flags.includes("f"), flags.includes("t")];
  if (gives === takes) return undefined;
  return { gives, recursive: flags.includes("r"), folder: flags.includes("d"), path };
}
