/** What devices ask for at the door, with ssh2's own server as the device. */
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import ssh2 from "ssh2";
import { expect, onTestFinished, test } from "vitest";
import { shownHostKey } from "../read-identity.ts";
import { type Prompt, PromptAnswers } from "./prompt-answers.ts";
import { SshConnection } from "./ssh-connection.ts";

const CREDENTIAL = { kind: "password", user: "works", password: "secret" } as const;
const hidden = (prompt: string): Prompt => ({ prompt, echo: false });
const shown = (prompt: string): Prompt => ({ prompt, echo: true });

test.each<[string, readonly Prompt[], readonly string[]]>([
  ["nothing", [], []],
  ["the password", [hidden("Password: ")], ["secret"]],
  ["the password, shown as old devices do", [shown("Password:")], ["secret"]],
  ["a name and the password", [shown("Username: "), hidden("Password: ")], ["works", "secret"]],
])("%s is answered", (_, prompts, answers) => {
  expect(new PromptAnswers(CREDENTIAL).to(prompts)).toEqual({ kind: "answers", answers });
});

test.each([
  ["New password: ", hidden("New password: ")],
  ["Code?]0;owned?: ", shown("Code\x1b]0;owned\x07: ")],
])("%s is not", (asks, prompt) => {
  const answers = new PromptAnswers(CREDENTIAL);
  expect(answers.to([prompt])).toEqual({ kind: "unknown", asks: asks.trim() });
});

test("nobody gets the password twice, however it is asked for", () => {
  const answers = new PromptAnswers(CREDENTIAL);
  expect(answers.to([hidden("Password: ")])).toMatchObject({ kind: "answers" });
  expect(answers.to([hidden("Verification: ")])).toEqual({
    kind: "unknown",
    asks: "Verification:",
  });
  const other = new PromptAnswers(CREDENTIAL);
  other.hasPassword();
  expect(other.to([hidden("Verification: ")])).toMatchObject({ kind: "unknown" });
});

/** A device that asks so, one after another; lets in once each was answered as `wants` says. */
async function device(asks: readonly (readonly Prompt[])[], wants: string) {
  const made = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;
  const hostKey = made.export({ type: "pkcs1", format: "pem" }).toString();
  const heard: string[][] = [];
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
    connection.on("error", () => undefined);
    connection.on("authentication", (by) => {
      if (by.method !== "keyboard-interactive") return by.reject(["keyboard-interactive"]);
      const ask = (n: number): void => {
        const prompts = asks[n];
        if (prompts === undefined) {
          if (heard.join() === wants) by.accept();
          else by.reject();
          return;
        }
        by.prompt([...prompts] as ssh2.Prompt[], "Login", "", (answers) => {
          heard.push([...answers]);
          if (answers.length === prompts.length) ask(n + 1);
          else by.reject();
        });
      };
      ask(0);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const key = ssh2.utils.parseKey(hostKey);
  if (key instanceof Error) throw key;
  return { port: (server.address() as AddressInfo).port, publicKey: key.getPublicSSH(), heard };
}

async function signIn(asks: readonly (readonly Prompt[])[], wants: string) {
  const { port, publicKey, heard } = await device(asks, wants);
  const connection = new SshConnection({
    ...{ name: "device/ssh", address: "127.0.0.1", port, legacyAlgorithms: false },
    hostKeys: [shownHostKey(publicKey, "device").fingerprint],
    connectTimeoutMs: 60_000,
    credential: async () => CREDENTIAL,
  });
  onTestFinished(() => connection.close("done"));
  connection.enter(
    () => {},
    () => {},
  );
  const ended = await connection.ready.then(
    () => "ready",
    (error: Error) => error.message,
  );
  return { ended, heard };
}

test("a device that asks for name and password at once lets in", async () => {
  const { ended } = await signIn([[shown("login: "), hidden("Password: ")], []], "works,secret,");
  expect(ended).toBe("ready");
});

test("a device whose password has expired is told nothing more, and a person why", async () => {
  const asks = [[hidden("Password: ")], [hidden("New password: ")]];
  const { ended, heard } = await signIn(asks, "");
  expect(heard).toEqual([["secret"], []]);
  expect(ended).toBe('the asset asks for more than its credential has: "New password:"');
});
