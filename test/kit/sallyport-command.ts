/** The `sallyport` command as a person starts it on a machine of their own. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import path from "node:path";

const COMMAND = path.resolve(import.meta.dirname, "../../broker/cli/sallyport.ts");

export interface RunningCommand {
  readonly process: ChildProcessWithoutNullStreams;
  /** What it printed so far. */
  readonly output: string;
  readonly errors: string;
  /** Resolves with its exit code, -1 where a signal ended it. */
  readonly ended: Promise<number>;
  /** Resolves once it has printed this, on either stream; rejects when it ends without. */
  says(words: RegExp): Promise<RegExpExecArray>;
}

/** @param home folder of the machine's own files @param file the command, as a single file has it */
export function startCommand(
  home: string,
  args: readonly string[],
  file = COMMAND,
  env: Readonly<Record<string, string>> = {},
): RunningCommand {
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, SALLYPORT_HOME: home, NO_COLOR: "1", ...env },
    stdio: "pipe",
  });
  const said = { output: "", errors: "" };
  let over = false;
  const hearers = new Set<() => void>();
  const tell = () => {
    for (const hear of [...hearers]) hear();
  };
  child.stdout.on("data", (bytes: Buffer) => {
    said.output += bytes.toString();
    tell();
  });
  child.stderr.on("data", (bytes: Buffer) => {
    said.errors += bytes.toString();
    tell();
  });
  const ended = new Promise<number>((resolve) => {
    child.once("close", (code) => {
      over = true;
      tell();
      resolve(code ?? -1);
    });
  });
  const says = (words: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const hear = () => {
        const found = words.exec(said.output) ?? words.exec(said.errors);
        if (!found && !over) return;
        hearers.delete(hear);
        if (found) resolve(found);
        else reject(new Error(`it ended without ${words}:\n${said.output}\n${said.errors}`));
      };
      hearers.add(hear);
      hear();
    });
  return {
    ...{ process: child, ended, says },
    get output() {
      return said.output;
    },
    get errors() {
      return said.errors;
    },
  };
}

export interface CommandDone {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

export async function runCommand(
  home: string,
  args: readonly string[],
  file = COMMAND,
  env: Readonly<Record<string, string>> = {},
): Promise<CommandDone> {
  const command = startCommand(home, args, file, env);
  command.process.stdin.end();
  const code = await command.ended;
  const { output, errors } = command;
  return { code, output, errors };
}
