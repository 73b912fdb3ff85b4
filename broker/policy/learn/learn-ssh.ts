/**
 * The narrowest readable rules for what was done over SSH: commands word by word, files by path,
 * with the largest size that was written. A shell is a shell: what is typed cannot be narrowed.
 */
import {
  type ExecOperation,
  FILE_ACTIONS,
  type FileOperation,
  type SshOperation,
} from "../../../protocols/ssh/operation.ts";
import { commandPattern } from "../command-pattern.ts";
import {
  grouped,
  type Learned,
  type LearnedRule,
  type LearnOptions,
  type Seen,
  sorted,
} from "./learned.ts";

/** More files than this of one folder are its files. */
const FILES_NAMED_MAX = 5;
/** What a plant file takes as a command. */
const COMMAND_LENGTH_MAX = 1_024;

export function learnSsh(seen: readonly Seen<SshOperation>[], options: LearnOptions): Learned {
  const notes: string[] = [];
  const of = <A extends SshOperation["action"]>(...actions: readonly A[]) =>
    seen.filter(({ operation }) => (actions as readonly string[]).includes(operation.action));
  const files = of(...FILE_ACTIONS);
  return {
    rules: [
      ...terminalRules(of("ssh:shell", "ssh:input"), notes),
      ...commandRules(of("ssh:exec") as Seen<ExecOperation>[], notes),
      ...namedRules(of("ssh:env", "ssh:other")),
      ...fileRules(files as Seen<FileOperation>[], options),
      ...emptySftp(of("ssh:subsystem"), files.length, notes),
    ],
    notes,
  };
}

function terminalRules(seen: readonly Seen<SshOperation>[], notes: string[]): LearnedRule[] {
  if (seen.length === 0) return [];
  notes.push('"command line": what is typed into a shell cannot be held to what was typed before');
  const actions = sorted(seen.map(({ operation }) => operation.action));
  return [{ name: "command line", permit: "configure", actions }];
}

function commandRules(seen: readonly Seen<ExecOperation>[], notes: string[]): LearnedRule[] {
  const commands = sorted(seen.map(({ operation }) => operation.command));
  const nameable = commands.filter(
    (command) => command.length <= COMMAND_LENGTH_MAX && isItself(command),
  );
  if (nameable.length < commands.length) {
    notes.push(`${commands.length - nameable.length} commands cannot be named and are left out`);
  }
  if (nameable.length === 0) return [];
  return [{ name: "commands", permit: "configure", actions: ["ssh:exec"], commands: nameable }];
}

/** Printable, without what a pattern reads as more than itself. */
function isItself(command: string): boolean {
  return (
    /^[^\p{Cc}]+$/u.test(command) && command.trim() === command && commandPattern(command)(command)
  );
}

function namedRules(seen: readonly Seen<SshOperation>[]): LearnedRule[] {
  return [...grouped(seen, ({ operation }) => operation.action)].map(([action, own]) => ({
    name: action === "ssh:env" ? "environment" : "other requests",
    permit: own[0]?.operation.class ?? "configure",
    actions: [action],
  }));
}

function fileRules(seen: readonly Seen<FileOperation>[], { margin }: LearnOptions): LearnedRule[] {
  const byAction = grouped(seen, ({ operation }) => operation.action);
  const places = [...byAction].map(([action, own]) => {
    const sizes = own.flatMap(({ operation }) => operation.size ?? []);
    const size = sizes.reduce((most, one) => Math.max(most, one), 0);
    return {
      ...{ action, paths: pathsOf(own.map(({ operation }) => operation)) },
      sizeMax: action === "file:write" ? Math.ceil(size * (1 + margin)) : undefined,
    };
  });
  const alike = grouped(places, ({ paths, sizeMax }) => JSON.stringify([paths, sizeMax]));
  return [...alike.values()].map((own) => {
    const [{ paths, sizeMax } = { paths: [], sizeMax: undefined }] = own;
    const words = own.map(({ action }) => action.replace("file:", ""));
    return {
      name: `files: ${words.join(", ")}`,
      permit: "transfer",
      actions: own.map(({ action }) => action),
      paths,
      ...(sizeMax !== undefined && { "size-max": sizeMax }),
    };
  });
}

function pathsOf(operations: readonly FileOperation[]): readonly string[] {
  const ends = operations.flatMap(({ path, target }) => [path, ...(target ? [target] : [])]);
  const byFolder = grouped(new Set(ends), (path) => path.slice(0, path.lastIndexOf("/") + 1));
  return sorted(
    [...byFolder].flatMap(([folder, paths]) =>
      paths.length > FILES_NAMED_MAX && folder !== "" ? [`${folder}*`] : paths,
    ),
  );
}

/** SFTP that was opened and touched no file needs a rule about files all the same. */
function emptySftp(
  seen: readonly Seen<SshOperation>[],
  files: number,
  notes: string[],
): LearnedRule[] {
  if (seen.length === 0 || files > 0) return [];
  notes.push('"file list": SFTP was opened and no file touched');
  return [{ name: "file list", permit: "transfer", actions: ["file:list"], paths: ["/"] }];
}
