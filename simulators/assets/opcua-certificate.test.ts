import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { parsePlant } from "../../broker/plant/parse-plant.ts";
import { makeFolder, removeFolder } from "../../test/kit/temporary.ts";
import { keptCertificate } from "./opcua-certificate.ts";

const EXAMPLE = new URL("../../deploy/examples/water-plant.yaml", import.meta.url);
const folder = makeFolder();

afterAll(() => removeFolder(folder));

test("the server shows the certificate that the example plant pins, whoever starts first", () => {
  const { certificateFile } = keptCertificate(folder, "urn:nordwasser:water-plant-server");
  const certificate = new X509Certificate(readFileSync(certificateFile));
  const parsed = parsePlant(readFileSync(EXAMPLE, "utf8"), "water-plant.yaml");
  if (parsed.kind !== "plant") throw new Error("the example is no plant");
  const endpoints = parsed.plant.assets.flatMap((asset) => asset.endpoints);
  const pinned = endpoints.find(({ protocol }) => protocol === "opcua");
  const thumbprint = createHash("sha256").update(certificate.raw).digest("hex");
  expect(pinned).toMatchObject({ certificates: [thumbprint] });
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.subjectAltName).toContain("URI:urn:nordwasser:water-plant-server");
});
