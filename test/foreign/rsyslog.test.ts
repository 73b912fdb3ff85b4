/** What goes to a SIEM is taken by rsyslog as Debian has it, whatever happens to it meanwhile. */
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import { makeAuthority } from "../kit/certificates.ts";
import { eventually, type IntegrationSite, openIntegrationSite } from "../kit/integration-site.ts";
import { testWith } from "../kit/programs.ts";
import { RSYSLOGD, Rsyslog, rsyslogLibrary } from "../kit/rsyslog.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const NAMES = "IP:127.0.0.1,DNS:localhost";
const needs = (driver: string) => [RSYSLOGD, "openssl", rsyslogLibrary(`lmnsd_${driver}`)];

async function startRsyslog(rsyslog: Rsyslog): Promise<Rsyslog> {
  await rsyslog.start();
  onTestFinished(() => rsyslog.stop("SIGKILL"));
  return rsyslog;
}

function sequence(lines: readonly string[]): number[] {
  return lines.map((line) => Number(/"message":"event (\d+)"/.exec(line)?.[1]));
}

async function recordMany(site: IntegrationSite, from: number, count: number): Promise<void> {
  for (let number = from; number < from + count; number++) {
    await site.record("test:event", { text: `event ${number}` });
  }
}

/** Its driver for OpenSSL may leave what it has read lying until more comes: so more comes. */
async function heardBeyond(count: number, rsyslog: Rsyslog, site: IntegrationSite): Promise<void> {
  const isHeard = () => rsyslog.heard().length > count;
  for (let next = count; next < 2 * count && !isHeard(); next += 1) {
    await eventually(isHeard, 1_500).catch(() => recordMany(site, next, 1));
  }
  expect(isHeard()).toBe(true);
}

for (const driver of ["gtls", "ossl"] as const) {
  testWith(needs(driver))(
    `rsyslog takes events over mutual TLS (${driver}), hostile text and all`,
    async () => {
      const folder = temporaryFolder();
      const authority = makeAuthority(folder);
      const own = authority.issue("receiver", NAMES);
      const client = authority.issue("broker", "DNS:broker.example");
      const tls = { driver, clientsCertified: true, caFile: authority.caFile, ...own };
      const rsyslog = await startRsyslog(new Rsyslog({ folder, tls }));
      const site = await openIntegrationSite();
      await site.configure(
        `siem: [{ name: soc, form: syslog, host: 127.0.0.1, port: ${rsyslog.port}, ca: ${authority.caFile}, certificate: ${client.certificateFile}, key: ${client.keyFile} }]`,
      );
      const hostile = 'x"]\\ 99 <0>1 - | = \u202e\u0000\r\n<110>1 forged';
      await site.record("test:hostile", { text: hostile, about: { asset: 'a"]b' } });
      await recordMany(site, 0, 20);
      await heardBeyond(20, rsyslog, site);
      const [first = "", ...rest] = rsyslog.heard();
      expect(first).toMatch(
        /^<110>1 \S+Z broker\.example sallyport - test:hostile \[sallyport@32473 /,
      );
      expect(first).toContain('asset="a\\"\\]b"');
      const event = JSON.parse(first.slice(first.indexOf("] {") + 2));
      expect(event.message).toBe('x"]\\ 99 <0>1 - | = <110>1 forged');
      expect(sequence(rest)).toEqual(Array.from(rest, (_, n) => n));
    },
    60_000,
  );
}

testWith(needs("gtls"))(
  "rsyslog killed and started again in the middle of the stream misses nothing, in order",
  async () => {
    const folder = temporaryFolder();
    const authority = makeAuthority(folder);
    const tls = {
      ...{ driver: "gtls" as const, clientsCertified: false, caFile: authority.caFile },
      ...authority.issue("receiver", NAMES),
    };
    const rsyslog = await startRsyslog(new Rsyslog({ folder, tls }));
    const site = await openIntegrationSite();
    await site.configure(
      `siem: [{ name: soc, form: syslog, host: 127.0.0.1, port: ${rsyslog.port}, ca: ${authority.caFile} }]`,
    );
    let next = 0;
    for (let round = 0; round < 4; round++) {
      const killed = new Promise<void>((resolve) => {
        setTimeout(() => void rsyslog.stop("SIGKILL").then(resolve), 40 + round * 60);
      });
      await recordMany(site, next, 150);
      next += 150;
      await killed;
      await recordMany(site, next, 10);
      next += 10;
      await rsyslog.start();
      await site.integrations.test("soc", "");
    }
    await eventually(() => sequence(rsyslog.heard()).includes(next - 1), 40_000);
    // A kill may tear the line it wrote; what was sent again follows. The first of each counts.
    const seen = new Set<number>();
    for (const number of sequence(rsyslog.heard())) if (Number.isInteger(number)) seen.add(number);
    expect([...seen]).toEqual(Array.from({ length: next }, (_, n) => n));
  },
  90_000,
);

testWith([RSYSLOGD, "openssl"])(
  "plain TCP goes where it is named, CEF in place of JSON, and a certificate nobody trusts nowhere",
  async () => {
    const folder = temporaryFolder();
    const rsyslog = await startRsyslog(new Rsyslog({ folder }));
    const site = await openIntegrationSite();
    const place = `form: syslog, host: 127.0.0.1, port: ${rsyslog.port}`;
    await site.configure(`siem: [{ name: soc, ${place}, security: plain, format: cef }]`);
    await site.record("test:event", { text: "a=b|c\\d" });
    await eventually(() => rsyslog.heard().length >= 1);
    expect(rsyslog.heard()[0]).toContain(
      "] CEF:0|Sallyport|Sallyport|1.2.3|test:event|Test event|1|",
    );
    expect(rsyslog.heard()[0]).toMatch(/ msg=a\\=b\|c\\\\d$/);
    await rsyslog.stop();

    const stranger = temporaryFolder();
    const authority = makeAuthority(stranger);
    const tls = { driver: "gtls" as const, clientsCertified: false, caFile: authority.caFile };
    const other = await startRsyslog(
      new Rsyslog({ folder: stranger, tls: { ...tls, ...authority.issue("receiver", NAMES) } }),
    );
    const trusted = makeAuthority(temporaryFolder(), "trusted").caFile;
    const at = `host: 127.0.0.1, port: ${other.port}`;
    await site.configure(`siem: [{ name: soc, form: syslog, ${at}, ca: ${trusted} }]`);
    const { error } = (await site.integrations.test("soc", "")) ?? {};
    expect(error).toMatch(/certificate/);
    expect(path.basename(other.file)).toBe("heard");
    expect(other.heard()).toEqual([]);
  },
  30_000,
);
