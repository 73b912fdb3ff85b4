/** What each command says of itself to somebody who has never used it. */
import { Command } from "commander";
import { expect, test } from "vitest";
import { addApplyCommand } from "./apply-command.ts";
import { addRemoteEvidence } from "./evidence-command.ts";
import { addRemoteCommands } from "./remote-commands.ts";

const program = new Command("sallyport");
addRemoteCommands(program, "1.2.3");
addApplyCommand(program);
addRemoteEvidence(program, "1.2.3");

function leaves(command: Command): readonly Command[] {
  return command.commands.flatMap((each) => (each.commands.length > 0 ? leaves(each) : [each]));
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

test.each(leaves(program).map((command) => [command.name(), command] as const))(
  "%s takes --json, gives an example and says its exit codes",
  (name, command) => {
    const help = helpOf(command);
    expect(help).toMatch(/^ +--json /m);
    expect(help).toMatch(new RegExp(`^Examples:\\n +(?:\\S+=\\S+ )?sallyport .*${name}`, "m"));
    expect(help).toMatch(/^Exit codes: 0 done,/m);
  },
);

test("the codes are in the help of all, too", () => {
  expect(helpOf(program)).toContain("Exit codes: 0 done");
});
