import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { eventually, openIntegrationSite } from "../../test/kit/integration-site.ts";
import { type MailServer, startMailServer } from "../../test/kit/mail-server.ts";
import { systemClock } from "../clock.ts";

function mail({ port, caFile }: MailServer, more = ""): string {
  return `notices: [{ name: mail, form: mail, host: 127.0.0.1, port: ${port}, ca: ${caFile}, from: "Sallyport <sallyport@plant.example>"${more} }]`;
}

test("each person whom it concerns gets a letter of their own, over STARTTLS, signed in", async () => {
  const server = await startMailServer();
  const site = await openIntegrationSite({
    environment: { MAIL_PASSWORD: "right" },
    concerned: async () => ["ada@plant.example", "bob@plant.example"],
  });
  await site.configure(mail(server, ", user: broker, password: { env: MAIL_PASSWORD }"));
  await site.record("request:made", { about: { endpoint: "plc/modbus" } });
  await eventually(() => server.letters.length === 2);
  expect(server.letters.map(({ to }) => to)).toEqual([
    ["ada@plant.example"],
    ["bob@plant.example"],
  ]);
  for (const { secure, user, text } of server.letters) {
    expect({ secure, user }).toEqual({ secure: true, user: "broker" });
    expect(text).toContain("https://sallyport.example/access");
    expect(text).not.toContain(text.includes("ada@") ? "bob@" : "ada@");
  }
});

test("without TLS nothing is said: not to a server that offers none, nor to one nobody trusts", async () => {
  const plain = await startMailServer({ hideSTARTTLS: true, disabledCommands: ["STARTTLS"] });
  const other = await startMailServer();
  const site = await openIntegrationSite();
  await site.configure(mail(plain));
  expect((await site.integrations.test("mail", "ada@plant.example"))?.error).toMatch(/STARTTLS/i);
  await site.configure(mail({ ...other, caFile: plain.caFile }));
  expect((await site.integrations.test("mail", "ada@plant.example"))?.error).toMatch(/certificate/);
  expect([...plain.letters, ...other.letters]).toEqual([]);
});

test("names cannot add headers, recipients or links of their own", async () => {
  const server = await startMailServer();
  const site = await openIntegrationSite();
  await site.configure(mail(server));
  const name = "PLC\r\nBcc: eve@evil.example\r\n\r\nhttp://evil.example/ \u202e";
  await site.record("lock:set", { priority: "alarm", about: { assetName: name } });
  await eventually(() => server.letters.length === 1);
  const [{ to, text } = { to: [], text: "" }] = server.letters;
  expect(to).toEqual(["ada@plant.example"]);
  const [head = "", body = ""] = text.split("\r\n\r\n");
  expect(head).not.toMatch(/^bcc:/im);
  expect(head.match(/^subject:/gim)).toHaveLength(1);
  expect(body).not.toContain("http://evil");
});

test("an address that is two is refused, and the others get theirs", async () => {
  const server = await startMailServer();
  const site = await openIntegrationSite({
    concerned: async () => [
      "eve@evil.example, ada@plant.example",
      "bob@plant.example\r\nBcc: x@y.z",
      "cy@plant.example",
    ],
  });
  await site.configure(mail(server));
  await site.record("lock:set", { priority: "alarm" });
  await eventually(() => server.letters.length === 1);
  expect(server.letters[0]?.to).toEqual(["cy@plant.example"]);
  const [standing] = await site.integrations.list();
  expect(standing?.deadLetters.map(({ reason }) => reason)).toEqual([
    "this is not a mail address",
    "this is not a mail address",
  ]);
});

test("one who does not exist is put aside; who had a letter before a failure gets no second", async () => {
  let asked = 0;
  const server = await startMailServer({
    onRcptTo: ({ address }, _session, done) => {
      if (address.startsWith("gone")) {
        const refusal = Object.assign(new Error("no such user"), { responseCode: 550 });
        return done(refusal);
      }
      if (!address.startsWith("bob") || ++asked > 2) return done();
      return done(Object.assign(new Error("try later"), { responseCode: 451 }));
    },
  });
  const site = await openIntegrationSite({
    clock: { ...systemClock, after: (ms, call) => systemClock.after(ms / 100, call) },
    concerned: async () => ["gone@plant.example", "ada@plant.example", "bob@plant.example"],
  });
  await site.configure(mail(server));
  await site.record("lock:set", { priority: "alarm" });
  await eventually(() => server.letters.length === 2);
  expect(server.letters.map(({ to }) => to[0])).toEqual(["ada@plant.example", "bob@plant.example"]);
  const [standing] = await site.integrations.list();
  expect(standing?.deadLetters.map(({ receiver }) => receiver)).toEqual(["gone@plant.example"]);
});

test("a server that floods is cut off, one that says nothing is left", async () => {
  const flood = `220-${"x".repeat(60_000)}\r\n`;
  const servers = [
    createServer((socket) => {
      socket.on("error", () => {});
      // A write that failed calls back while others are failed too: another one would never end.
      const more = (error?: Error | null): void => {
        if (!error && !socket.destroyed) socket.write(flood, more);
      };
      more();
    }),
    createServer((socket) => void socket.on("error", () => {})),
  ];
  const errors: unknown[] = [];
  for (const server of servers) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const site = await openIntegrationSite();
    await site.configure(
      `notices: [{ name: mail, form: mail, host: 127.0.0.1, port: ${port}, from: s@plant.example }]`,
    );
    errors.push((await site.integrations.test("mail", "ada@plant.example"))?.error);
  }
  expect(errors[0]).toMatch(/too much|greeting|response|closed/i);
  expect(errors[1]).toMatch(/greeting/i);
}, 30_000);
