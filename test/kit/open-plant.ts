/** A plant file with one Modbus endpoint, for instruments that need no whole works. */
import { writeFileSync } from "node:fs";
import path from "node:path";

export interface OpenPlant {
  readonly port: number;
  readonly units?: readonly number[];
  readonly inFlight?: number;
  readonly connection?: "shared" | "dedicated";
  readonly requestsPerSecond?: number;
  readonly connections?: number;
  readonly queue?: number;
  readonly responseTimeout?: string;
}

/**
 * Writes `plant.yaml` into the folder: asset `plc`, endpoint `modbus`, and the profiles
 * `everything` (all that Modbus can say), `read-only` and `bounded` (holding registers 100–199
 * up to 1000).
 *
 * @returns the file's path
 */
export function writeOpenPlant(folder: string, plant: OpenPlant): string {
  const file = path.join(folder, "plant.yaml");
  writeFileSync(file, openPlantText(plant));
  return file;
}

function openPlantText(plant: OpenPlant): string {
  const {
    port,
    units = [1],
    inFlight = 1,
    connection = "shared",
    requestsPerSecond = 1_000_000,
    connections = 1024,
    queue = 4096,
    responseTimeout = "2s",
  } = plant;
  return `site: { id: bench, name: Test bench, time-zone: Europe/Vienna }
zones:
  - { id: cell, name: Cell, level: 1, sl-t: 2 }
conduits: []
assets:
  - id: plc
    name: PLC
    zone: cell
    vendor: Test
    model: Test
    description: The device under test.
    endpoints:
      - id: modbus
        protocol: modbus
        address: 127.0.0.1:${port}
        allow-local: true
        units: [${units.join(", ")}]
        connection: ${connection}
        limits: { connections: ${connections}, requests-per-second: ${requestsPerSecond}, in-flight: ${inFlight}, queue: ${queue}, connect-timeout: 3s, response-timeout: ${responseTimeout} }
        tags: []
profiles:
  - id: everything
    description: All that Modbus can say, unknown functions by name.
    on-recorder-failure: freeze
    rules:
      - { name: all classes, permit: [observe, operate, program] }
      - { name: other functions, permit: program, functions: [43, 65, 66, 90, 100] }
  - id: read-only
    description: Reading alone.
    on-recorder-failure: freeze
    rules:
      - { name: read all, permit: observe }
  - id: bounded
    description: Reading, and holding registers 100 to 199 up to 1000.
    on-recorder-failure: freeze
    rules:
      - { name: read all, permit: observe }
      - { name: up to 1000, permit: operate, table: holding-registers, addresses: ["100-199"], max: 1000 }
grants: []
`;
}
