/** `npm run bench -- NAME`: measures against a peer in the same run and prints a ratio. */
const BENCHES: Readonly<Record<string, () => Promise<{ run(): Promise<void> }>>> = {
  connect: () => import("./connect.ts"),
  console: () => import("./console.ts"),
  evidence: () => import("./evidence.ts"),
  modbus: () => import("./modbus.ts"),
  opcua: () => import("./opcua.ts"),
  panel: () => import("./panel.ts"),
  policy: () => import("./policy.ts"),
  replay: () => import("./replay.ts"),
  revoke: () => import("./revoke.ts"),
  scale: () => import("./scale.ts"),
  search: () => import("./search.ts"),
  ssh: () => import("./ssh.ts"),
};

const name = process.argv[2] ?? "";
const load = BENCHES[name];
if (load) {
  const bench = await load();
  await bench.run();
} else {
  process.stderr.write(
    `npm run bench -- NAME, where NAME is one of: ${Object.keys(BENCHES).join(", ")}\n`,
  );
  process.exitCode = 2;
}
