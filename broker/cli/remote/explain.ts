/** What stood in the way of a command, in one line, and the code that a script sees. */
import { CommanderError } from "commander";
import { CommandFailed, EXIT, type ExitCode } from "./exit-codes.ts";
import { harmless } from "./output.ts";

export function explain(error: unknown): ExitCode {
  // It has said what is wrong already, or shown what it was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`sallyport: ${harmless(message.split("\n").join(" "))}\n`);
  return error instanceof CommandFailed ? error.exitCode : EXIT.failed;
}
