import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { startMailServer } from "../../test/kit/mail-server.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { startWebReceiver } from "../../test/kit/web-receiver.ts";
import { readConfig } from "../config.ts";
import { checkIntegrations, testIntegration } from "./integrations.ts";

const PLANT = new URL("../../deploy/examples/water-plant.yaml", import.meta.url).pathname;
const EXAMPLE = new URL("../../deploy/siem/examples/integrations.yaml", import.meta.url).pathname;

async function printed(run: (out: { write(text: string): void }) => Promise<number>) {
  let text = "";
  const code = await run({
    write: (more) => {
      text += more;
    },
  });
  return { code, text };
}

test("the example is valid once its secrets are there, and says which are not", async () => {
  const secrets = {
    DESK_WEBHOOK_SECRET: "a-secret-that-nobody-guesses",
    SLACK_WEBHOOK: "https://hooks.slack.example/services/x",
    TEAMS_WEBHOOK: "https://teams.example/x",
    MAIL_PASSWORD: "x",
    LAKE_AUTHORIZATION: "Bearer x",
  };
  const whole = await printed((out) => checkIntegrations(EXAMPLE, secrets, out));
  expect(whole).toMatchObject({ code: 0, text: expect.stringContaining("7 integrations") });
  expect(whole.text).not.toMatch(/nobody-guesses|services/);
  const { code, text } = await printed((out) => checkIntegrations(EXAMPLE, {}, out));
  expect(code).toBe(1);
  expect(text).toContain("environment SLACK_WEBHOOK is empty (notices[1].url)");
});

test("a test is sent from the host, by the same rules as from the broker", async () => {
  const [web, mail] = [await startWebReceiver(), await startMailServer()];
  const file = path.join(temporaryFolder(), "integrations.yaml");
  writeFileSync(
    file,
    `notices: [{ name: mail, form: mail, host: 127.0.0.1, port: ${mail.port}, ca: ${mail.caFile}, from: s@plant.example }]
siem: [{ name: soc, form: webhook, url: "${web.url}" }, { name: plc, form: webhook, url: "http://127.0.0.1:15020/" }]
`,
  );
  const config = readConfig({ SALLYPORT_PLANT: PLANT, SALLYPORT_DATA: temporaryFolder() });
  const send = (name: string, to = "") =>
    printed((out) => testIntegration(config, {}, { path: file, name, to }, out));
  expect(await send("soc")).toMatchObject({
    code: 0,
    text: expect.stringMatching(/^soc took it in \d+ ms\n$/),
  });
  expect(web.heard).toHaveLength(1);
  expect(await send("plc")).toEqual({ code: 1, text: "plc: 127.0.0.1 is an asset of the plant\n" });
  expect((await send("mail")).text).toContain("who receives the test (--to ADDRESS)");
  expect((await send("mail", "ada@plant.example")).code).toBe(0);
  expect(mail.letters.map(({ to }) => to)).toEqual([["ada@plant.example"]]);
  expect(await send("nobody")).toEqual({
    code: 1,
    text: `${file} names no integration "nobody": mail, soc, plc\n`,
  });
  const nowhere = readConfig({ SALLYPORT_PLANT: "/nowhere", SALLYPORT_DATA: temporaryFolder() });
  const blind = await printed((out) =>
    testIntegration(nowhere, {}, { path: file, name: "soc", to: "" }, out),
  );
  expect(blind.code).toBe(1);
  expect(web.heard).toHaveLength(1);
});
