/** The commands that people run on their own machine: they ask a broker over the network. */
import { Socket } from "node:net";
import path from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { TOKEN_RIGHTS } from "../../identity/token-scope.ts";
import { BrokerClient } from "./broker-client.ts";
import { type ConnectAsked, connect, type Keys } from "./connect.ts";
import { CommandFailed, EXIT } from "./exit-codes.ts";
import { addressesOf, Home } from "./home.ts";
import {
  durationOf,
  endSession,
  makeRequest,
  type SiteFlags,
  showAlarms,
  showAssets,
  showGrants,
  showRecordings,
  showSessions,
  showWorkloads,
} from "./lists.ts";
import { login, logout } from "./login.ts";
import { type Flags, jsonLine, type Output, terminal } from "./output.ts";
import { sendPosture, showPosture } from "./posture.ts";
import {
  createToken,
  listOf,
  listTokens,
  revokeToken,
  rightsOf,
  type TokenAsked,
} from "./tokens.ts";
import {
  keepRenewing,
  loginWorkload,
  renewalOf,
  type WorkloadFlags,
  workloadSourceOf,
} from "./workload-login.ts";

/** @param version told to the broker, for the person who approves */
export function addRemoteCommands(program: Command, version: string): void {
  const home = () => new Home(process.env);
  program.addHelpText("after", EXIT_TEXT);
  addSigningIn(program, home, version);
  addPosture(program, home);
  addLists(program, home);
  addActs(program, home);
  addConnect(program, home);
  addTokens(program, home);
}

type HomeOf = () => Home;

function addSigningIn(program: Command, home: HomeOf, version: string): void {
  program
    .command("login")
    .description("sign in at a broker: approve it in the browser with your passkey")
    .argument(
      "<broker...>",
      "its address, for example https://sallyport.example; with a standby under a name of its own, both",
    )
    .option("--ca <file>", "certificates that the broker's is trusted by, besides the system's")
    .option("--svid <file>", "as a service: its certificate (X.509-SVID) with those that made it")
    .option("--key <file>", "the key of that certificate")
    .option("--jwt <file>", "as a service: a token (JWT-SVID, of Kubernetes, of a CI service)")
    .option("--spiffe", "as a service: by the agent of SPIFFE_ENDPOINT_SOCKET (Workload API)")
    .option("--spiffe-id <id>", "which of the agent's identities; the first otherwise")
    .option("--spiffe-proof <kind>", "x509 or jwt; a certificate otherwise, where it is taken")
    .option("--json", "one JSON value a line, for programs")
    .addHelpText(
      "after",
      examples(
        "sallyport login https://sallyport.example",
        "sallyport login https://sallyport-a.example https://sallyport-b.example",
        "sallyport login https://sallyport.example --svid svid.pem --key svid.key",
        "sallyport login https://sallyport.example --jwt /var/run/secrets/tokens/sallyport",
        "SPIFFE_ENDPOINT_SOCKET=unix:///run/spire/agent.sock sallyport login https://sallyport.example --spiffe",
      ),
    )
    .action(async (brokers: string[], { ca, ...flags }: LoginFlags) => {
      // It is read from wherever later commands are run.
      const address = { ...addressesOf(brokers), ca: ca && path.resolve(ca) };
      const source = workloadSourceOf(flags);
      if (source) await loginWorkload(home(), address, source, flags, terminal);
      else await login(home(), address, { ...flags, version }, terminal);
    });
  remote(program.command("logout"), "end the sign-in of this machine")
    .addHelpText("after", examples("sallyport logout"))
    .action(async (flags: Flags) => {
      const account = home().account(flags.broker);
      await logout(home(), account);
      terminal.write(flags.json ? jsonLine({ broker: account.broker }) : "Signed out.\n");
    });
  remote(program.command("whoami"), "show who is signed in, and where")
    .addHelpText("after", examples("sallyport whoami", "sallyport whoami --json"))
    .action(async (flags: Flags) => {
      const { client, account } = connected(home(), flags);
      const me = await client.ask("GET /api/me");
      if (flags.json) terminal.write(jsonLine(me));
      else {
        const { name, email, roles } = me.person;
        terminal.write(`${name} <${email}>, ${roles.join(", ")}, at ${account.broker}\n`);
      }
    });
}

interface PostureFlags extends Flags {
  readonly show?: boolean;
}

function addPosture(program: Command, home: HomeOf): void {
  remote(
    program.command("posture"),
    "tell the site how this computer is: system, disk encryption, screen lock, protection",
  )
    .option("--show", "only show what would be told")
    .addHelpText("after", examples("sallyport posture --show", "sallyport posture"))
    .action(async ({ show, ...flags }: PostureFlags) => {
      if (show) await showPosture(flags, terminal);
      else await sendPosture(connected(home(), flags).client, flags, terminal);
    });
}

interface LoginFlags extends Flags, WorkloadFlags {
  readonly ca?: string;
}

/** Where a broker serves several. */
const SITE = ["--site <id>", "what is at this site alone"] as const;

function addLists(program: Command, home: HomeOf): void {
  const list = (
    name: string,
    what: string,
    show: (client: BrokerClient, flags: SiteFlags, out: Output) => Promise<void>,
  ) =>
    remote(program.command(name), what)
      .addHelpText("after", examples(`sallyport ${name}`, `sallyport ${name} --json`))
      .action((flags: SiteFlags) => show(connected(home(), flags).client, flags, terminal));
  list("assets", "what you may see of the plant, and reach", showAssets).option(...SITE);
  list("grants", "what you may reach now and soon, and how long", showGrants).option(...SITE);
  list("sessions", "live sessions: yours, or all where your role includes it", showSessions).option(
    ...SITE,
  );
  list("alarms", "what needs a person now, where your role includes it", showAlarms).option(
    ...SITE,
  );
  list("workloads", "services that may work here: unused and expiring ones", showWorkloads);
  remote(program.command("recordings"), "recordings that you may see, newest first")
    .option("--asset <id>", "those of this asset")
    .option(...SITE)
    .option("--limit <count>", "how many at most", wholeNumber, 50)
    .addHelpText("after", examples("sallyport recordings --asset plc-treatment --limit 10"))
    .action(async (flags: SiteFlags & { asset?: string; limit: number }) =>
      showRecordings(connected(home(), flags).client, flags, terminal),
    );
}

function addActs(program: Command, home: HomeOf): void {
  remote(program.command("request"), "ask for access; who must agree is told")
    .argument("<endpoint...>", "ASSET/ENDPOINT, one or several")
    .requiredOption(
      "--profile <name>",
      "what should be allowed: a profile, as the page Access lists them",
    )
    .requiredOption("--for <time>", "how long from the approval: 30m, 4h, 2d", durationArgument)
    .requiredOption("--reason <text>", "why, for who must agree and for the record")
    .option("--ticket <id>", "number of a work order")
    .addHelpText(
      "after",
      examples(
        'sallyport request plc-treatment/modbus --profile pump-tuning --for 4h --reason "Pump P101 surges"',
      ),
    )
    .action(async (endpoints: string[], flags: Flags & Parameters<typeof makeRequest>[2]) =>
      makeRequest(connected(home(), flags).client, endpoints, flags, terminal),
    );
  remote(program.command("end"), "end a session at once")
    .argument("<session>", "its id, as `sallyport sessions` shows it")
    .option("--reason <text>", "why; needed for a session of somebody else", "")
    .addHelpText("after", examples('sallyport end SESSION --reason "The shift is over"'))
    .action(async (id: string, flags: Flags & { reason: string }) =>
      endSession(connected(home(), flags).client, id, flags, terminal),
    );
}

function addConnect(program: Command, home: HomeOf): void {
  remote(program.command("connect"), "work in a session with a native tool, through a local port")
    .argument("<asset>", "ASSET, or ASSET/ENDPOINT; with --session the id of a session of yours")
    .argument("[endpoint]", "which of its endpoints, where there are several")
    .option("--port <number>", "the port on this machine; without it any free one", portNumber, 0)
    .option("--profile <name>", "with which rights, where you hold several")
    .option("--session", "take a session that is open already, for example in the browser")
    .addHelpText(
      "after",
      examples(
        "sallyport connect plc-treatment",
        "sallyport connect plc-treatment/modbus --port 5020 --profile pump-tuning",
      ),
    )
    .action(async (asset: string, endpoint: string | undefined, flags: ConnectFlags) => {
      const { client, account } = connected(home(), flags);
      // Says at once where nobody is signed in, and sets the clock right by the broker's.
      await client.ask("GET /api/me");
      const target = endpoint === undefined ? asset : `${asset}/${endpoint}`;
      const stop = await keepRenewing(client, account, (line) => process.stderr.write(line));
      process.exitCode = await connect(client, { ...flags, target }, keysOf(), terminal);
      stop();
      // A file or /dev/null is none, and holds nobody up.
      if (process.stdin instanceof Socket) process.stdin.unref();
      // A tool that does not close its end, or a broker that is gone, holds nobody up.
      setTimeout(() => process.exit(), LAST_MS).unref();
    });
}

/** For what is still on its way to the tool. */
const LAST_MS = 2_000;

type ConnectFlags = Omit<ConnectAsked, "target">;

/** On Windows also: its window is closed, and Ctrl-Break. Elsewhere `nohup` may keep the first away. */
const STOPS: readonly NodeJS.Signals[] =
  process.platform === "win32"
    ? ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];

/** A second press ends it at once; the session then ends with its lease. */
function keysOf(): Keys {
  return {
    onStop: (stop) => {
      let pressed = false;
      for (const signal of STOPS) {
        process.on(signal, () => {
          if (pressed) process.exit(EXIT.failed);
          pressed = true;
          stop();
        });
      }
    },
    onEnter: (touch) => {
      if (process.stdin.isTTY) process.stdin.on("data", touch);
    },
  };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("It must be a port from 0 to 65535.");
}

function addTokens(program: Command, home: HomeOf): void {
  const token = program
    .command("token")
    .description("what programs use the API with: some rights, some assets, for a time");
  remote(token.command("create"), "make one; approve it in the browser with your passkey")
    .requiredOption("--name <text>", "what it is for, as lists show it")
    .requiredOption("--rights <list>", `with commas, of: ${TOKEN_RIGHTS.join(", ")}`, rightsOf)
    .option(
      "--assets <list>",
      "ids of assets, with commas; without it all that you may see",
      listOf,
    )
    .option("--for <time>", "how long: 1h, 7d, at most 90d", durationArgument, 7 * 86_400_000)
    .option("--bearer", "counts for whoever holds it, not with this machine's key alone")
    .addHelpText(
      "after",
      examples(
        "sallyport token create --name nightly-export --rights recording:own --assets plc-treatment --for 30d",
        'curl -H "Authorization: Bearer $TOKEN" https://sallyport.example/api/recordings',
      ),
    )
    .action(async ({ for: lifeMs, bearer, ...flags }: TokenFlags) => {
      const { client } = connected(home(), flags);
      const { name, rights, assets } = flags;
      const asked = { ...flags, name, rights, assets, lifeMs, bound: !bearer };
      await createToken(client, home().key(), asked, terminal);
    });
  remote(token.command("list"), "yours: what they are good for, until when, last use")
    .option("--all", "everybody's, where your role includes it")
    .addHelpText("after", examples("sallyport token list", "sallyport token list --all --json"))
    .action((flags: Flags & { all?: boolean }) =>
      listTokens(connected(home(), flags).client, flags, terminal),
    );
  remote(token.command("revoke"), "end one at once")
    .argument("<id>", "its id, as `sallyport token list` shows it")
    .addHelpText("after", examples("sallyport token revoke ID"))
    .action((id: string, flags: Flags) =>
      revokeToken(connected(home(), flags).client, id, flags, terminal),
    );
}

interface TokenFlags extends Pick<TokenAsked, keyof Flags | "name" | "rights" | "assets"> {
  readonly for: number;
  readonly bearer?: boolean;
}

/** What all of them take. */
export function remote(command: Command, what: string): Command {
  return command
    .description(what)
    .option("--broker <address>", "the broker; without it the one last signed in at")
    .option("--json", "JSON, for programs");
}

export function connected(home: Home, { broker }: Flags) {
  const account = home.account(broker);
  const client = BrokerClient.of(account, home.key());
  if (account.workload) {
    client.renew = renewalOf(home, account, client);
    client.shared = () => home.account(account.broker).token;
  }
  return { account, client };
}

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}\n${EXIT_TEXT}`;
}

const EXIT_TEXT = `
Exit codes: ${EXIT.done} done, ${EXIT.failed} failed, ${EXIT.usage} not understood, ${EXIT.signedOut} not signed in, ${EXIT.refused} refused,
${EXIT.unreachable} broker not reachable, ${EXIT.ended} the session was ended by others, ${EXIT.waiting} waits for another administrator.
`;

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a number from 1 to 999.");
}

function durationArgument(text: string): number {
  try {
    return durationOf(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof CommandFailed ? error.message : String(error));
  }
}
