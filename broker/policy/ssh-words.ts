/** Operations of SSH in words, for sentences that a person reads. */
import type { SshOperation } from "../../protocols/ssh/operation.ts";

/** A command line or a path of ordinary length. */
const SHOWN_MAX = 160;

/** @param lengthMax of a name in it; who decides on it by these words is shown all of it */
export function sshDeed(operation: SshOperation, lengthMax = SHOWN_MAX): string {
  const shown = (text: string) => shortened(text, lengthMax);
  switch (operation.action) {
    case "ssh:shell":
      return "a shell";
    case "ssh:input":
      return "typing";
    case "ssh:exec":
      return `the command "${shown(operation.command)}"`;
    case "ssh:subsystem":
      return operation.name === "sftp" ? "SFTP" : `the subsystem "${shown(operation.name)}"`;
    case "ssh:env":
      return `setting the variable ${shown(operation.name)}`;
    case "ssh:forward":
      return `forwarding (${shown(operation.name)})`;
    case "ssh:other":
      return `the request "${shown(operation.name)}"`;
    case "file:passed":
      return `what passed of ${shown(operation.path)}`;
    default:
      return fileDeed(operation, shown);
  }
}

type FileDeed = Extract<SshOperation, { readonly class: "transfer"; readonly path: string }>;

function fileDeed(
  { action, path, target, name }: FileDeed,
  shown: (text: string) => string,
): string {
  const file = shown(path);
  switch (action) {
    case "file:list":
      return `looking at ${file}`;
    case "file:read":
      return `reading ${file}`;
    case "file:write":
      return `writing ${file}`;
    case "file:remove":
      return `removing ${file}`;
    case "file:rename":
      return `renaming ${file} to ${shown(target ?? "")}`;
    case "file:other":
      return `${name ?? "another operation"} on ${file}`;
  }
}

function shortened(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}…`;
}
