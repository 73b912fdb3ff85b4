/** A plant file with one OPC UA server in it, `works/opcua`, for a conduit. */

const LIMITS = "in-flight: 16, requests-per-second: 1000";

/** @param certificate its SHA-256 @param rules of the profile `work`, a line each: `{ name: … }` */
export function opcuaPlantText(
  port: number,
  certificate: string,
  rules: readonly string[],
  limits = LIMITS,
): string {
  return `
site: { id: works, name: Works, time-zone: UTC }
zones: [{ id: z, name: Z, level: 1, sl-t: 1 }]
assets:
  - id: works
    name: Works
    zone: z
    endpoints:
      - id: opcua
        protocol: opcua
        address: 127.0.0.1:${port}
        allow-local: true
        security: Basic256Sha256/SignAndEncrypt
        certificates: ["${certificate}"]
        limits: { ${limits} }
profiles:
  - id: work
    rules:
${rules.map((rule) => `      - ${rule}\n`).join("")}`;
}
