#!/usr/bin/env node
/** The `sallyport` command. */
import { Command, InvalidArgumentError } from "commander";
import { ConfigInvalid, readConfig } from "../config.ts";
import { START_SETTINGS } from "../start-help.ts";
import { readVersion } from "../version.ts";
import { addBackupCommands } from "./backup-commands.ts";
import { addCompletionCommand } from "./completion.ts";
import { addCredentialCommands } from "./credential-commands.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { addEvidenceCommands } from "./evidence-commands.ts";
import { addFirewallCommand } from "./firewall-command.ts";
import { addForesightCommands } from "./foresight-commands.ts";
import { addGatewayCommands } from "./gateway-commands.ts";
import { addIntegrationCommands } from "./integration-commands.ts";
import { runPlantCheck } from "./plant-check.ts";
import { runPolicyCheck, runPolicyTest } from "./policy-check.ts";
import { rollbackPolicies } from "./policy-rollback.ts";
import { upgradePolicies } from "./policy-upgrade.ts";
import { recover } from "./recover.ts";
import { addApplyCommand } from "./remote/apply-command.ts";
import { EXIT } from "./remote/exit-codes.ts";
import { explain } from "./remote/explain.ts";
import { addRemoteCommands } from "./remote/remote-commands.ts";
import { addRiskCommands } from "./risk-learn.ts";
import { securityReport, securityText, settingsMarkdown } from "./security-report.ts";
import { settingsText } from "./settings-text.ts";
import { addStoreCommands } from "./store-commands.ts";
import { addTlsCommands } from "./tls-commands.ts";
import { addTrustCommands } from "./trust-commands.ts";
import { unlockOnHost } from "./unlock.ts";

const program = new Command("sallyport")
  .description(
    "Guarded passage into a plant: every operation decoded, decided, recorded, then done.",
  )
  .version(readVersion(), "-v, --version", "print the version")
  .helpOption("-h, --help", "print this help")
  .exitOverride()
  .showHelpAfterError("Run `sallyport --help` for the commands.")
  .configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, "sallyport: ")),
  });

program
  .command("start")
  .description("start the broker; Ctrl-C stops it")
  .addHelpText("after", START_SETTINGS)
  .action(async () => {
    // Other commands need not wait for all of the broker.
    const { runBroker } = await import("../run.ts");
    await runBroker(process.env);
  });

const plant = program.command("plant").description("work with plant files");

addFirewallCommand(plant);

plant
  .command("check")
  .description("say all that is wrong with a plant file, before it counts")
  .argument("<file>", "the plant file")
  .action(async (file: string) => {
    process.exitCode = await runPlantCheck(file, process.stdout);
  });

const policy = program.command("policy").description("work with access policies");

policy
  .command("check")
  .description("say all that is wrong with a folder of policies, before it counts")
  .argument("<folder>", "the folder with *.cedar and *.tests.yaml")
  .action((folder: string) => {
    process.exitCode = runPolicyCheck(folder, process.stdout);
  });

policy
  .command("test")
  .description("run the tests beside the policies")
  .argument("<folder>", "the folder with *.cedar and *.tests.yaml")
  .action((folder: string) => {
    process.exitCode = runPolicyTest(folder, process.stdout);
  });

policy
  .command("rollback")
  .description("put the version before the policies in force back; noted as an alarm")
  .argument("[version]", "the number of another version", wholeNumber)
  .action(async (version: number | undefined) => {
    process.stdout.write(`${await rollbackPolicies(readConfig(process.env), version)}\n`);
  });

policy
  .command("upgrade")
  .description("show which new rights no policy of this site speaks of, as the defaults have them")
  .option("--apply", "add them if they pass the checks of every change; noted as an alarm")
  .action(async ({ apply }: { readonly apply?: boolean }) => {
    const said = await upgradePolicies(readConfig(process.env), apply === true);
    process.stdout.write(`${said}\n`);
  });

program
  .command("recover")
  .description(
    "with the broker stopped: a one-time link for an administrator who lost all passkeys",
  )
  .argument("[email]", "whom to help; not needed where there is one administrator")
  .action(async (email: string | undefined) => {
    const link = await recover(readConfig(process.env), email);
    process.stdout.write(
      `${link.url}\n\nStart the broker, then open the link: it works once, until ` +
        `${new Date(link.expiresMs).toLocaleString()}.\nThis was noted as an alarm.\n`,
    );
  });

program
  .command("unlock")
  .description("on the host, broker running or not: lift the lock of the site; noted as an alarm")
  .option("--all", "lift every lock, not only those that keep administrators out")
  .action(async ({ all }: { readonly all?: true }) => {
    const done = await unlockOnHost(readConfig(process.env), all ? "all" : "way-in");
    process.stdout.write(`${done}\n`);
  });

addEvidenceCommands(program);
addForesightCommands(program, policy);
addRiskCommands(program);
addIntegrationCommands(program);
addCredentialCommands(program);
addTrustCommands(program);
addRemoteCommands(program, readVersion());
addApplyCommand(program);
addTlsCommands(program);
addBackupCommands(program);
addStoreCommands(program);
addGatewayCommands(program);

program
  .command("config")
  .description("print every setting, what it accepts and its default")
  .option("--markdown", "as a page", false)
  .action(({ markdown }: { markdown: boolean }) => {
    process.stdout.write(markdown ? settingsMarkdown() : settingsText());
  });

addDoctorCommand(program);

program
  .command("security")
  .description("print the security settings in force, and what is weaker than it could be")
  .option("--json", "every setting as it counts, for machines", false)
  .action(({ json }: { json: boolean }) => {
    const report = securityReport(readConfig(process.env), process.env, readVersion());
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : securityText(report));
  });

program
  .command("version")
  .description("print the version")
  .action(() => void process.stdout.write(`${readVersion()}\n`));

addCompletionCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof ConfigInvalid) {
    for (const line of error.problems) process.stderr.write(`sallyport: ${line}\n`);
    process.exitCode = EXIT.usage;
  } else process.exitCode = explain(inWords(error));
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be the number of a version.");
}

function inWords(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "StoreInUse") return error;
  return new Error("the broker is running on this data folder: stop it first");
}
